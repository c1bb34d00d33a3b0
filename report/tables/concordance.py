"""Where the source's tables and figures are in this report, which has numbers of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from report.claims.grouping import groups
from report.inference.verdicts import judge_all
from report.printing import cells
from report.printing.markup import references
from report.printing.table import Cell, Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from report.evidence.subject import Subject

_NUMBERED = re.compile(r"(?:Table|Figure|Section) [\d.]+")


def concordance(subject: Subject, tables: Iterable[Table]) -> Table:
    """One row a place of the source: what shows it here, and its claims; none for a place that neither shows nor claims."""
    s, claimed = subject.strings, {group.place: group for group in groups(judge_all(subject))}
    shown = _shown(subject, tables)
    rows = []
    for place in dict.fromkeys((*shown, *claimed)):
        group = claimed.get(place)
        name = s.place(place)
        claims = cells.text(str(len(group.judged))) if group else cells.nothing()
        found = shown.get(place, ())
        here = Cell(" ".join(found), markup=references(found, cells.DASH)) if found else cells.nothing()
        rows.append((cells.to_place(name, group.anchor) if group else cells.text(name), here, claims))
    heads = (Column(s("columns.source_place")), Column(s("columns.here")), Column(s("columns.claims"), "right"))
    return Table("concordance", s("captions.concordance"), heads, tuple(rows))


def _shown(subject: Subject, tables: Iterable[Table]) -> Mapping[str, tuple[str, ...]]:
    """The identifiers that show a place: as the study declares, and every table that prints a number of it."""
    places = subject.published.places
    found: dict[str, dict[str, None]] = {}
    for identifier, declared in subject.study.vocabulary.shows.items():
        for place in declared:
            found.setdefault(place, {})[identifier] = None
    for table in tables:
        paths = {cell.source.partition(".")[0] for row in table.rows for cell in row if cell.source}
        for key in sorted(paths & places.keys()):
            numbered = _NUMBERED.match(places[key].source)  # without a remark such as "read off the figure"
            found.setdefault(numbered[0] if numbered else places[key].source, {})[f"tbl-{table.id}"] = None
    return {place: tuple(identifiers) for place, identifiers in sorted(found.items(), key=lambda item: _order(item[0]))}


def _order(place: str) -> tuple[str, tuple[int, ...]]:
    """By kind, then by number: Figure 10 after Figure 9."""
    kind, _, number = place.partition(" ")
    return kind, tuple(int(part) for part in number.split(".") if part.isdigit())
