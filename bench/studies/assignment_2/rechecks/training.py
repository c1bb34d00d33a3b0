"""Recomputes what autoencoder and classifier records say from their histories, predictions and weights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from bench.rechecking.verification.chains import chain
from bench.rechecking.verification.comparison import RELATIVE, Comparison, holds, metrics_against, table_against
from store.canonical import digest_bytes
from store.formats import read_arrays, read_table, read_weights, weight_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from store.records import Stored

_CLASSES = 10
_ROUNDING = 1e-5  # sums of float32 terms that were rounded batch by batch


def autoencoder(stored: Stored, _upstream: Mapping[str, Stored]) -> Iterator[Comparison]:
    """History to last row and best epoch, weights to parameters and encoder digest, validation mean to its sum."""
    record, config = stored.record, stored.record.ingredients.config
    history = read_table(stored.file("history.parquet")).to_pydict()
    yield from _history(stored, "autoencoder", history)
    objective = "loss_per_image" if record.task.base_variant == "vae" else "mse_per_pixel"
    yield Comparison("fact objective", record.result.facts.get("objective"), objective)
    if record.task.base_variant == "vae":
        yield from _vae_loss(history, _number(config, "vae", "beta"))
    images = sum(record.result.metrics[name] for name in ("train_images", "validation_images"))
    held_out = round(images * _number(config, "dataset", "validation_fraction"))
    yield from metrics_against(record, {"validation_images": held_out})
    if record.status != "ok":
        return
    metrics: dict[str, float | None] = {"best_epoch": _best_epoch(history[f"validation_{objective}"])}
    if record.task.base_variant == "vae":
        metrics["validation_loss_sum"] = history["validation_loss_per_image"][-1] * held_out
    weights = read_weights(stored.file("weights.safetensors"))
    metrics["parameters"] = _values(weights)
    yield from metrics_against(record, metrics)
    yield from chain(stored, len(history["epoch"]), weights)
    yield Comparison("fact encoder_digest", record.result.facts.get("encoder_digest"), _encoder_digest(weights))


def classifier(stored: Stored, upstream: Mapping[str, Stored]) -> Iterator[Comparison]:
    """Predictions to accuracy, macro scores, scores by class and confusion matrix; history to the last row."""
    record = stored.record
    history = read_table(stored.file("history.parquet")).to_pydict()
    yield from _history(stored, "classifier", history)
    (encoder,) = upstream.values()
    expected = encoder.record.result.facts.get("encoder_digest")
    for name in ("encoder_digest_before", "encoder_digest_after"):
        yield Comparison(f"fact {name}", record.result.facts.get(name), expected)
    if record.status != "ok":
        return
    predictions = read_table(stored.file("predictions.parquet"))
    counts = _confusion(*(_class_numbers(predictions.column(name).to_pylist()) for name in ("label", "predicted")))
    scores = _scores(counts)
    yield Comparison("column index of predictions.parquet", predictions.column("index").to_pylist(), [*range(len(predictions))])
    yield holds(
        "every probability of predictions.parquet lies between 1/10 and 1",
        (1 / _CLASSES - _ROUNDING <= value <= 1 + _ROUNDING for value in predictions.column("probability").to_pylist()),
    )
    yield from metrics_against(record, _table_metrics(counts, scores), RELATIVE)
    weights = read_weights(stored.file("weights.safetensors"))
    yield from metrics_against(record, {"trainable_parameters": _values(weights)})
    yield from chain(stored, len(history["epoch"]), weights)
    stored_counts = read_arrays(stored.file("confusion.npz"))["counts"]
    yield Comparison("counts of confusion.npz", stored_counts.tolist(), counts.tolist())
    yield from table_against("per_class.parquet", read_table(stored.file("per_class.parquet")), scores, RELATIVE)


def _history(stored: Stored, section: str, history: Mapping[str, list[float | None]]) -> Iterator[Comparison]:
    """The number of epochs, the learning rate, and the last row that the metrics repeat."""
    record = stored.record
    epochs = history["epoch"]
    yield Comparison("column epoch of history.parquet", epochs, [*range(1, len(epochs) + 1)])
    if record.status == "ok":
        yield Comparison("rows of history.parquet", len(epochs), _number(record.ingredients.config, section, "epochs"))
    rate = _number(record.ingredients.config, section, "learning_rate")
    yield Comparison("column learning_rate of history.parquet", history["learning_rate"], [rate] * len(epochs))
    yield from metrics_against(record, {name: column[-1] for name, column in history.items() if name != "epoch"})


def _vae_loss(history: Mapping[str, list[float | None]], beta: float) -> Iterator[Comparison]:
    for part in ("train", "validation"):
        loss, sse, kl = (history[f"{part}_{term}"] for term in ("loss_per_image", "sse_per_image", "kl_nats_per_image"))
        rows = [(a, b + beta * c) for a, b, c in zip(loss, sse, kl, strict=True) if None not in {a, b, c} and b and c]
        name = f"column {part}_loss_per_image of history.parquet"
        yield Comparison(name, [row[0] for row in rows], [row[1] for row in rows], _ROUNDING)


def _best_epoch(column: list[float | None]) -> int:
    values = [math.inf if value is None else value for value in column]
    return values.index(min(values)) + 1


def _values(weights: Mapping[str, NDArray[np.generic]]) -> int:
    return sum(tensor.size for tensor in weights.values())


def _encoder_digest(weights: Mapping[str, NDArray[np.generic]]) -> str:
    """As the experiment takes it: the stages up to the latent under their own names, as safetensors."""
    stages = {name.removeprefix("encoder."): tensor for name, tensor in weights.items() if name.startswith("encoder.")}
    stages |= {name: tensor for name, tensor in weights.items() if name.startswith("bottleneck.mu.")}
    return digest_bytes(weight_bytes(stages))


def _class_numbers(values: list[int]) -> NDArray[np.int64]:
    numbers = np.array(values, np.int64)
    if ((numbers < 0) | (numbers >= _CLASSES)).any():
        raise ValueError(f"a class lies outside 0 to {_CLASSES - 1}")
    return numbers


def _confusion(labels: NDArray[np.int64], predicted: NDArray[np.int64]) -> NDArray[np.int64]:
    counts = np.zeros((_CLASSES, _CLASSES), np.int64)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def _scores(counts: NDArray[np.int64]) -> dict[str, list[object]]:
    """By class; 0 where a class is never predicted, as the experiment has it."""
    hits, support, predicted = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    columns = {
        "label": np.arange(_CLASSES),
        "precision": hits / np.maximum(predicted, 1),
        "recall": hits / np.maximum(support, 1),
        "f1": 2 * hits / np.maximum(predicted + support, 1),
        "support": support,
    }
    return {name: column.tolist() for name, column in columns.items()}


def _table_metrics(counts: NDArray[np.int64], scores: Mapping[str, list[object]]) -> dict[str, float | None]:
    macro = {f"macro_{name}": float(np.mean(np.array(scores[name], np.float64))) for name in ("precision", "recall", "f1")}
    images = int(counts.sum())
    return {"test_accuracy": float(np.trace(counts) / images), "test_images": images, **macro}


def _number(config: Mapping[str, object], section: str, name: str) -> float:
    fields = config[section]
    value = fields[name] if isinstance(fields, dict) else None
    if not isinstance(value, int | float):
        raise TypeError(f"{section}.{name} of the record's configuration is no number")
    return value
