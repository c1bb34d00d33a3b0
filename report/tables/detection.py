"""Table 6 as printed, and what the published curves show beside it; Part II is not run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.tables import cells
from report.tables.model import Column, Table

if TYPE_CHECKING:
    from report.subject import Subject


def transfer(subject: Subject) -> Table:
    """Table 6: published numbers beside the place of the re-run."""
    s = subject.strings
    absent = cells.word(subject, "not_run")
    rows = tuple(
        (
            cells.text(s(f"detection.{row.metric}")),
            cells.printed(subject, row.transfer, 2, "table-6"),
            absent,
            cells.printed(subject, row.scratch, 2, "table-6"),
            absent,
        )
        for row in subject.published.table_6.rows
    )
    heads = ("published_transfer", "rerun_transfer", "published_scratch", "rerun_scratch")
    return Table(
        "detection",
        s("captions.detection"),
        (Column(s("columns.score")), *(Column(s(f"columns.{h}"), "right") for h in heads)),
        rows,
    )


def curves(subject: Subject) -> Table:
    """Table 6 beside the published curves' last epoch and, for transfer, their highest epoch."""
    s = subject.strings
    names = ("scratch", "scratch_last", "transfer", "transfer_last", "transfer_peak")
    rows = tuple(
        (
            cells.text(s(f"detection.{row.metric}")),
            *(
                cells.printed(subject, getattr(row, name), 2, "table-6" if name in {"scratch", "transfer"} else "figures-10-11")
                for name in names
            ),
        )
        for row in subject.published.table_6.rows
    )
    heads = (Column(s("columns.score")), *(Column(s(f"columns.detection_{name}"), "right") for name in names))
    return Table("detection-curves", s("captions.detection-curves"), heads, rows)
