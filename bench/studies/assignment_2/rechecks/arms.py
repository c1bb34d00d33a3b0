"""Recomputes what a detector's record says of its training from its configuration, its tensors' names and its predictions."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from bench.models.detection.arguments import ARGUMENTS, network_file
from bench.models.detection.transfer import ONLY_PRETRAINED
from bench.models.detection.weights import NAME as WEIGHTS
from bench.models.detection.weights import known_files
from bench.rechecking.verification.comparison import Comparison, holds
from bench.rechecking.verification.source import same_source
from bench.studies.assignment_2.config import DetectionConfig
from bench.studies.assignment_2.experiments.detector import DONOR
from bench.studies.assignment_2.rechecks.scenes import seed_of
from store.chain import TENSORS
from store.formats import read_table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from store.records import Stored

_LOWEST_SCORE, _MOST_BOXES = 0.001, 300  # conf and max_det of the trainer's arguments
_ROUNDING = 1e-3  # pixels: a box is clipped at the edge in float32


def trained_as_configured(stored: Stored, data: Stored) -> Iterator[Comparison]:
    """Arguments, pretrained weights, initial digests, the table of layers, and what predictions may look like."""
    record, facts = stored.record, stored.record.result.facts
    detection = DetectionConfig.model_validate(record.ingredients.config["detection"])
    arguments = facts.get("arguments")
    stated = arguments if isinstance(arguments, dict) else {}
    asked = {
        "model": network_file(detection.network),
        "optimizer": detection.optimizer,
        "lr0": detection.learning_rate,
        "nbs": detection.nominal_batch_size,
        "imgsz": detection.image_size,
        "batch": detection.batch_size,
        "epochs": detection.epochs,
        "seed": seed_of(record),
    }
    fixed = {} if not same_source(record, "bench.models.detection.arguments") else {**ARGUMENTS}
    if detection.optimizer != "SGD":  # then the arguments have a rate of their own for the biases
        fixed.pop("warmup_bias_lr", None)
    for name, value in {**fixed, **asked}.items():
        yield Comparison(f"fact arguments.{name}", stated.get(name), value)
    fetched = WEIGHTS in record.ingredients.inputs
    transfer = fetched or DONOR in record.ingredients.upstream
    yield Comparison("the arm reads pretrained weights", transfer, record.task.variant.startswith("transfer"))
    if fetched:
        known = [{"source": file.source, "sha256": file.sha256} for file in known_files()]
        pretrained = facts.get("pretrained")
        yield holds("fact pretrained is one of the known files", [pretrained in known])
        digest = pretrained.get("sha256") if isinstance(pretrained, dict) else None
        yield Comparison("ingredients.inputs of the weights", record.ingredients.inputs[WEIGHTS], digest)
    seeded, initial = facts.get("seeded_digest"), facts.get("initial_digest")
    yield Comparison("the network began as it was seeded", seeded == initial, not transfer)
    yield from _layers(stored)
    for epoch in ("last", "best"):
        yield from _predictions(stored, f"predictions_{epoch}.parquet", data)


def _layers(stored: Stored) -> Iterator[Comparison]:
    chained = {name.partition(".")[2] for name in read_table(stored.file(TENSORS)).column("tensor").to_pylist()}
    yield from layers_as_chained(read_table(stored.file("layers.parquet")).to_pydict(), chained)


def layers_as_chained(layers: Mapping[str, list[Any]], chained: Collection[str]) -> Iterator[Comparison]:
    """A tensor's name begins with its layer, and the chain has the same tensors, as ``model.`` and ``ema.``.

    The pretrained network may have others, at its head: those say so, and none of them was taken over.
    """
    numbers = [int(name.split(".")[1]) for name in layers["tensor"]]
    yield Comparison("column layer of layers.parquet", layers["layer"], numbers)
    rows = list(zip(layers["tensor"], layers["transferred"], layers["reason"], strict=True))
    others = {name for name, moved, reason in rows if reason == ONLY_PRETRAINED and not moved}
    own = sorted(name for name in layers["tensor"] if name not in others)
    yield Comparison("tensors of layers.parquet", own, sorted({*chained} & {*own}))
    yield holds("no tensor of the network is one of the pretrained network only", (name not in chained for name in others))
    yield holds("a tensor is transferred or has a reason", (moved or bool(reason) for _, moved, reason in rows))


def _predictions(stored: Stored, name: str, data: Stored) -> Iterator[Comparison]:
    images = read_table(data.file("images.parquet")).to_pydict()
    sizes = dict(zip(images["image"], zip(images["width"], images["height"], strict=True), strict=True))
    rows = read_table(stored.file(name)).to_pylist()
    yield holds(
        f"every score of {name} lies between {_LOWEST_SCORE} and 1", (_LOWEST_SCORE <= row["score"] <= 1 for row in rows)
    )
    yield holds(f"every box of {name} lies in its image", (_inside(row, sizes[row["image"]]) for row in rows))
    most = max(Counter(row["image"] for row in rows).values(), default=0)
    yield holds(f"no image of {name} has more than {_MOST_BOXES} boxes", [most <= _MOST_BOXES])


def _inside(row: dict[str, float], size: tuple[int, int]) -> bool:
    wide = -_ROUNDING <= row["x1"] <= row["x2"] <= size[0] + _ROUNDING
    return wide and -_ROUNDING <= row["y1"] <= row["y2"] <= size[1] + _ROUNDING
