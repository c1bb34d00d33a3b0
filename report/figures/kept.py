"""Figures of earlier builds: one that was drawn from the same data, by the same program, is taken instead of drawn again.

While a figure is drawn, its look at the evidence is watched: which records it asked for, and whether it asked which there are.
It is taken again where these records, the program, the strings, the studies' data and the libraries are the same as then.
The folder may be deleted at any time. ``report verify`` never reads it: it draws everything anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from report.printing.figure_data import rows_of
from report.printing.figure_style import save
from report.rendering.stamp import figures_digest
from store.canonical import digest, digest_bytes, readable_json
from store.doors import read_json
from store.errors import StoreError
from store.records import write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydantic import JsonValue

    from report.evidence.records import Cell, Evidence
    from report.evidence.subject import Subject
    from report.printing.figure_style import Drawing
    from store.records import Stored

_UNSEEN = ("run_id", "profile", "entries", "command", "created_at", "digest")
"""What no figure sees of a run, so that another run with the same records has the same figures."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure that was written: what it shows in words, whether of photographs, and its data as rows for a spreadsheet."""

    alt: str
    photographs: bool
    rows: tuple[JsonValue, ...]


class _Watched(Mapping[Any, Any]):
    """The records by cell, which remembers what was asked of it."""

    def __init__(self, cells: Mapping[Cell, tuple[Stored, ...]]) -> None:
        self._cells = cells
        self.asked: set[Cell] = set()
        self.listed = False

    def __getitem__(self, cell: Cell) -> tuple[Stored, ...]:
        """The records of a cell."""
        self.asked.add(cell)
        return self._cells[cell]

    def __iter__(self) -> Iterator[Cell]:
        """Every cell that there is."""
        self.listed = True
        return iter(self._cells)

    def __len__(self) -> int:
        """How many cells there are."""
        self.listed = True
        return len(self._cells)


def drawn(
    subject: Subject, name: str, draw: Callable[[Subject], Drawing | None], path: Path, kept: Path | None
) -> Drawn | None:
    """Write a figure to ``path``, from the folder ``kept`` where it has it; None where it has nothing to show in this run."""
    if kept is None:
        return _draw(subject, draw, path)
    place = kept / subject.study.name / subject.strings.language / f"{name}.json"
    common = subject.once("what all figures are drawn with", lambda: _common(subject))
    found = _taken(place, subject.evidence, common, path)
    if found is not None:
        return found[0]
    watched = _Watched(subject.evidence.cells)
    run = subject.evidence.run.model_copy(update=dict.fromkeys(_UNSEEN, ""))
    evidence = replace(subject.evidence, run=run, cells=watched, certificate=None)
    made = _draw(replace(subject, evidence=evidence, perf=None, up=""), draw, path)
    _keep(place, _key(subject.evidence, watched.asked, common, listed=watched.listed), watched, made, path)
    return made


def _draw(subject: Subject, draw: Callable[[Subject], Drawing | None], path: Path) -> Drawn | None:
    drawing = draw(subject)
    if drawing is None:
        return None
    save(drawing, path, subject.numbers.decimal_mark)
    return Drawn(drawing.alt, drawing.photographs, tuple(rows_of(drawing.figure)))


def _common(subject: Subject) -> str:
    """The digest of what all figures of a report in one language are drawn with, records aside."""
    given: JsonValue = {
        "config": subject.evidence.run.config,
        "departures": [repr(one) for one in subject.deviations],
        "study": subject.study.name,
    }
    return figures_digest(subject.strings.language, given)


def _key(evidence: Evidence, asked: set[Cell], common: str, *, listed: bool) -> str:
    """The digest of all that a figure was drawn from."""
    records: list[JsonValue] = [
        [*cell, [stored.record.digest for stored in evidence.cells.get(cell, ())]] for cell in sorted(asked)
    ]
    names: JsonValue = [list(cell) for cell in evidence.cells] if listed else None
    return digest({"common": common, "records": records, "names": names})


def _taken(place: Path, evidence: Evidence, common: str, path: Path) -> tuple[Drawn | None] | None:
    """The figure as it was kept, written to ``path``; None where it was made from something else, or is damaged."""
    try:
        entry: Any = read_json(place)
        asked = {(str(experiment), str(variant)) for experiment, variant in entry["asked"]}
        if entry["key"] != _key(evidence, asked, common, listed=bool(entry["listed"])):
            return None
        if entry["svg"] is None:
            return (None,)
        content = place.with_suffix(".svg").read_bytes()
        found = Drawn(str(entry["alt"]), bool(entry["photographs"]), tuple(entry["rows"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if digest_bytes(content) != entry["svg"]:
        return None
    path.write_bytes(content)
    return (found,)


def _keep(place: Path, key: str, watched: _Watched, made: Drawn | None, path: Path) -> None:
    """Picture first, entry last; a folder that cannot be written keeps nothing, and the report is none the worse."""
    entry: dict[str, JsonValue] = {
        "key": key,
        "asked": [list(cell) for cell in sorted(watched.asked)],
        "listed": watched.listed,
    }
    entry |= {"svg": None, "alt": "", "photographs": False, "rows": []}
    try:
        if made is not None:
            content = path.read_bytes()
            write_atomic(place.with_suffix(".svg"), content)
            entry |= {"svg": digest_bytes(content), "alt": made.alt, "photographs": made.photographs, "rows": list(made.rows)}
        write_atomic(place, readable_json(entry))
    except (OSError, StoreError):
        return
