"""Finds the COCO weights that the transfer arms start from and knows them by their checksums; imports no torch."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bench.datasets.catalogue import absent, measured
from bench.datasets.doors import data_door
from store.canonical import digest_within
from store.errors import IntegrityError

if TYPE_CHECKING:
    from bench.datasets.catalogue import Dataset, Sources

NAME = "yolov5s-coco"
FOLDER = "weights"
MANIFEST_PATH = Path(__file__).resolve().parents[3] / "data" / "yolov5s_coco.toml"


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file that holds the weights: its checksum decides, not its name.

    ``address`` is the folder on the server that has it under its first name, empty for what is not fetched.
    """

    source: str
    format: Literal["checkpoint", "safetensors"]
    names: tuple[str, ...]
    size_bytes: int
    sha256: str
    address: str

    @property
    def name(self) -> str:
        """The name that it is published and kept under."""
        return self.names[0]


def known_files() -> tuple[KnownFile, ...]:
    """The accepted files in the order in which they are looked for, as ``data/yolov5s_coco.toml`` lists them."""
    sections = tomllib.loads(MANIFEST_PATH.read_text(encoding="utf-8")).values()
    return tuple(KnownFile(**{**entry, "names": tuple(entry["names"])}) for entry in sections)


def locate_weights(data_dir: Path | None, cache_dir: Path) -> Path | None:
    """The first weights file in ``weights`` under the data folder where one is given, else under the cache, or None.

    The content is not looked at: ``digest_of`` does that.
    """
    folder = (cache_dir if data_dir is None else data_dir) / FOLDER
    names = (name for known in known_files() for name in known.names)
    return next((folder / name for name in names if (folder / name).is_file()), None)


def dataset_of(sources: Sources) -> Dataset:
    """The weights with their digest; they are the user's to bring or fetch: without them the data set is absent.

    Raises IntegrityError where the file is none of the known ones.
    """
    path = sources.weights or locate_weights(sources.data_dir, sources.cache_dir)
    if path is None:
        looked = "" if sources.data_dir is None else f" in {sources.data_dir / FOLDER}"
        return absent(NAME, sources.cache_dir, f"no pretrained weights{looked}: {cure()}")
    return measured(NAME, path, partial(digest_of, path))


def digest_of(path: Path) -> str:
    """SHA-256 of the weights file; raises IntegrityError where it is none of those that ``known_files`` lists."""
    return identify(path).sha256


def identify(path: Path) -> KnownFile:
    """Which known file ``path`` is, by its checksum; raises IntegrityError where it is none of them."""
    found = _digest_of(path)
    files = known_files()
    for known in files:
        if known.sha256 == found:
            return known
    expected = next((known.sha256 for known in files if path.name in known.names), files[0].sha256)
    message = f"pretrained weights are not the published ones: sha256 {found}, expected {expected}"
    raise IntegrityError(message, where=str(path), cure=f"delete the file, or put the official one in its place: {cure()}")


def _digest_of(path: Path) -> str:
    """SHA-256 of a regular file that is not larger than all known ones: a pipe would be waited for, a sparse file for hours."""
    with data_door(path, "the file of pretrained weights", f"put the official one in its place: {cure()}"):
        found, size = digest_within(path, max(known.size_bytes for known in known_files()))
        return found or f"of {size} bytes"


def cure() -> str:
    """What a user does who has no weights."""
    names = " or ".join(known.name for known in known_files())
    fetch = "fetch them once with a network: nox -s bench -- data fetch weights"
    return f"{fetch}; or put {names} into the folder {FOLDER} of the data directory (--data DIR); then run again"
