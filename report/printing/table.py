"""A table as data: cells that know which record or published place they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "value", "published", "status"]
Align = Literal["left", "right"]
Tone = Literal["", "ok", "warn", "bad", "muted"]


@dataclass(frozen=True, slots=True)
class Cell:
    """Plain text, what it is, where it comes from (record references, or the place in the source), and how it is marked."""

    text: str
    kind: Kind = "text"
    records: tuple[str, ...] = ()
    source: str = ""
    tone: Tone = ""


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
    """A captioned table; ``notes`` stand below it and say why a cell has a word instead of a number."""

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
