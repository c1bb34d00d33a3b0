"""The results that today's defaults of the library are set beside: the accuracy of each row that they touch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.evidence.measure import metric_reader
from report.studies.fashion_benchmark.rows import ACCURACY, EXPERIMENT, label, rows
from report.studies.fashion_benchmark.tables.accuracies import DECIMALS
from report.tables.sensitivity import Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from report.evidence.subject import Subject


def results(subject: Subject) -> Iterator[Result]:
    """Accuracy of every row."""
    for row in rows(subject):
        yield Result(
            EXPERIMENT, row.key, label(subject, row), row.published, DECIMALS + 1, metric_reader(ACCURACY), name=ACCURACY
        )
