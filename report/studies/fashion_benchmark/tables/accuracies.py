"""Table 3 beside the re-run: its best row of each family, every row that was run, and the rows that were not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.printing import cells
from report.printing.cells import Comparison
from report.printing.table import Column, Table
from report.studies.fashion_benchmark.rows import FAMILIES, Row, accuracy, label, rows, was_planned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from report.evidence.subject import Subject
    from report.printing.table import Cell

DECIMALS = 3


def headline(subject: Subject) -> Table:
    """Of each family the row that the paper finds best among those that were run."""
    run = [row for row in rows(subject) if was_planned(subject, row)]
    best = [next((row for row in run if row.family == family), None) for family in FAMILIES]
    return _table(subject, "headline", [row for row in best if row is not None])


def run_rows(subject: Subject) -> Table:
    """Every row that was run, published beside re-run."""
    return _table(subject, "rows", [row for row in rows(subject) if was_planned(subject, row)])


def other_rows(subject: Subject) -> Table | None:
    """The rows that were not run, with what the paper prints for them; None where all were."""
    s = subject.strings
    left = [row for row in rows(subject) if not was_planned(subject, row)]
    if not left:
        return None
    body = tuple((cells.text(label(subject, row)), cells.printed(subject, row.published), _mnist(subject, row)) for row in left)
    heads = (Column(s("columns.row")), *(Column(s(f"columns.{name}"), "right") for name in ("published", "published_mnist")))
    return Table("other-rows", s("captions.other-rows"), heads, body)


def _table(subject: Subject, name: str, chosen: Sequence[Row]) -> Table:
    found = [(row, Comparison(row.published, accuracy(subject, row.key), DECIMALS)) for row in chosen]
    body = tuple((cells.text(label(subject, row)), *cells.compared(subject, each), _mnist(subject, row)) for row, each in found)
    mnist = Column(subject.strings("columns.published_mnist"), "right")
    heads = (Column(subject.strings("columns.row")), *cells.compared_columns(subject), mnist)
    notes = cells.notes(subject, [each.measured for _, each in found])
    return Table(name, subject.strings(f"captions.{name}"), heads, body, notes)


def _mnist(subject: Subject, row: Row) -> Cell:
    """What the paper prints for the same row on MNIST, which is not re-run."""
    return cells.printed(subject, subject.published.find(f"table-3.mnist.{row.key}"))
