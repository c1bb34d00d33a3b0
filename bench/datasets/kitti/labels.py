"""Label lines in KITTI text (15 columns, pixels) and YOLO text (5 columns, fractions of the image), checked one by one."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from bench.datasets.kitti.classes import REGION, known_class

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.datasets.kitti.entries import ProblemKind

LabelFormat = Literal["kitti", "yolo"]

LABEL_BYTES = 1 << 20  # of one file: some 10,000 objects
_KITTI_COLUMNS = (15, 16)  # the 16th is a score, which tracking results have
_YOLO_COLUMNS = 5
_MOST_DIGITS = 9  # of a class id: int() takes quadratic time for millions
_TEXT_LENGTH = 200  # characters of an unusable line that are kept
_SMALLEST_SIDE_PX = 1e-3  # YOLO text with 8 digits holds no less
# Labels are rounded to 0.01 pixel (KITTI) or a millionth of the image (YOLO), and some tools count pixels from 1: an
# edge up to one pixel outside is moved onto the border, one further out is an error of the label.
_BORDER_PX = 1.0


@dataclass(frozen=True, slots=True)
class SourceBox:
    """An object as labelled: its class by name, its corners in pixels inside the image, its line from 1."""

    source: str
    x1: float
    y1: float
    x2: float
    y2: float
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be used: its number from 1, why, and the line itself."""

    line: int
    problem: ProblemKind
    text: str


@dataclass(frozen=True, slots=True)
class LabelRules:
    """How lines are read: the format, and the class names (by index for YOLO text, the known ones for KITTI text).

    ``list_file`` names the file that the names of YOLO text stand in.
    """

    label_format: LabelFormat
    names: tuple[str, ...]
    list_file: str = ""


class _UnusableLineError(Exception):
    """Carries the kind of problem from the parser of a line to the loop over lines."""

    def __init__(self, problem: ProblemKind) -> None:
        super().__init__(problem)
        self.problem: ProblemKind = problem


def parse_labels(
    content: bytes, rules: LabelRules, width: int, height: int
) -> tuple[tuple[SourceBox, ...], tuple[BadLine, ...]]:
    """Boxes and unusable lines of one label file, for an image of ``width`` x ``height`` pixels. Blank lines are allowed.

    Raises UnicodeDecodeError where the file is not UTF-8.
    """
    boxes: list[SourceBox] = []
    bad: list[BadLine] = []
    for number, line in enumerate(content.decode("utf-8-sig").splitlines(), start=1):
        columns = line.split()
        if not columns:
            continue
        try:
            boxes.append(replace(_parse(columns, rules, width, height), line=number))
        except _UnusableLineError as error:
            bad.append(BadLine(number, error.problem, line.strip()[:_TEXT_LENGTH]))
    return tuple(boxes), tuple(bad)


def looks_like(content: bytes) -> LabelFormat | None:
    """The format of the first line that fits one, None where no line does."""
    for line in content.decode("utf-8-sig", errors="replace").splitlines():
        columns = line.split()
        if len(columns) == _YOLO_COLUMNS and _is_id(columns[0]):
            return "yolo"
        if len(columns) in _KITTI_COLUMNS and not _is_id(columns[0]):
            return "kitti"
    return None


def ids_of(content: bytes) -> set[int]:
    """The class ids of YOLO text, of its well-formed lines."""
    lines = (line.split() for line in content.decode("utf-8-sig", errors="replace").splitlines())
    return {int(columns[0]) for columns in lines if len(columns) == _YOLO_COLUMNS and _is_id(columns[0])}


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS


def _parse(columns: Sequence[str], rules: LabelRules, width: int, height: int) -> SourceBox:
    if rules.label_format == "yolo":
        return _inside(_parse_yolo(columns, rules.names, width, height), width, height)
    box = _parse_kitti(columns, rules.names)
    return box if box.source == REGION else _inside(box, width, height)


def _parse_kitti(columns: Sequence[str], known: tuple[str, ...]) -> SourceBox:
    if len(columns) not in _KITTI_COLUMNS:
        raise _UnusableLineError("malformed-line")
    values = _numbers(columns[1:])
    source = known_class(columns[0])
    if source is None or source not in known:
        raise _UnusableLineError("unknown-class")
    return SourceBox(source, values[3], values[4], values[5], values[6])


def _parse_yolo(columns: Sequence[str], names: tuple[str, ...], width: int, height: int) -> SourceBox:
    if len(columns) != _YOLO_COLUMNS or not _is_id(columns[0]):
        raise _UnusableLineError("malformed-line")
    x, y, w, h = _numbers(columns[1:])
    if int(columns[0]) >= len(names):
        raise _UnusableLineError("unknown-class")
    left, top = (x - w / 2) * width, (y - h / 2) * height
    return SourceBox(names[int(columns[0])], left, top, left + w * width, top + h * height)


def _numbers(columns: Sequence[str]) -> list[float]:
    try:
        values = [float(column) for column in columns]
    except ValueError:
        raise _UnusableLineError("malformed-line") from None
    plain = all(column.isascii() and "_" not in column for column in columns)  # float() takes more than files may hold
    if not plain or not all(math.isfinite(value) for value in values):
        raise _UnusableLineError("malformed-line")
    return values


def _inside(box: SourceBox, width: int, height: int) -> SourceBox:
    if box.x2 <= box.x1 or box.y2 <= box.y1:
        raise _UnusableLineError("degenerate-box")
    if min(box.x1, box.y1) < -_BORDER_PX or box.x2 > width + _BORDER_PX or box.y2 > height + _BORDER_PX:
        raise _UnusableLineError("box-outside-image")
    clipped = SourceBox(box.source, max(box.x1, 0.0), max(box.y1, 0.0), min(box.x2, float(width)), min(box.y2, float(height)))
    if clipped.x2 <= clipped.x1 or clipped.y2 <= clipped.y1:
        raise _UnusableLineError("box-outside-image")
    if min(clipped.x2 - clipped.x1, clipped.y2 - clipped.y1) < _SMALLEST_SIDE_PX:
        raise _UnusableLineError("degenerate-box")
    return clipped
