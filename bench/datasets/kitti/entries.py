"""The rows that all readers of detection data produce: an image, a box, and a label line that was not usable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

ProblemKind = Literal[
    "unreadable-image",
    "truncated-image",
    "unusual-image",
    "unreadable-name",
    "duplicate-image",
    "duplicate-label",
    "label-without-image",
    "unreadable-label",
    "malformed-line",
    "unknown-class",
    "duplicate-line",
    "degenerate-box",
    "box-outside-image",
]


@dataclass(frozen=True, slots=True)
class ImageEntry:
    """An image on the disk. ``id`` is its file name without suffix; ``drive`` and ``frame`` are None where unknown.

    ``width`` and ``height`` are those of the upright picture.

    ``sha256`` covers the file's bytes; for the drawn street scenes it covers size and pixels instead, because another
    zlib packs equal pixels into other bytes.
    """

    id: str
    path: Path
    width: int
    height: int
    sha256: str
    drive: str | None
    frame: int | None


@dataclass(frozen=True, slots=True)
class Box:
    """An object: its class in the task's list, and its corners in pixels of the original image (0 <= x1 < x2 <= width)."""

    class_index: int
    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """An image with the boxes of the task's classes, in the order of its label file."""

    entry: ImageEntry
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the data that could not be used.

    ``file`` is relative to the data folder, ``line`` counts from 1 (0: the whole file), ``text`` is the line as it stands
    or what the reader of the file said.
    """

    file: str
    line: int
    problem: ProblemKind
    text: str

    def describe(self) -> str:
        """``labels/000007.txt:3: malformed-line: Car 0.00``."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.problem}" + (f": {self.text}" if self.text else "")
