"""What the run took, by kind of task: number, computing time, memory, and energy where the machines told it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.printing import cells
from report.printing.table import Cell, Column, Table
from store.costs import costs_of

if TYPE_CHECKING:
    from report.evidence.subject import Subject
    from store.costs import Costs
    from store.records import Stored

JOULES = 3600  # a watt-hour


def costs(subject: Subject) -> Table | None:
    """A row for each experiment, in the order of the run, and one for all; energy is a column where any record tells it.

    None for a run without a task.
    """
    everything = subject.evidence.everything()
    if not everything:
        return None
    kinds: dict[str, list[Stored]] = {}
    for stored in everything:
        kinds.setdefault(stored.record.task.experiment, []).append(stored)
    together, s = costs_of(everything), subject.strings
    metered = bool(together.metered)
    rows = [_row(subject, cells.text(kind), costs_of(found), metered=metered) for kind, found in kinds.items()]
    rows.append(_row(subject, cells.text(s("tables.together")), together, metered=metered))
    names = ("count", "duration", "longest", "memory", *(("energy",) if metered else ()))
    heads = (Column(s("columns.experiment")), *(Column(s(f"columns.{name}"), "right") for name in names))
    return Table("costs", s("captions.costs"), heads, tuple(rows), (s("tables.costs_note"),) if metered else ())


def _row(subject: Subject, label: Cell, spent: Costs, *, metered: bool) -> tuple[Cell, ...]:
    numbers, run = subject.numbers, (f"run/{subject.evidence.run.run_id}",)
    shown = [
        numbers.integer(spent.records),
        numbers.duration(spent.duration_s),
        numbers.duration(spent.longest_s),
        numbers.size(spent.peak_memory_bytes),
    ]
    if metered:
        told = numbers.significant(spent.energy_j / JOULES)
        if spent.at_most:
            told = subject.strings("tables.at_most", value=told)
        whole = spent.metered == spent.records
        shown.append(told if whole else subject.strings("tables.of_some", value=told, count=spent.metered))
    return label, *(Cell(text, "value", run) for text in shown)
