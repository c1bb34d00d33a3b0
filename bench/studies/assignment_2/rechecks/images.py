"""Recomputes what data, reconstruction, latent and architecture records say from their own tables and arrays."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from bench.datasets.fashion.copies import NEAR_RMS_GREY_LEVELS
from bench.rechecking.verification.comparison import RELATIVE, Comparison, holds, metrics_against
from bench.rechecking.verification.source import same_source
from bench.studies.assignment_2.experiments.fashion_data import PAIRS, shown_of
from bench.studies.assignment_2.rechecks.networks import cut_of, layers_again, noise_and_outputs, plane_silhouette
from store.extent import read_plain_document
from store.formats import read_arrays, read_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray
    from pydantic import JsonValue

    from store.records import Stored

_CLASSES = 10
_PIXELS_OF_AN_IMAGE = 28 * 28
_FLOAT32 = 1e-5  # a mean over float32 squares, which another machine may round in another way
_TIED_IMAGES = 2  # how many votes may fall the other way where two neighbours are equally near
_INPUTS = ("clean_input", "noisy_input")


def fashion_data(stored: Stored, _upstream: Mapping[str, Stored]) -> Iterator[Comparison]:
    """Pairs of copies to their counts, and to the limit that makes two images near-copies."""
    record = stored.record
    rows = read_table(stored.file("copies.parquet")).to_pylist()
    for one, other in PAIRS:
        pairs = [row for row in rows if (row["original_part"], row["copy_part"]) == (one, other)]
        equal = {row["copy_index"] for row in pairs if row["rms_grey_levels"] == 0}
        found = {f"equal_images_{one}_{other}": len(equal), f"near_copies_{one}_{other}": len({r["copy_index"] for r in pairs})}
        yield from metrics_against(record, found)
    yield Comparison("fact near_rms_grey_levels", record.result.facts.get("near_rms_grey_levels"), NEAR_RMS_GREY_LEVELS)
    yield holds(
        "every pair of copies.parquet lies within the limit",
        (0 <= row["rms_grey_levels"] <= NEAR_RMS_GREY_LEVELS for row in rows),
    )
    yield from _cut(stored, rows)
    yield from _pictured(stored)
    yield holds("every pair of copies.parquet is of two parts", ((r["original_part"], r["copy_part"]) in PAIRS for r in rows))


def _pictured(stored: Stored) -> Iterator[Comparison]:
    """The test images that a report may show are those that the experiment draws, each with a picture."""
    pictured = read_arrays(stored.file("test_images.npz"))
    images = _whole(stored.record.result.metrics["images_test"])
    if same_source(stored.record, "bench.studies.assignment_2.experiments.fashion_data"):
        yield Comparison("index of test_images.npz", pictured["index"].tolist(), shown_of(images).tolist())
    yield Comparison("pictures in test_images.npz", len(pictured["pixels"]), len(pictured["index"]))


def _cut(stored: Stored, rows: list[dict[str, JsonValue]]) -> Iterator[Comparison]:
    """The cut follows from number of images, share and seed; each image of a pair is of the part that it is said to be."""
    record, metrics = stored.record, stored.record.result.metrics
    if not same_source(record, "bench.models.autoencoders.images", "bench.training.determinism"):
        return
    settings = record.ingredients.config["dataset"]
    fraction = settings["validation_fraction"] if isinstance(settings, dict) else None
    if not isinstance(fraction, int | float):
        raise TypeError("dataset.validation_fraction of the record's configuration is no number")
    count = _whole(metrics["images_train"]) + _whole(metrics["images_validation"])
    train, validation, digest = cut_of(count, fraction, record.task.seed or 0)
    yield Comparison("fact split_digest", record.result.facts.get("split_digest"), digest)
    yield from metrics_against(record, {"images_train": len(train), "images_validation": len(validation)})
    parts = {"train": train, "validation": validation, "test": frozenset(range(_whole(metrics["images_test"])))}
    places = [(row[f"{end}_part"], row[f"{end}_index"]) for row in rows for end in ("original", "copy")]
    yield holds("every image of copies.parquet is of its part", (index in parts.get(str(part), ()) for part, index in places))
    pairs = [(*places[number], *places[number + 1]) for number in range(0, len(places), 2)]
    yield Comparison("pairs of copies.parquet that stand twice", len(pairs) - len({*pairs}), 0)


def reconstruction(stored: Stored, upstream: Mapping[str, Stored]) -> Iterator[Comparison]:
    """Errors by image to their means, medians and 95th percentiles; sweep and pairs to the errors that they repeat.

    Noise and reconstructions of the pairs are made anew, from the seed and from the weights that are stored.
    """
    record = stored.record
    settings = record.ingredients.config["reconstruction"]
    if not isinstance(settings, dict):
        raise TypeError("the record's configuration has no section reconstruction")
    errors = read_table(stored.file("errors.parquet"))
    mse = {name: np.array(errors.column(f"mse_per_pixel_{name}"), np.float64) for name in _INPUTS}
    yield Comparison("column index of errors.parquet", errors.column("index").to_pylist(), [*range(len(errors))])
    for name, values in mse.items():
        yield from metrics_against(record, _summary(name, values), RELATIVE)
    yield from _sweep(stored, settings, mse)
    yield from _pairs(stored, settings, mse, errors.column("label").to_pylist())
    yield from noise_and_outputs(stored, upstream, settings["noise_factor"], len(errors))
    yield holds("metric sharpness_ratio is positive", [record.result.metrics["sharpness_ratio"] > 0])


def latent(stored: Stored, _upstream: Mapping[str, Stored]) -> Iterator[Comparison]:
    """Coordinates to the number of images and to the accuracy of the nearest neighbours in the plane."""
    record = stored.record
    table = read_table(stored.file("coordinates.parquet"))
    points = np.stack([np.array(table.column(name), np.float32) for name in ("x", "y")], axis=1)
    yield Comparison("column index of coordinates.parquet", table.column("index").to_pylist(), [*range(len(table))])
    yield holds(
        "every coordinate of coordinates.parquet is finite", (math.isfinite(value) for value in points.ravel().tolist())
    )
    yield from metrics_against(record, {"images": len(table)})
    if record.task.variant == "pixels":
        yield from metrics_against(record, {"latent_values": _PIXELS_OF_AN_IMAGE})
    settings = record.ingredients.config["latent"]
    neighbours = settings["neighbours"] if isinstance(settings, dict) else None
    if not isinstance(neighbours, int):
        raise TypeError("latent.neighbours of the record's configuration is no number")
    accuracy = _neighbour_accuracy(points, np.array(table.column("label"), np.int64), neighbours)
    found = record.result.metrics.get("knn_accuracy_plane")
    yield Comparison("metric knn_accuracy_plane", found, accuracy, absolute=_TIED_IMAGES / len(table))
    yield from _plane(stored, points, np.array(table.column("label"), np.int64))
    shares = ("knn_accuracy_latent", "trustworthiness")
    yield holds("shares lie between 0 and 1", (0 <= record.result.metrics[name] <= 1 for name in shares))
    yield holds("silhouettes lie between -1 and 1", [abs(record.result.metrics["silhouette_latent"]) <= 1])
    yield holds("kl_divergence_tsne is no less than 0", [record.result.metrics["kl_divergence_tsne"] >= 0])


def _plane(stored: Stored, points: NDArray[np.float32], labels: NDArray[np.int64]) -> Iterator[Comparison]:
    """The silhouette in the plane, on the same images that the experiment drew for it."""
    if same_source(stored.record, "bench.models.autoencoders.latent", "bench.training.determinism"):
        found = stored.record.result.metrics.get("silhouette_plane")
        yield Comparison("metric silhouette_plane", found, plane_silhouette(stored, points, labels), absolute=_FLOAT32)


def architecture(stored: Stored, _upstream: Mapping[str, Stored]) -> Iterator[Comparison]:
    """Layer rows to the sums of their parameters and to the size of the bottleneck."""
    rows = _layer_rows(read_plain_document(stored.file("layers.json")))
    parameters = sum(_whole(row["parameters"]) for row in rows)
    frozen = stored.record.task.variant.startswith("classifier-")
    trainable = sum(_whole(row["parameters"]) for row in rows if row["stage"] in {"head", "output"} or not frozen)
    shape = [row["output_shape"] for row in rows if row["stage"] in {"encoder", "bottleneck"}][-1]
    values = math.prod(map(_whole, shape if isinstance(shape, list) else []))
    found = {"parameters": parameters, "trainable_parameters": trainable, "latent_values": values}
    yield from metrics_against(stored.record, found)
    if same_source(stored.record, *stored.record.ingredients.code):
        yield Comparison("rows of layers.json", read_plain_document(stored.file("layers.json")), layers_again(stored))


def _summary(name: str, mse: NDArray[np.float64]) -> dict[str, float | None]:
    return {
        f"test_mse_per_pixel_{name}": float(mse.mean()),
        f"median_mse_per_pixel_{name}": float(np.quantile(mse, 0.5)),
        f"p95_mse_per_pixel_{name}": float(np.quantile(mse, 0.95)),
    }


def _sweep(stored: Stored, settings: Mapping[str, JsonValue], mse: Mapping[str, NDArray[np.float64]]) -> Iterator[Comparison]:
    """Where the sweep has the noise of the errors table, its row must give the same means, and the share of noise removed."""
    sweep = read_table(stored.file("robustness.parquet"))
    yield Comparison(
        "column noise_factor of robustness.parquet", sweep.column("noise_factor").to_pylist(), settings["noise_sweep"]
    )
    for row in sweep.to_pylist():
        for factor, name in ((0.0, "clean_input"), (settings["noise_factor"], "noisy_input")):
            if row["noise_factor"] == factor:
                mean = float(mse[name].mean())
                yield Comparison(f"mse_per_pixel of robustness.parquet at noise {factor}", row["mse_per_pixel"], mean, RELATIVE)
                decibels = float(np.mean(-10.0 * np.log10(mse[name])))
                yield Comparison(f"psnr_db of robustness.parquet at noise {factor}", row["psnr_db"], decibels, _FLOAT32)
        if row["noise_factor"] == settings["noise_factor"] and row["input_mse_per_pixel"]:
            removed = 1.0 - float(mse["noisy_input"].mean()) / row["input_mse_per_pixel"]
            yield from metrics_against(stored.record, {"noise_removed_fraction": removed}, RELATIVE)


def _pairs(
    stored: Stored, settings: Mapping[str, JsonValue], mse: Mapping[str, NDArray[np.float64]], labels: list[int]
) -> Iterator[Comparison]:
    pairs = read_arrays(stored.file("pairs.npz"))
    index = [int(number) for number in pairs["index"]]
    yield Comparison("index of pairs.npz", index, settings["pairs"])
    yield Comparison("label of pairs.npz", pairs["label"].tolist(), [labels[number] for number in index])
    for array, name in (("reconstruction", "clean_input"), ("reconstruction_of_noisy", "noisy_input")):
        squares = (pairs[array].astype(np.float64) - pairs["original"].astype(np.float64)) ** 2
        found = squares.reshape(len(index), -1).mean(axis=1).tolist()
        yield Comparison(f"mse_per_pixel_{name} of the pairs", mse[name][index].tolist(), found, _FLOAT32)


def _neighbour_accuracy(points: NDArray[np.float32], labels: NDArray[np.int64], neighbours: int) -> float:
    """Leave-one-out vote, a tie to the lowest label, as the experiment has it."""
    from sklearn.neighbors import NearestNeighbors  # noqa: PLC0415 - a second that records without latents need not pay

    finder = NearestNeighbors(n_neighbors=min(neighbours, len(points) - 1)).fit(points)
    nearest = finder.kneighbors(return_distance=False)
    votes = (labels[nearest][:, :, None] == np.arange(_CLASSES)).sum(axis=1)
    return float((votes.argmax(axis=1) == labels).mean())


def _layer_rows(document: JsonValue) -> list[dict[str, JsonValue]]:
    if not isinstance(document, list):
        raise TypeError("layers.json is no list")
    return [row for row in document if isinstance(row, dict)]


def _whole(value: JsonValue) -> int:
    if not isinstance(value, int):
        raise TypeError(f"layers.json has {value!r} where a whole number belongs")
    return value
