"""Trains YOLOv5s on KITTI from scratch and from pretrained weights, on the car task and on the three-class task.

Source: section 3 (image size 416, batch 16, 50 epochs), Figures 10 to 12, Table 6. The published pair is ``scratch-car``
against ``transfer-3class``; ``transfer-car`` and ``scratch-3class`` make it comparable. Command:
``nox -s bench -- --profile paper --data DIR``; about an hour an arm on 2 CPU cores. Published: mAP@0.5 0.5 from scratch
and 0.55 by transfer, mAP@0.5:0.95 0.25 and 0.3, with the anchor-based network; here it is YOLOv5u.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.harness.task import Needs, Outcome, Task
from bench.models.detection.weights import NAME as WEIGHTS
from bench.studies.assignment_2.cells import cells_of
from bench.studies.assignment_2.config import DetectionConfig
from store.schema import TaskKey

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import JsonValue

    from bench.harness.task import Context
    from bench.models.detection.training import Diverged, Request, Trained
    from bench.studies.assignment_2.cells import Cell
    from bench.studies.assignment_2.config import StudyConfig

PART = "detection"
QUESTIONS = ("main", "leakage")
EXPERIMENT = "detector"
# The keys of the training; those of the data come in through the upstream record.
KEYS = {"dataset", "image_size", "batch_size", "epochs", "network", "optimizer", "learning_rate", "nominal_batch_size"}
DONOR = "donor/3class/once"
WEIGHTS_FILE = "weights.safetensors"


def plan(config: StudyConfig) -> tuple[Task, ...]:
    """One task per arm and seed; only the transfer arms read the pretrained weights, or the donor that stands in for them."""
    return tuple(_task(config, cell, seed) for seed in config.seeds for cell in cells_of(config))


def run(context: Context) -> Outcome:
    """Train one arm, or go on with it, and predict on its validation images.

    ``skipped`` without a loadable OpenCV (an arm whose weights are absent is skipped before), ``diverged`` with the history
    so far where a loss is no number. Raises IntegrityError for unknown weights, DataError for missing images.
    """
    detection = DetectionConfig.model_validate(context.task.config["detection"])
    seed = context.task.key.seed
    if seed is None:
        raise ValueError("a detector is trained with a seed")
    return trained_outcome(context, detection, context.data[detection.dataset], seed)


def trained_outcome(context: Context, detection: DetectionConfig, images: Path, seed: int) -> Outcome:
    """Train on the first upstream record's cut of ``images``, from the pretrained weights that the task names, or none."""
    from bench.models.detection.isolation import train
    from bench.models.detection.opencv import obstacle

    reason = obstacle()
    if reason:
        return Outcome(metrics={}, status="skipped", reason=reason)
    names = _class_names(context)
    start = _start_of(context)
    request = _request(context, detection, images, start, seed)
    origin: JsonValue = {"source": start.source, "sha256": start.sha256} if start else None
    return _outcome(train(request, context.progress), {"pretrained": origin, "class_names": list(names)})


def _task(config: StudyConfig, cell: Cell, seed: int) -> Task:
    dataset = config.detection.dataset
    weights, donor = _starts(config, cell)
    return Task(
        key=TaskKey(experiment=EXPERIMENT, variant=cell.variant, seed=seed),
        module=__name__,
        config={"detection": config.detection.model_dump(mode="json", include=KEYS)},
        inputs=(dataset, *weights),
        upstream=(f"detection_data/{cell.data}/seed-{seed}", *donor),
        needs=Needs(memory_mb=3072),  # 16 images of 416 pixels and their activations; at 160 pixels the trainer takes 0.9 GB
    )


def _starts(config: StudyConfig, cell: Cell) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The data set and the upstream task that the arm's pretrained tensors come from: one of them, or none from scratch."""
    if not cell.transfers:
        return (), ()
    return ((), (DONOR,)) if config.detection.pretrained == "donor" else ((WEIGHTS,), ())


def _class_names(context: Context) -> list[str]:
    names = context.upstream[context.task.upstream[0]].record.result.facts["class_names"]
    if not isinstance(names, list):
        raise TypeError("a detection_data record lists its class names")
    return [str(name) for name in names]


def _request(context: Context, detection: DetectionConfig, images: Path, start: _Start | None, seed: int) -> Request:
    from bench.models.detection.dataset import write_dataset
    from bench.models.detection.training import Request

    upstream = context.upstream[context.task.upstream[0]]
    folder = context.scratch.resolve()
    data, expected = write_dataset(upstream, images, folder / "dataset", _class_names(context))
    return Request(
        data=data,
        folder=folder,
        pretrained=start.path if start else None,
        pretrained_sha256=start.sha256 if start and start.trained_here else None,
        image_size=detection.image_size,
        batch_size=detection.batch_size,
        epochs=detection.epochs,
        seed=seed,
        device=context.device,
        threads=context.threads,
        expected=expected,
        network=detection.network,
        optimizer=detection.optimizer,
        learning_rate=detection.learning_rate,
        nominal_batch_size=detection.nominal_batch_size,
    )


@dataclass(frozen=True, slots=True)
class _Start:
    """The file with the pretrained tensors, where it comes from, its checksum, and whether a task of this study wrote it."""

    path: Path
    source: str
    sha256: str
    trained_here: bool


def _start_of(context: Context) -> _Start | None:
    from bench.models.detection.weights import identify

    if WEIGHTS in context.task.inputs:
        path = context.data[WEIGHTS].resolve()
        known = identify(path)
        return _Start(path, known.source, known.sha256, trained_here=False)
    if DONOR in context.upstream:
        donor = context.upstream[DONOR]
        sha256 = next(entry.sha256 for entry in donor.record.files if entry.name == WEIGHTS_FILE)
        return _Start(donor.file(WEIGHTS_FILE).resolve(), DONOR, sha256, trained_here=True)
    return None


def _outcome(trained: Trained | Diverged, facts: Mapping[str, JsonValue]) -> Outcome:
    from bench.models.detection.training import Diverged
    from store.formats import table_bytes

    files = {"history.parquet": table_bytes(trained.history), **trained.chain}
    if isinstance(trained, Diverged):
        reason = f"the loss or the fitness of epoch {trained.epoch} is no number"
        return Outcome(metrics={"epochs": trained.epoch}, facts=facts, files=files, status="diverged", reason=reason)
    files |= {
        "layers.parquet": table_bytes(trained.layers),
        WEIGHTS_FILE: trained.last.safetensors,
        "predictions_last.parquet": trained.last.predictions,
        # Where the best epoch is the last one, its predictions are the same.
        "predictions_best.parquet": (trained.best or trained.last).predictions,
    }
    if trained.best is not None:
        files["best.safetensors"] = trained.best.safetensors
    metrics = {
        "best_epoch": trained.best_epoch,
        "epochs": len(trained.history["epoch"]),
        "parameters": trained.parameters,
        "gflops": trained.gflops,
    }
    return Outcome(metrics=metrics, facts={**facts, **trained.facts}, files=files, timing=trained.timing)
