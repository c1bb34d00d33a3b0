"""Reads ``data/fashion_mnist.toml``: which files make up the data set, their checksums and where to fetch them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Source = Literal["full", "sample"]

DATASET = "fashion-mnist"
ROOT = Path(__file__).resolve().parents[3]
MANIFEST_PATH = ROOT / "data" / "fashion_mnist.toml"
SAMPLE_FOLDER = ROOT / "data" / "sample" / DATASET


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One of the four files as published: ``images`` counts its images or labels.

    ``unpacked_sha256`` is the checksum of what is packed in it, empty where only the packed file is taken.
    """

    name: str
    images: int
    size_bytes: int
    sha256: str
    md5: str
    unpacked_bytes: int = 0
    unpacked_sha256: str = ""

    def path_in(self, folder: Path) -> Path:
        """Where the file lies: packed, or unpacked where only that is there and can be checked."""
        packed, unpacked = folder / self.name, folder / self.name.removesuffix(".gz")
        return unpacked if self.unpacked_sha256 and not packed.is_file() and unpacked.is_file() else packed


@dataclass(frozen=True, slots=True)
class Manifest:
    """The four files of a source in the order train images, train labels, test images, test labels.

    ``mirrors`` are base addresses ending in ``/``, tried in order; none for what is not downloaded.
    """

    source: Source
    licence: str
    holder: str
    mirrors: tuple[str, ...]
    files: tuple[FileFacts, ...]


def read_manifest(source: Source) -> Manifest:
    """The published facts of ``full`` (the four official files) or ``sample`` (the embedded part of them)."""
    section = tomllib.loads(MANIFEST_PATH.read_text(encoding="utf-8"))[source]
    return Manifest(
        source=source,
        licence=section["licence"],
        holder=section["holder"],
        mirrors=tuple(section["mirrors"]),
        files=tuple(FileFacts(**entry) for entry in section["files"]),
    )
