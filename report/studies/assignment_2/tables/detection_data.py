"""What the detectors learn from and are judged on: images, objects, classes, what was left out, and how it was cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from report.evidence.measure import metric
from report.evidence.records import frames, reference
from report.printing import cells
from report.printing.table import Cell, Column, Number, Table
from report.studies.assignment_2.arms import CLASS_TASKS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import JsonValue

    from report.evidence.subject import Subject
    from store.records import Stored

_COUNTS = (
    "images_train",
    "images_validation",
    "objects_train",
    "objects_validation",
    "drives_train",
    "drives_validation",
    "validation_images_with_train_neighbour",
    "ignored_objects",
    "dropped_lines",
)


def data(subject: Subject) -> Table:
    """The data of each class task, counts as means over seeds: the cut depends on the seed."""
    s = subject.strings
    tasks = [task for task in CLASS_TASKS if subject.evidence.records("detection_data", task)]
    facts: tuple[tuple[str, Callable[[Subject, Stored], str]], ...] = (
        ("dataset", _dataset),
        ("classes", _classes),
        ("ignored", _ignored),
        ("split", _split),
    )
    rows = [(cells.text(s(f"data.{name}")), *(_fact(subject, task, read) for task in tasks)) for name, read in facts]
    for name in _COUNTS:
        measured = [metric(subject.evidence, "detection_data", task, name) for task in tasks]
        rows.append((cells.text(s(f"data.{name}")), *(cells.count(subject, one) for one in measured)))
    missing = [metric(subject.evidence, "detection_data", task, "images_train") for task in tasks]
    heads = (Column(s("columns.property")), *(Column(s(f"class_tasks.{task}")) for task in tasks))
    notes = cells.incomplete_notes(subject, missing)
    return Table("detection-data", s("captions.detection-data"), heads, tuple(rows) if tasks else (), notes)


def problems(subject: Subject) -> Table | None:
    """Label lines that were dropped, by kind of fault; None where every line was sound."""
    s = subject.strings
    records = [stored for task in CLASS_TASKS for stored in subject.evidence.complete("detection_data", task)[:1]]
    if not records:
        return None
    references = tuple(reference(stored) for stored in records)
    lines = frames(records, "problems.parquet").drop_duplicates(["file", "line", "problem"])
    rows = tuple(
        (
            cells.text(str(kind)),
            cells.of(subject, Number(len(found), 0), "value", references),
            Cell(f"{found['file'].iloc[0]}:{found['line'].iloc[0]}", "value", references),
        )
        for kind, found in lines.groupby("problem")
    )
    heads = (Column(s("columns.problem")), Column(s("columns.lines"), "right"), Column(s("columns.first_line")))
    return Table("detection-problems", s("captions.detection-problems"), heads, rows)


def _fact(subject: Subject, task: str, read: Callable[[Subject, Stored], str]) -> Cell:
    found = subject.evidence.complete("detection_data", task)
    if not found:
        return cells.status(subject, metric(subject.evidence, "detection_data", task, "images_train"))
    return Cell(read(subject, found[0]), "value", tuple(reference(stored) for stored in found))


def _dataset(subject: Subject, stored: Stored) -> str:
    name = str(stored.record.result.facts["dataset"])
    return subject.strings.named("datasets", name)


def _classes(subject: Subject, stored: Stored) -> str:
    """``car (Car), person (Pedestrian, Person_sitting)``: each class and the source's classes that become it."""
    targets = cast("Mapping[str, JsonValue]", stored.record.result.facts["class_map"])
    names = cast("list[str]", stored.record.result.facts["class_names"])
    parts = []
    for name in names:
        sources = [source for source, target in targets.items() if target == name]
        parts.append(f"{subject.strings.named('detection_classes', name)} ({', '.join(sources)})")
    return "; ".join(parts)


def _ignored(subject: Subject, stored: Stored) -> str:
    counts = cast("Mapping[str, int]", stored.record.result.facts["ignored_classes"])
    falling = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    shown = ", ".join(f"{name} {subject.numbers.integer(count)}" for name, count in falling if count)
    return shown or subject.strings("tables.none")


def _split(subject: Subject, stored: Stored) -> str:
    return subject.strings.named("splits", str(stored.record.result.facts["split"]))
