"""What tells the data of the paper from those that everybody downloads today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.evidence.measure import metric
from report.printing import cells
from report.printing.table import Column, Table

if TYPE_CHECKING:
    from report.evidence.subject import Subject

EXPERIMENT, VARIANT = "data_version", "files"
QUANTITIES = (
    "train_labels_size_bytes", "test_labels_size_bytes", "label_changes", "train_images_that_stand_again",
    "test_images_that_stand_again", "test_images_in_train",
)  # fmt: skip


def files(subject: Subject) -> Table:
    """Sizes of the label files and numbers of equal images: as the paper prints them, and in the files read here."""
    s = subject.strings
    found = [(name, metric(subject.evidence, EXPERIMENT, VARIANT, name)) for name in QUANTITIES]
    body = tuple(
        (
            cells.text(s(f"data_quantities.{name}")),
            cells.printed(subject, subject.published.find(f"table-1.{name}")),
            cells.count(subject, measured),
        )
        for name, measured in found
    )
    heads = (Column(s("columns.quantity")), Column(s("columns.published"), "right"), Column(s("columns.today"), "right"))
    return Table("data-version", s("captions.data-version"), heads, body, cells.notes(subject, [one for _, one in found]))
