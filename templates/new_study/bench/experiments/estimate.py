"""Estimates pi from random points in a square, as an example of an experiment: replace it by your own.

Source: name the section, table or figure of the published study. Command: ``nox -s bench -- --study STUDY_NAME``; say how long
it takes. Expected: say what was published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from bench.harness.task import Outcome, Task
from store.schema import TaskKey

if TYPE_CHECKING:
    from bench.harness.task import Context
    from bench.studies.STUDY_NAME.config import StudyConfig

PART = "simulation"
VARIANT = "square"
ROWS = 20


def plan(config: StudyConfig) -> tuple[Task, ...]:
    """One task a seed, with the section that it reads; data sets stand in ``inputs``, other tasks in ``upstream``."""
    section = config.simulation.model_dump(mode="json")
    return tuple(
        Task(key=TaskKey(experiment="estimate", variant=VARIANT, seed=seed), module=__name__, config={"simulation": section})
        for seed in config.seeds
    )


def run(context: Context) -> Outcome:
    """Compute the task: numbers become ``metrics``, tables and arrays ``files``. Import here what computes, not above."""
    import numpy as np

    from store.formats import table_bytes

    section = context.task.config["simulation"]
    points = TypeAdapter(int).validate_python(section["points"] if isinstance(section, dict) else None)
    drawn = np.random.default_rng(context.task.key.seed).random((points, 2))
    inside = (drawn**2).sum(axis=1) <= 1
    counts = np.unique(np.linspace(1, points, min(ROWS, points)).astype(np.int64))
    estimates = 4 * np.cumsum(inside)[counts - 1] / counts
    history = {"epoch": np.arange(1, len(counts) + 1), "points": counts, "estimate": estimates}
    return Outcome(
        metrics={"estimate": float(4 * inside.mean()), "points": points, "points_inside": int(inside.sum())},
        files={"history.parquet": table_bytes(history)},
    )
