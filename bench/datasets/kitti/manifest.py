"""Reads ``data/kitti.toml``: licence, addresses, and what becomes of each class."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

MANIFEST_PATH = Path(__file__).resolve().parents[3] / "data" / "kitti.toml"


@dataclass(frozen=True, slots=True)
class Archives:
    """Base address of the official archives (no slash at its end), their file names, and what none of them exceeds."""

    address: str
    images: str
    labels: str
    mapping: str
    most_members: int
    largest_member_bytes: int


@dataclass(frozen=True, slots=True)
class ClassNote:
    """A label class, the study's class that it becomes by default (empty: ignored), and why."""

    name: str
    becomes: str
    note: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the makers say of the data set; ``images`` counts the labelled ones."""

    licence: str
    licence_address: str
    holder: str
    citation: str
    images: int
    archives: Archives
    classes: tuple[ClassNote, ...]

    def notice(self) -> str:
        """The text that lies beside fetched images and that a fetch shows."""
        return (
            f"KITTI object detection, {self.holder}.\n"
            f"Licence: {self.licence} ({self.licence_address}): credit the makers, no commercial use, share changes alike.\n"
            f"Cite: {self.citation}\n"
        )


def read_manifest() -> Manifest:
    """The published facts of KITTI's object detection set."""
    content = tomllib.loads(MANIFEST_PATH.read_text(encoding="utf-8"))
    archives = Archives(**content.pop("archives"))
    classes = tuple(ClassNote(**entry) for entry in content.pop("classes"))
    return Manifest(**content, archives=archives, classes=classes)
