"""The tables of this study: each a function that returns one, or None where the run has nothing to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.evidence.measure import metric
from report.printing import cells
from report.printing.cells import Comparison
from report.printing.table import Column, Table

if TYPE_CHECKING:
    from report.evidence.subject import Subject


def estimates(subject: Subject) -> Table:
    """The published estimate beside the re-run's: the metric ``estimate`` of every seed's record."""
    s = subject.strings
    measured = metric(subject.evidence, "estimate", "square", "estimate")
    row = Comparison(subject.published.find("table-1.estimate"), measured, 4)
    body = ((cells.text(s("quantities.estimate")), *cells.compared(subject, row)),)
    columns = (Column(s("columns.quantity")), *cells.compared_columns(subject))
    return Table("estimates", s("captions.estimates"), columns, body, cells.notes(subject, [measured]))
