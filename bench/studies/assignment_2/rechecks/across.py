"""Compares what the records of one run say about the same thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.rechecking.verification.comparison import Comparison
from bench.studies.assignment_2.rechecks.shared_inputs import same_inputs
from store.formats import read_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import JsonValue

    from store.records import Stored

_LABELLED = {"reconstruction": "errors.parquet", "latent": "coordinates.parquet", "classifier": "predictions.parquet"}
_COUNTS = {"autoencoder": ("train_images", "validation_images"), "fashion_data": ("images_train", "images_validation")}
# Experiment of the trained network, prefix of its layer table's name, and the metric that both have.
_SIZES = (
    ("autoencoder", "", "parameters"),
    ("latent", "", "latent_values"),
    ("classifier", "classifier-", "trainable_parameters"),
)


def agreeing(records: Mapping[str, Stored]) -> Iterator[tuple[str, Comparison]]:
    """Task id and comparison: labels of the same test images, sizes of the same networks, cuts of a seed, images of a donor."""
    yield from _labels(records)
    yield from _sizes(records)
    yield from _cuts(records)
    yield from _unseen(records)
    yield from same_inputs(records)


def _labels(records: Mapping[str, Stored]) -> Iterator[tuple[str, Comparison]]:
    known: dict[str, list[int]] = {}
    for name, stored in records.items():
        file = _LABELLED.get(stored.record.task.experiment)
        if file is None or stored.record.status != "ok":
            continue
        labels = read_table(stored.file(file)).column("label").to_pylist()
        for source in stored.record.ingredients.inputs.values():
            yield name, Comparison(f"column label of {file}", labels, known.setdefault(source, labels))
    for name, stored in records.items():
        if stored.record.task.experiment == "fashion_data" and stored.record.status == "ok":
            images = stored.record.result.metrics.get("images_test")
            sources = stored.record.ingredients.inputs.values()
            yield from ((name, Comparison("metric images_test", images, len(known[one]))) for one in sources if one in known)


def _cuts(records: Mapping[str, Stored]) -> Iterator[tuple[str, Comparison]]:
    """The cut of a seed is the same in every training and in the record of the data."""
    cuts: dict[int | None, list[JsonValue]] = {}
    for name, stored in records.items():
        counts = _COUNTS.get(stored.record.task.experiment)
        if counts is not None and stored.record.status in {"ok", "diverged"}:
            result = stored.record.result
            found = [result.facts.get("split_digest"), *(result.metrics.get(count) for count in counts)]
            known = cuts.setdefault(stored.record.task.seed, found)
            places = ("fact split_digest", *(f"metric {count}" for count in counts))
            yield from ((name, Comparison(*each)) for each in zip(places, found, known, strict=True))


def _unseen(records: Mapping[str, Stored]) -> Iterator[tuple[str, Comparison]]:
    """No image of an arm is one that its donor was shown."""
    shown = {sha256 for name, stored in records.items() if name.startswith("donor_data/") for sha256 in _images(stored)}
    for name, stored in records.items():
        if shown and stored.record.task.experiment == "detection_data":
            yield name, Comparison("images that the donor was shown", sorted(shown.intersection(_images(stored))), [])


def _images(stored: Stored) -> list[str]:
    """The digests of the record's images, none where it has no result."""
    ok = stored.record.status == "ok"
    return [str(value) for value in read_table(stored.file("images.parquet")).column("sha256").to_pylist()] if ok else []


def _sizes(records: Mapping[str, Stored]) -> Iterator[tuple[str, Comparison]]:
    """What a layer table counts against what the trained networks of the same name have."""
    for name, stored in records.items():
        task = stored.record.task
        for experiment, prefix, metric in _SIZES:
            table = records.get(f"architecture/{prefix}{task.variant}/once")
            if (
                table is None and experiment == "latent"
            ):  # no assumed value that a variant tries changes the latent space's size
                table = records.get(f"architecture/{task.base_variant}/once")
            if table is not None and stored.record.status == "ok" and task.experiment == experiment:
                found, expected = (each.record.result.metrics.get(metric) for each in (stored, table))
                yield name, Comparison(f"metric {metric}", found, expected)
