"""What it costs that a result can be trusted: the quick profile's tasks with and without checkpoints and digests."""

from __future__ import annotations

import importlib
import os
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from bench.datasets.catalogue import Sources
from bench.datasets.fashion.locate import dataset_of
from bench.harness import planner
from bench.harness.profile import load_profile
from bench.harness.task import Context
from bench.harness.worker import Job, execute
from bench.studies.assignment_2.config import StudyConfig
from bench.training import loop
from bench.training.chain import Chain
from store.records import commit, folder_of, load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

    from bench.harness.planner import Planned
    from store.records import Stored

TRAININGS = ("autoencoder", "classifier")
TURNS = 2


def jobs_of(root: Path) -> tuple[list[Planned], dict[str, Job]]:
    """The first part's tasks of the quick profile, one seed, and their jobs without upstream."""
    profile = load_profile("quick", [], seeds=(0,), parts=["autoencoders"])
    config = profile.config
    assert isinstance(config, StudyConfig)
    found = {"fashion-mnist": dataset_of(config.dataset.source, Sources(None, root / "cache", offline=True))}
    planned = list(planner.plan(profile.config, found, root))
    jobs = {}
    for item in planned:
        read = {name: found[name] for name in item.task.inputs}
        jobs[item.id] = Job(item.task, item.ingredients, "cpu", 1, read, {}, root / "scratch")
    return planned, jobs


def bare(job: Job, scratch: Path) -> None:
    """The experiment alone: nothing is hashed, nothing is written."""
    data = {name: dataset.folder for name, dataset in job.datasets.items()}
    context = Context(job.task, job.device, job.threads, data, job.upstream, scratch, lambda *_a, **_k: None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "save", lambda *_: None)
        patch.setattr(loop, "_link", lambda *_: None)
        patch.setattr(Chain, "files", lambda _: {})
        importlib.import_module(job.task.module).run(context)


def guarded(job: Job, root: Path) -> None:
    """As a run does it: data and source before and after, a checkpoint and a link an epoch, and a record on the disk."""
    commit(root, execute(job))


def cost_s(step: Callable[[], object]) -> float:
    """Seconds of computing, and of waiting for the disk: on a machine that others use, the clock measures the others."""
    waited = 0.0
    real = os.fsync

    def watched(handle: int) -> None:
        nonlocal waited
        begin = time.perf_counter()
        real(handle)
        waited += time.perf_counter() - begin

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", watched)
        begin = time.process_time()
        step()
        return time.process_time() - begin + waited


def test_quick_tasks_beside_the_same_unguarded(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Task by task in turns, each side first in every other one; the cheapest turn of each task counts on both sides."""
    planned, jobs = jobs_of(tmp_path)
    seconds: dict[str, dict[str, list[float]]] = {side: {item.id: [] for item in planned} for side in ("here", "bare")}
    stored: dict[str, Stored] = {}

    def turn(number: int) -> None:
        for item in planned:
            upstream = {name: stored[name] for name in item.task.upstream}
            folder = tmp_path / f"turn-{number}"
            job = replace(jobs[item.id], upstream=upstream, scratch=folder / item.id)
            for side in ("bare", "here") if number % 2 else ("here", "bare"):
                step = partial(guarded if side == "here" else bare, job, folder)
                seconds[side][item.id].append(cost_s(step))
            stored[item.id] = load(folder_of(folder, job.task.key, item.fingerprint))

    turn(0)  # loads torch and all else that comes once
    for found in seconds.values():
        for name in found:
            found[name].clear()
    for number in range(1, TURNS):
        turn(number)
    benchmark.pedantic(turn, args=(TURNS,), rounds=1)
    assert [one.record.result.reason for one in stored.values() if one.record.status != "ok"] == []
    cheapest = {side: {name: min(times) for name, times in found.items()} for side, found in seconds.items()}
    here, without = (sum(cheapest[side].values()) for side in ("here", "bare"))
    trained = [item.id for item in planned if item.task.key.experiment in TRAININGS]
    trainings = {side: sum(found[name] for name in trained) for side, found in cheapest.items()}
    benchmark.extra_info |= {"here_s": here, "unguarded_s": without, "trainings_s": trainings, "tasks_s": cheapest}
    benchmark.extra_info["other_over_here"] = without / here
