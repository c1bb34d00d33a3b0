"""Compares what the records of one run say about the same thing, and the records with the run's own configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from bench.harness import planner
from bench.rechecking.verification.comparison import Comparison
from bench.studies.assignment_2.config import StudyConfig
from store.formats import read_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import JsonValue

    from store.records import Stored
    from store.schema import Run

_LABELLED = {"reconstruction": "errors.parquet", "latent": "coordinates.parquet", "classifier": "predictions.parquet"}
_COUNTS = {"autoencoder": ("train_images", "validation_images"), "fashion_data": ("images_train", "images_validation")}
# Experiment of the trained network, prefix of its layer table's name, and the metric that both have.
_SIZES = (
    ("autoencoder", "", "parameters"),
    ("latent", "", "latent_values"),
    ("classifier", "classifier-", "trainable_parameters"),
)


def planned(run: Run, records: Mapping[str, Stored]) -> Iterator[tuple[str, Comparison]]:
    """Task id and comparison: the run's tasks and their configurations with what its configuration plans today.

    What only one side has is left out, for an older record may lack what is configured now. Raises ValidationError where
    the run's configuration has a value that none may have.
    """
    config = _known_config(run)
    if config is None:
        return
    tasks = {task.key.id: task for task in planner.tasks_of(config)}
    named = {entry.task.id for entry in run.entries}
    shared = {name.partition("/")[0] for name in named} & {name.partition("/")[0] for name in tasks}
    for name in sorted(name for name in tasks.keys() ^ named if name.partition("/")[0] in shared):
        yield name, Comparison(f"task {name} in the run's configuration", name in named, name in tasks)
    for name in sorted(tasks.keys() & records.keys()):
        stored = records[name].record.ingredients.config
        yield from ((name, each) for each in _shared_leaves(stored, tasks[name].config, "config "))


def agreeing(records: Mapping[str, Stored]) -> Iterator[tuple[str, Comparison]]:
    """Task id and comparison: labels of the same test images, sizes of the same networks, cuts of the same seed."""
    yield from _labels(records)
    yield from _sizes(records)
    yield from _cuts(records)


def _known_config(run: Run) -> StudyConfig | None:
    """None where it has keys that this version does not know: then its tasks cannot be planned any more."""
    try:
        return StudyConfig.model_validate(run.config)
    except ValidationError as error:
        if any(each["type"] != "extra_forbidden" for each in error.errors()):
            raise
        return None


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


def _sizes(records: Mapping[str, Stored]) -> Iterator[tuple[str, Comparison]]:
    """What a layer table counts against what the trained networks of the same name have."""
    for name, stored in records.items():
        task = stored.record.task
        for experiment, prefix, metric in _SIZES:
            table = records.get(f"architecture/{prefix}{task.variant}/once")
            if table is not None and stored.record.status == "ok" and task.experiment == experiment:
                found, expected = (each.record.result.metrics.get(metric) for each in (stored, table))
                yield name, Comparison(f"metric {metric}", found, expected)


def _shared_leaves(stored: Mapping[str, JsonValue], expected: Mapping[str, JsonValue], prefix: str) -> Iterator[Comparison]:
    for name in sorted(stored.keys() & expected.keys()):
        one, other = stored[name], expected[name]
        if isinstance(one, dict) and isinstance(other, dict):
            yield from _shared_leaves(one, other, f"{prefix}{name}.")
        else:
            yield Comparison(f"{prefix}{name}", one, other)
