"""The rows of Table 3 by family of classifiers: which there are, how each is called, and what this run measured of it.

The published table is what they come from: a row is there because the paper prints it, whether it was run or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from report.evidence.measure import measure, metric_reader
from report.inference.statistics import wilson_interval

if TYPE_CHECKING:
    from report.evidence.measure import Measurement
    from report.evidence.published import Printed
    from report.evidence.subject import Subject
    from report.inference.statistics import Interval
    from store.records import Stored

EXPERIMENT = "baseline"
ACCURACY = "test_accuracy"
PLACE = "table-3.fashion"
# In the order of the paper's table; the longer name first where one begins another.
FAMILIES = (
    "decision-tree", "extra-tree", "gaussian-nb", "gradient-boosting", "neighbours", "linear-svc", "logistic", "mlp",
    "passive-aggressive", "perceptron", "random-forest", "sgd", "svc",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: its key, its family, and what the paper prints for it."""

    key: str
    family: str
    published: Printed

    @property
    def settings(self) -> str:
        """The settings as part of the key, in the order in which the table lists them."""
        return settings_of(self.key)


def rows(subject: Subject) -> tuple[Row, ...]:
    """Every row, family by family, within one by falling published accuracy as the table has it."""
    printed = subject.published.group(PLACE)
    found = [Row(key, family_of(key), number) for key, number in printed.items()]
    return tuple(sorted(found, key=lambda row: (FAMILIES.index(row.family), -row.published.value)))


def family_of(key: str) -> str:
    """The family that a row's key begins with; raises ValueError for one that no family has."""
    for family in FAMILIES:
        if key == family or key.startswith(f"{family}-"):
            return family
    raise ValueError(f"row {key} is of no family")


def settings_of(key: str) -> str:
    """A row's settings as part of its key, in the order in which the table lists them."""
    return key.removeprefix(family_of(key)).removeprefix("-").replace("-", " ")


def label(subject: Subject, row: Row) -> str:
    """Family and settings, for tables and figures."""
    return f"{subject.strings(f'families.{row.family}')} {row.settings}".strip()


def variant_name(subject: Subject, key: str) -> str:
    """The same of a row by its key; empty for a variant that is no row."""
    row = next((row for row in rows(subject) if row.key == key), None)
    return "" if row is None else label(subject, row)


def accuracy(subject: Subject, key: str) -> Measurement:
    """Accuracy on the test images over seeds; one fit has the Wilson interval over its test images."""
    return measure(subject.evidence, EXPERIMENT, key, metric_reader(ACCURACY), _over_images, ACCURACY)


def was_planned(subject: Subject, row: Row) -> bool:
    """Whether the run has tasks for the row, whatever came of them."""
    return bool(subject.evidence.records(EXPERIMENT, row.key))


def _over_images(stored: Stored) -> Interval:
    metrics = stored.record.result.metrics
    return wilson_interval(float(metrics[ACCURACY]), int(metrics["test_images"]))
