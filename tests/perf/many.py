"""A study of thousands of tasks whose records all stand, for measures of what a large store costs."""

from __future__ import annotations

import argparse
import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from bench.__main__ import COLLECTING
from bench.harness import invocation, planner
from bench.harness.profile import Profile
from bench.harness.task import ON_CPU, Task
from bench.studies.assignment_2.config import StudyConfig
from store.records import Draft, commit
from store.schema import Execution, Result, TaskKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SEEDS = 10
FILES = 4
MODULE = "bench.studies.assignment_2.experiments.architecture"
EXECUTION = Execution(
    started_at="2026-01-01T00:00:00+00:00",
    duration_s=1.0,
    peak_memory_bytes=1,
    machine={},
    packages={f"package-{number}": "1.0.0" for number in range(80)},
    git_commit=None,
    git_dirty=None,
)


def task(number: int) -> Task:
    """One of many groups of ten tasks; all but the first of ten read the first one's record."""
    variant, seed = f"v{number // SEEDS}", number % SEEDS
    upstream = (f"stand-in/{variant}/seed-0",) if seed else ()
    return Task(TaskKey(experiment="stand-in", variant=variant, seed=seed), MODULE, {"n": number}, (), upstream, ON_CPU)


@contextmanager
def study(size: int) -> Iterator[StudyConfig]:
    """Within the block, the study consists of so many of these tasks."""
    config = StudyConfig()
    tasks = tuple(task(number) for number in range(size))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planner, "tasks_of", lambda _config: tasks)
        patch.setattr(invocation, "load_profile", lambda *_a, **_k: Profile("many", config))
        before = gc.get_threshold()
        gc.set_threshold(*COLLECTING)  # as the program does
        try:
            yield config
        finally:
            gc.set_threshold(*before)


def options(root: Path) -> argparse.Namespace:
    """What the command line gives for a run of it."""
    empty = dict.fromkeys(("seeds", "parts", "question", "study", "device", "data", "weights", "scheduler", "jobs"))
    named = {"artifacts": root, "offline": True, "profile": "many", "overrides": [], "strict": False, "executor": "local"}
    return argparse.Namespace(**{**empty, **named})


def fill(root: Path, size: int) -> None:
    """Write the records of all tasks."""
    with study(size) as config:
        digests: dict[str, str] = {}
        for item in planner.plan(config, {}, root):
            metrics = {f"metric_{number}": number / 7 for number in range(8)}
            upstream = {name: digests[name] for name in item.task.upstream}
            result = Result(status="ok", metrics=metrics, upstream_results=upstream)
            files = {f"file-{number}.bin": item.id.encode() * 100 for number in range(FILES)}
            draft = Draft(item.task.key, item.ingredients, result, files, EXECUTION)
            digests[item.id] = commit(root, draft).record.result_digest


def planned(root: Path, size: int) -> int:
    """Plan the study; how many of its tasks have to run."""
    with study(size):
        left = invocation.plan_facts(options(root))["to_run"]
    assert isinstance(left, int)
    return left
