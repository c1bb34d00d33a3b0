"""Fits one row of Table 3 and scores it on the test images.

Source: Table 3; ``benchmark/runner.py`` of the source's repository for standardisation and shuffling. Command:
``nox -s bench -- --study fashion_benchmark --profile paper``; from a second to hours a fit (``rows.py``). Published test
accuracies run from 0.484 to 0.897.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.harness.task import ON_CPU, Outcome, Task
from bench.studies.fashion_benchmark.rows import chosen
from store.schema import TaskKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from bench.harness.task import Context
    from bench.studies.fashion_benchmark.config import BenchmarkConfig
    from bench.studies.fashion_benchmark.rows import Row

PART = "benchmark"
QUESTIONS = ("main", "sensitivity")
EXPERIMENT = "baseline"
DATA = "fashion-mnist"


def plan(config: BenchmarkConfig) -> tuple[Task, ...]:
    """One task for each chosen row and seed, one alone where nothing is random."""
    return tuple(_task(config, row, seed) for row in chosen(config) for seed in ((None,) if row.fixed else config.seeds))


def run(context: Context) -> Outcome:
    """Fit, predict the test images, and count the right answers."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    from bench.datasets.fashion.dataset import load
    from bench.studies.fashion_benchmark.fitting import fit
    from store.formats import table_bytes

    data = load(context.data[DATA])
    settings = _section(context.task.config, "classifier")
    standardise = bool(_section(context.task.config, "dataset")["standardise"])
    with threadpool_limits(limits=context.threads):
        found = fit(settings, data, context.task.key.seed, standardise=standardise)
    labels = data.test_labels.astype("int64")
    metrics: dict[str, float | int] = {
        "test_accuracy": float((found.predicted == labels).mean()),
        "test_images": len(labels),
        "train_images": len(data.train_labels),
    }
    if found.iterations is not None:
        metrics["iterations"] = found.iterations
    columns = {"index": list(range(len(labels))), "label": labels, "predicted": found.predicted}
    said: list[JsonValue] = list(found.warnings)
    return Outcome(metrics, {"library_warnings": said}, {"predictions.parquet": table_bytes(columns)})


def _task(config: BenchmarkConfig, row: Row, seed: int | None) -> Task:
    return Task(
        key=TaskKey(experiment=EXPERIMENT, variant=row.key, seed=seed),
        module=__name__,
        config={"dataset": config.dataset.model_dump(mode="json"), "classifier": row.settings(config)},
        inputs=(DATA,),
        needs=ON_CPU,
    )


def _section(config: Mapping[str, JsonValue], name: str) -> Mapping[str, JsonValue]:
    section = config[name]
    if not isinstance(section, dict):
        raise TypeError(f"section {name} of the task's configuration is no table")
    return section
