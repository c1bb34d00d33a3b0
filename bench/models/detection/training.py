"""What goes into the training of one arm and what comes out of it: plain data that crosses a process boundary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from pydantic import JsonValue

    from bench.models.detection.agreement import Expected

Columns: TypeAlias = "dict[str, Sequence[object] | NDArray[np.generic]]"

HISTORY = (
    "epoch",
    "learning_rate",
    "train_box_loss",
    "train_cls_loss",
    "train_dfl_loss",
    "validation_box_loss",
    "validation_cls_loss",
    "validation_dfl_loss",
    "precision",
    "recall",
    "map50",
    "map50_95",
)


def table_of(history: Mapping[str, Sequence[float]]) -> Columns:
    """A history as the columns of a table, with whole epochs."""
    return {**history, "epoch": [int(epoch) for epoch in history["epoch"]]}


@dataclass(frozen=True, slots=True)
class Request:
    """One training run: ``data`` is the dataset YAML, ``folder`` takes every file that the run writes.

    ``expected`` is what the record of the data says of its parts ``train`` and ``val``.
    ``pretrained`` is a weights file or None: one of the known files, or another run's own with this ``pretrained_sha256``.
    ``image_size`` is the longer side in pixels, ``network`` the package's name of one. Gradients are summed over batches up
    to ``nominal_batch_size`` images a step.
    """

    data: Path
    folder: Path
    pretrained: Path | None
    image_size: int
    batch_size: int
    epochs: int
    seed: int
    device: str
    threads: int
    expected: Mapping[str, tuple[Expected, ...]]
    pretrained_sha256: str | None = None
    network: str = "yolov5s"
    optimizer: str = "SGD"
    learning_rate: float = 0.01
    nominal_batch_size: int = 64


@dataclass(frozen=True, slots=True)
class Weights:
    """One model of a run and what it finds on the validation images: both as the bytes of a record's files."""

    safetensors: bytes
    predictions: bytes


@dataclass(frozen=True, slots=True)
class Diverged:
    """A run that ended in a loss or a fitness that is no number: history and chain up to the epoch before."""

    epoch: int
    history: Columns
    chain: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Trained:
    """A finished run; ``chain`` are the files of its digests. ``best`` is None where the last epoch is the best one."""

    history: Columns
    chain: dict[str, bytes]
    layers: Columns
    last: Weights
    best: Weights | None
    best_epoch: int
    parameters: int
    gflops: float
    facts: dict[str, JsonValue]
    timing: dict[str, JsonValue]
