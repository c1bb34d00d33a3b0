"""Scores every detection arm from its stored predictions: precision, recall, F1, AP, curves, confusion, last and best epoch.

Source: section 3.1 (precision, recall, mAP@0.5, mAP@0.5:0.95), Table 6, Figures 10 and 11. Command:
``nox -s bench -- --profile paper``; under a second an arm. Published, to be read with the report's caveats: mAP@0.5 0.5
from scratch and 0.55 by transfer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.harness.task import ON_CPU, Outcome, Task
from bench.studies.assignment_2.cells import cells_of
from store.errors import DataError
from store.schema import TaskKey

if TYPE_CHECKING:
    from pydantic import JsonValue

    from bench.harness.task import Context
    from bench.studies.assignment_2.cells import Cell
    from bench.studies.assignment_2.config import StudyConfig
    from store.records import Stored

PART = "detection"
QUESTIONS = ("main", "leakage")
EPOCHS = ("last", "best")


def plan(config: StudyConfig) -> tuple[Task, ...]:
    """One task per arm and seed; no section of the configuration enters it but through its two upstream records."""
    return tuple(_task(cell, seed) for seed in config.seeds for cell in cells_of(config))


def run(context: Context) -> Outcome:
    """Evaluate both epochs' predictions; raises DataError where the upstream files cannot be scored."""
    from bench.scoring.evaluation import evaluate
    from bench.scoring.results import files_of, metrics_of
    from bench.scoring.stored import read_detections, read_objects, read_validation_images

    detector, data = (context.upstream[name] for name in context.task.upstream)
    names = _class_names(data, detector)
    images = read_validation_images(data.file("images.parquet"))
    objects = read_objects(data.file("objects.parquet"), images, len(names))
    evaluations = {}
    for step, epoch in enumerate(EPOCHS, start=1):
        detections = read_detections(detector.file(f"predictions_{epoch}.parquet"), images, len(names))
        evaluations[epoch] = evaluate(objects, detections, len(names))
        context.progress(step, len(EPOCHS))
    metrics = {f"{name}_{epoch}": value for epoch, each in evaluations.items() for name, value in metrics_of(each).items()}
    without: list[JsonValue] = [name for name, count in zip(names, evaluations["last"].objects, strict=True) if not count]
    undefined: list[JsonValue] = [name for name, value in metrics.items() if value is None]
    return Outcome(
        metrics={name: value for name, value in metrics.items() if value is not None},
        facts={"class_names": list(names), "classes_without_objects": without, "undefined_metrics": undefined},
        files=files_of(evaluations),
    )


def _task(cell: Cell, seed: int) -> Task:
    return Task(
        key=TaskKey(experiment="detection", variant=cell.variant, seed=seed),
        module=__name__,
        config={},
        upstream=(f"detector/{cell.variant}/seed-{seed}", f"detection_data/{cell.data}/seed-{seed}"),
        needs=ON_CPU,
    )


def _class_names(data: Stored, detector: Stored) -> tuple[str, ...]:
    """Names of the data's classes; the detector must have learnt the same, in the same order."""
    names = data.record.result.facts["class_names"]
    learnt = detector.record.result.facts["class_names"]
    if not isinstance(names, list) or names != learnt:
        message = f"the detector's classes {learnt} are not those of its data {names}"
        raise DataError(message, where=str(detector.folder), cure="delete this record and run again: nox -s bench")
    return tuple(str(name) for name in names)
