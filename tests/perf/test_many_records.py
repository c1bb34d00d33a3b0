"""Ten thousand tasks whose records all stand: how long it takes to plan them, to say how they are, and to run nothing."""

from __future__ import annotations

import argparse
import io
import os
from typing import TYPE_CHECKING

import pytest

from bench.harness import invocation, planner, status
from bench.harness.profile import Profile
from bench.harness.task import ON_CPU, Task
from bench.studies.assignment_2.config import StudyConfig
from store.records import Draft, commit
from store.schema import Execution, Result, TaskKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

RECORDS = 10_000
SEEDS = 10
FILES = 4
GOAL_S = 3.0
MODULE = "bench.studies.assignment_2.experiments.architecture"


def task(number: int) -> Task:
    """One of a hundred groups of tasks; all but the first of ten read the first one's record."""
    variant, seed = f"v{number // SEEDS}", number % SEEDS
    upstream = (f"stand-in/{variant}/seed-0",) if seed else ()
    return Task(TaskKey(experiment="stand-in", variant=variant, seed=seed), MODULE, {"n": number}, (), upstream, ON_CPU)


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Iterator[argparse.Namespace]:
    """A store with the records of all tasks, and a study that consists of these."""
    root = tmp_path_factory.mktemp("store")
    config = StudyConfig()
    with pytest.MonkeyPatch.context() as patch:
        tasks = tuple(task(number) for number in range(RECORDS))
        patch.setattr(planner, "tasks_of", lambda _config: tasks)
        patch.setattr(invocation, "load_profile", lambda *_a, **_k: Profile("many", config))
        with pytest.MonkeyPatch.context() as hasty:
            hasty.setattr(os, "fsync", lambda _handle: None)  # the store is thrown away
            _fill(root, config)
        yield argparse.Namespace(
            **dict.fromkeys(("seeds", "parts", "question", "study", "device", "data", "weights", "scheduler", "jobs")),
            artifacts=root,
            offline=True,
            profile="many",
            overrides=[],
            strict=False,
            executor="local",
        )


def _fill(root: Path, config: StudyConfig) -> None:
    execution = Execution(
        started_at="2026-01-01T00:00:00+00:00",
        duration_s=1.0,
        peak_memory_bytes=1,
        machine={},
        packages={f"package-{number}": "1.0.0" for number in range(80)},
        git_commit=None,
        git_dirty=None,
    )
    digests: dict[str, str] = {}
    for item in planner.plan(config, {}, root):
        metrics = {f"metric_{number}": number / 7 for number in range(8)}
        upstream = {name: digests[name] for name in item.task.upstream}
        result = Result(status="ok", metrics=metrics, upstream_results=upstream)
        files = {f"file-{number}.bin": item.id.encode() * 100 for number in range(FILES)}
        digests[item.id] = commit(root, Draft(item.task.key, item.ingredients, result, files, execution)).record.result_digest


def test_a_plan_of_ten_thousand_records(benchmark: BenchmarkFixture, options: argparse.Namespace) -> None:
    """Each manifest is read and each file compared with its digest."""
    facts = benchmark.pedantic(invocation.plan_facts, args=(options,), rounds=1)
    assert facts["to_run"] == 0
    benchmark.extra_info["goal_s"] = GOAL_S


def test_a_run_of_ten_thousand_records_with_nothing_to_do(benchmark: BenchmarkFixture, options: argparse.Namespace) -> None:
    """Plan, compare with the manifest, say so."""
    facts = invocation.run(options, io.StringIO())
    assert facts["reused"] == RECORDS
    benchmark.pedantic(invocation.run, args=(options, io.StringIO()), rounds=1)
    benchmark.extra_info["goal_s"] = GOAL_S


def test_the_status_of_ten_thousand_records(benchmark: BenchmarkFixture, options: argparse.Namespace) -> None:
    """Each record's status, and whether it is stale."""
    invocation.run(options, io.StringIO())
    facts = benchmark.pedantic(status.status_facts, args=(options.artifacts, None, options), rounds=1)
    assert isinstance(facts["tasks"], list)
    assert len(facts["tasks"]) == RECORDS
    benchmark.extra_info["goal_s"] = GOAL_S
