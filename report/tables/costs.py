"""What the run took, by kind of task: number, computing time, memory, and energy where the machines told it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.printing import cells
from report.printing.table import Cell, Column, Table
from store.costs import costs_of

if TYPE_CHECKING:
    from report.evidence.subject import Subject
    from store.schema import Record

JOULES = 3600  # a watt-hour


def costs(subject: Subject) -> Table | None:
    """A row for each experiment, in the order of the run, and one for all; energy is a column where any record tells it.

    None for a run without a task.
    """
    records = [stored.record for stored in subject.evidence.everything()]
    if not records:
        return None
    kinds: dict[str, list[Record]] = {}
    for record in records:
        kinds.setdefault(record.task.experiment, []).append(record)
    metered, s = bool(costs_of(records).metered), subject.strings
    rows = [_row(subject, cells.text(kind), found, metered=metered) for kind, found in kinds.items()]
    rows.append(_row(subject, cells.text(s("tables.together")), records, metered=metered))
    names = ("count", "duration", "longest", "memory", *(("energy",) if metered else ()))
    heads = (Column(s("columns.experiment")), *(Column(s(f"columns.{name}"), "right") for name in names))
    return Table("costs", s("captions.costs"), heads, tuple(rows), (s("tables.costs_note"),) if metered else ())


def _row(subject: Subject, label: Cell, records: list[Record], *, metered: bool) -> tuple[Cell, ...]:
    numbers, spent, run = subject.numbers, costs_of(records), (f"run/{subject.evidence.run.run_id}",)
    shown = [
        numbers.integer(spent.records),
        numbers.duration(spent.duration_s),
        numbers.duration(max(record.execution.duration_s for record in records)),
        numbers.size(spent.peak_memory_bytes),
    ]
    if metered:
        told = numbers.significant(spent.energy_j / JOULES)
        whole = spent.metered == spent.records
        shown.append(told if whole else subject.strings("tables.of_some", value=told, count=spent.metered))
    return label, *(Cell(text, "value", run) for text in shown)
