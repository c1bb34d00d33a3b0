"""Rules on this run: each reads records alone and names those at fault; what no record tells is ``unknown``, never clean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.checks.finding import Finding
from report.evidence.records import frame, reference
from report.studies.fashion_benchmark.rows import EXPERIMENT
from report.studies.fashion_benchmark.tables import data_version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from report.evidence.subject import Subject
    from store.records import Stored

_MOST_NAMED = 6


def parts_apart(subject: Subject) -> Finding:
    """No test image stands in the training part, pixel by pixel."""
    records = subject.evidence.complete(data_version.EXPERIMENT, data_version.VARIANT)
    wrong = [stored for stored in records if stored.record.result.metrics["test_images_in_train"]]
    return _judged(subject, "parts_apart", records, wrong)


def same_images(subject: Subject) -> Finding:
    """All fits were scored on the same test images and trained on as many images."""
    records = _fits(subject)
    first = _images(records[0]) if records else None
    return _judged(subject, "same_images", records, [stored for stored in records if _images(stored) != first])


def every_seed(subject: Subject) -> Finding:
    """No seed of a row was left out of its mean: each row has a result for every seed that was asked for."""
    seeds = {entry.task.seed for entry in subject.evidence.run.entries if entry.task.seed is not None}
    cells = [records for (experiment, _), records in subject.evidence.cells.items() if experiment == EXPERIMENT]
    seeded = [records for records in cells if any(stored.record.task.seed is not None for stored in records)]
    short = [records[0] for records in seeded if _seeds_done(records) != seeds]
    return _judged(subject, "every_seed", [records[0] for records in seeded], short)


def converged(subject: Subject) -> Finding:
    """The library did not warn that a fit stopped before it converged."""
    records = _fits(subject)
    warned = [stored for stored in records if "ConvergenceWarning" in str(stored.record.result.facts.get("library_warnings"))]
    return _judged(subject, "converged", records, warned)


RULES: tuple[Callable[[Subject], Finding], ...] = (parts_apart, same_images, every_seed, converged)


def _seeds_done(records: Sequence[Stored]) -> set[int | None]:
    return {stored.record.task.seed for stored in records if stored.record.status == "ok"}


def _fits(subject: Subject) -> list[Stored]:
    names = [variant for experiment, variant in subject.evidence.cells if experiment == EXPERIMENT]
    return [stored for variant in names for stored in subject.evidence.complete(EXPERIMENT, variant)]


def _images(stored: Stored) -> tuple[object, ...]:
    labels = frame(stored, "predictions.parquet")["label"]
    return (stored.record.result.metrics["train_images"], *labels)


def _judged(subject: Subject, key: str, records: Sequence[Stored], wrong: Sequence[Stored]) -> Finding:
    if not records:
        return Finding(key, "unknown")
    more = f" + {len(wrong) - _MOST_NAMED}" if len(wrong) > _MOST_NAMED else ""
    listed = ", ".join(reference(stored) for stored in wrong[:_MOST_NAMED]) + more
    counts = {"count": subject.numbers.integer(len(records)), "wrong": subject.numbers.integer(len(wrong)), "records": listed}
    return Finding(key, "slip" if wrong else "clean", counts)
