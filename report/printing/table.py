"""A table as data: cells that know which record or published place they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from report.printing.markup import Markup

Kind = Literal["text", "value", "published", "status"]
Align = Literal["left", "right"]
Tone = Literal["", "ok", "warn", "bad", "muted"]
_TOLD = ("value", "published")  # kinds of cells that tell something


@dataclass(frozen=True, slots=True)
class Number:
    """A number at full precision, or the two bounds of an interval, in the printed unit, and how many decimals are printed."""

    value: float | tuple[float, float]
    decimals: int
    unit: str = ""
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """Plain text, what it is, where it comes from (record references, or the place in the source), and how it is marked.

    A cell made of a number keeps it as ``number``; its text is what the language prints of that. ``missing`` marks the word
    that stands where a task gave no result. ``detail`` is what a page tells of the number on request: the values of the seeds
    and the interval. ``markup`` is how the text is printed where escaping is not all.
    """

    text: str
    kind: Kind = "text"
    records: tuple[str, ...] = ()
    source: str = ""
    tone: Tone = ""
    number: Number | None = None
    missing: bool = False
    detail: str = ""
    markup: Markup | None = None


TONES: dict[str, Tone] = {
    "ok": "ok",
    "diverged": "bad",
    "failed": "bad",
    "skipped": "warn",
    "not_run": "muted",
    "undefined": "muted",
}
"""How a task's status is marked."""


@dataclass(frozen=True, slots=True)
class Column:
    """A heading and how its cells are set."""

    title: str
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Table:
    """A captioned table; ``notes`` stand below it and say why a cell has a word instead of a number.

    The first ``heads`` cells of a row say what the row is about.
    """

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    heads: int = 1

    @property
    def empty(self) -> bool:
        """Whether there is nothing to read in it: no row, or words for missing results and no number beside them."""
        found = [cell for row in self.rows for cell in row]
        return not found or (any(cell.missing for cell in found) and not any(cell.kind in _TOLD for cell in found))
