"""What the arms are, what they took over, how they trained, what each class scores, and what they cost."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, cast

from report.evidence.records import document, frame, frames, reference
from report.printing import cells
from report.printing.table import Column, Number, Table
from report.studies.assignment_2 import arms
from report.studies.assignment_2.transfer import epochs_to_converge, last_loss, mean_iou

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from report.evidence.measure import Measurement
    from report.evidence.subject import Subject
    from store.records import Stored

STAGES = ("preprocess", "inference", "postprocess")
_RATES = ("precision", "recall", "f1", "precision_at_25", "recall_at_25", "f1_at_25", "ap50", "ap50_95")
_SHAPES = re.compile(r"^shape .*")


def training(subject: Subject) -> Table:
    """How every arm trained: best epoch, speed of convergence, last losses, and how tightly its boxes fit."""
    s = subject.strings
    columns: tuple[tuple[str, str, Callable[[Stored], float | None], int], ...] = (
        ("epochs", "detector", _metric("epochs"), 0),
        ("best_epoch", "detector", _metric("best_epoch"), 1),
        ("converged", "detector", epochs_to_converge, 1),
        ("train_loss", "detector", last_loss("train"), 3),
        ("validation_loss", "detector", last_loss("validation"), 3),
        ("mean_iou_last", "detection", mean_iou("last"), 3),
        ("mean_iou_best", "detection", mean_iou("best"), 3),
    )
    rows, everything = [], []
    for arm in arms.arms_of(subject.evidence):
        measured = [arms.of_arm(subject.evidence, experiment, arm, read) for _, experiment, read, _ in columns]
        everything += measured
        values = [
            cells.count(subject, one) if decimals <= 1 else cells.value(subject, one, decimals)
            for one, (_, _, _, decimals) in zip(measured, columns, strict=True)
        ]
        rows.append((cells.text(s(f"arms.{arm}")), *values, cells.seeds(subject, measured[0])))
    heads = [Column(s(f"columns.{name}"), "right") for name in (*(column[0] for column in columns), "seeds")]
    notes = cells.notes(subject, everything)
    return Table("detection-training", s("captions.detection-training"), (Column(s("columns.arm")), *heads), tuple(rows), notes)


def classes(subject: Subject) -> Table:
    """Scores of every class of every arm, last and best epoch below each other."""
    s = subject.strings
    rows, everything = [], []
    for arm in arms.arms_of(subject.evidence):
        tables = {reference(stored): _by_class(stored) for stored in subject.evidence.complete("detection", arm)}
        names = arms.class_names(subject.evidence, arm) or ("",)
        for index, name in enumerate(names):
            label = (
                s("tables.of_arm", arm=s(f"arms.{arm}"), what=s.named("detection_classes", name)) if name else s(f"arms.{arm}")
            )
            for epoch in arms.EPOCHS:
                measured = [
                    arms.of_arm(subject.evidence, "detection", arm, _reader(tables, (epoch, index), column))
                    for column in ("objects", *_RATES)
                ]
                everything += measured
                values = [cells.count(subject, measured[0]), *(cells.value(subject, one, 3) for one in measured[1:])]
                rows.append((cells.text(label), cells.text(s(f"epochs.{epoch}")), *values))
    heads = [Column(s(f"columns.{name}"), "right") for name in ("objects", *(f"class_{name}" for name in _RATES))]
    columns = (Column(s("columns.arm_class")), Column(s("columns.epoch")), *heads)
    return Table("detection-classes", s("captions.detection-classes"), columns, tuple(rows), cells.notes(subject, everything))


def layers(subject: Subject) -> Table | None:
    """Tensors of the network by what became of them, one column an arm; None where no arm finished."""
    s = subject.strings
    records = {arm: arms.first_record(subject.evidence, "detector", arm) for arm in arms.arms_of(subject.evidence)}
    found = {arm: stored for arm, stored in records.items() if stored is not None}
    if not found:
        return None
    table = frames(list(found.values()), "layers.parquet").assign(
        arm=[arm for arm, stored in found.items() for _ in range(len(frame(stored, "layers.parquet")))]
    )
    table["reason"] = table["reason"].str.replace(_SHAPES, s("tables.other_shape"), regex=True)
    rows = []
    for (kept, reason), group in table.groupby(["transferred", "reason"], sort=False):
        line = [cells.text(s(f"tables.{'yes' if kept else 'no'}")), cells.text(str(reason)), cells.text(_span(group["layer"]))]
        for arm, stored in records.items():
            count = int((group["arm"] == arm).sum())
            shown = cells.of(subject, Number(count, 0), "value", (reference(stored),)) if stored and count else None
            line.append(shown or (cells.nothing() if stored else cells.status(subject, _size(subject, arm, "parameters"))))
        rows.append(tuple(line))
    heads = [Column(s(f"columns.{name}")) for name in ("taken_over", "reason_recorded", "layers")]
    columns = (*heads, *(Column(s(f"arms.{arm}"), "right") for arm in records))
    notes = cells.incomplete_notes(subject, [_size(subject, arm, "parameters") for arm in records])
    return Table("detection-layers", s("captions.detection-layers"), columns, tuple(rows), notes)


def speed(subject: Subject) -> Table:
    """Size of the network and milliseconds per image by stage, on the machine that trained it."""
    s = subject.strings
    rows, everything = [], []
    for arm in arms.arms_of(subject.evidence):
        size = [_size(subject, arm, name) for name in ("parameters", "gflops")]
        times = [arms.of_arm(subject.evidence, "detector", arm, _timing((stage,))) for stage in STAGES]
        whole = arms.of_arm(subject.evidence, "detector", arm, _timing(STAGES))
        everything += size
        shown = [
            cells.count(subject, size[0]),
            cells.value(subject, size[1], 1),
            *(cells.value(subject, one, 2) for one in (*times, whole)),
        ]
        rows.append((cells.text(s(f"arms.{arm}")), *shown, cells.seeds(subject, size[0])))
    names = ("parameters", "gflops", *STAGES, "all_stages", "seeds")
    heads = (Column(s("columns.arm")), *(Column(s(f"columns.{name}"), "right") for name in names))
    notes = cells.incomplete_notes(subject, everything)
    return Table("detection-speed", s("captions.detection-speed"), heads, tuple(rows), notes)


def _metric(name: str) -> Callable[[Stored], float]:
    return lambda stored: float(stored.record.result.metrics[name])


def _size(subject: Subject, arm: str, name: str) -> Measurement:
    return arms.of_arm(subject.evidence, "detector", arm, _metric(name))


def _timing(stages: tuple[str, ...]) -> Callable[[Stored], float]:
    """Reads the milliseconds per image of the stages together."""

    def read(stored: Stored) -> float:
        times = cast("Mapping[str, float]", document(stored, "timing.json"))
        return sum(times[f"milliseconds_{stage}"] for stage in stages)

    return read


def _by_class(stored: Stored) -> pd.DataFrame:
    return frame(stored, "per_class.parquet").set_index(["epoch", "class_index"])


def _reader(tables: Mapping[str, pd.DataFrame], row: tuple[str, int], column: str) -> Callable[[Stored], float | None]:
    """Reads one number of the per-class tables; None where it is undefined."""

    def read(stored: Stored) -> float | None:
        number = float(tables[reference(stored)][column].loc[row])
        return None if math.isnan(number) else number

    return read


def _span(numbers: pd.Series[int]) -> str:
    """``0-23`` for the layers that a group of tensors comes from, or the one number."""
    low, high = int(numbers.min()), int(numbers.max())
    return str(low) if low == high else f"{low}\N{EN DASH}{high}"
