"""What a task costs besides its computing, here and on a cluster, and how much more 1 to 8 workers do of tasks that sleep."""

from __future__ import annotations

import shutil
import time
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, cast

import pytest

from bench.harness.closure import closure_of
from bench.harness.environment import environment_class
from bench.harness.executor import Site, run_all
from bench.harness.local import local_executor
from bench.harness.planner import Planned
from bench.harness.task import ON_CPU, Task
from store.schema import Ingredients, TaskKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

    from bench.harness.slots import Executor
    from tests.bench.harness.cluster.real_cluster import RealCluster

MODULE = "tests.bench.harness.stand_in"
FEW, MANY = 8, 40
MOST_WORKERS = 8
SLEEP_S = 0.5
NAPS = 4  # that each worker takes
GOAL_S = {"local": 0.05, "dask": 0.2}


def tasks(count: int, behaviour: str = "ok", **config: str) -> list[Planned]:
    """So many stand-in tasks."""
    closure = closure_of(MODULE)
    environment = environment_class("cpu", 1, closure.libraries)
    found = []
    for number in range(count):
        settings = {"behaviour": behaviour, **config}
        task = Task(TaskKey(experiment="stand-in", variant=f"n{number}", seed=0), MODULE, settings, needs=ON_CPU)
        ingredients = Ingredients(config=settings, code=closure.code, inputs={}, upstream={}, environment=environment)
        found.append(Planned(task, ingredients, ingredients.fingerprint(task.key), "run", "new"))
    return found


def seconds(items: list[Planned], root: Path, executor: Executor, jobs: int) -> float:
    """How long a run of these takes on an executor that stays open."""
    begin = time.perf_counter()
    done = run_all(items, Site(root, 1, {}, lambda: cast("Executor", _Kept(executor)), jobs), lambda _event: None)
    taken = time.perf_counter() - begin
    assert {stored.record.status for stored in done.values()} == {"ok"}
    return taken


class _Kept:
    """An executor that another run will use after this one."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def __getattr__(self, name: str) -> object:
        """Everything but closing."""
        return getattr(self._executor, name)

    def close(self) -> None:
        """Later."""


@pytest.fixture
def lone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealCluster]:
    """One worker under TLS: seven idle ones would take from it what two cores have."""
    yield from _cluster(tmp_path_factory, 1)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealCluster]:
    """Eight workers under TLS."""
    yield from _cluster(tmp_path_factory, MOST_WORKERS)


def _cluster(tmp_path_factory: pytest.TempPathFactory, workers: int) -> Iterator[RealCluster]:
    pytest.importorskip("distributed", reason="the group cluster is not installed")
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificates")
    from tests.bench.harness.cluster.real_cluster import real_cluster

    with real_cluster(tmp_path_factory.mktemp("cluster")) as made:
        made.start_scheduler()
        for number in range(workers):
            made.start_worker(number)
        yield made


def opener_of(kind: str, workers: int, request: pytest.FixtureRequest, name: str = "cluster") -> Callable[[], Executor]:
    """Opens an executor of this kind that has all its workers; ``name`` is the fixture of its cluster."""
    if kind == "local":
        return partial(local_executor, "cpu", 1, workers)
    from bench.harness.cluster.executor import DaskExecutor
    from bench.harness.cluster.parcel import Study
    from bench.harness.cluster.trips import Patience

    cluster: RealCluster = request.getfixturevalue(name)

    def opened() -> Executor:
        executor = DaskExecutor(cluster.access, Study(name="assignment_2", config={}), Patience(), send_data=False)
        executor.connect()
        while len(executor.slots()) < len(cluster.workers):
            executor.news(0.1)
        return executor

    return opened


@pytest.mark.parametrize("kind", ["local", "dask"])
def test_a_task_costs_little_beside_its_computing(
    kind: str, benchmark: BenchmarkFixture, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Empty tasks one after the other: what each one more costs, its record on the disk included."""
    with closing(opener_of(kind, 1, request, "lone")()) as executor:
        seconds(tasks(FEW), tmp_path / "warm", executor, 1)
        taken = benchmark.pedantic(seconds, args=(tasks(MANY), tmp_path / "many", executor, 1), rounds=1)
    benchmark.extra_info["per_task_s"] = taken / MANY
    benchmark.extra_info["goal_s"] = GOAL_S[kind]


@pytest.mark.parametrize("workers", [1, 2, 4, 8])
@pytest.mark.parametrize("kind", ["local", "dask"])
def test_more_workers_do_more_at_a_time(
    kind: str, workers: int, benchmark: BenchmarkFixture, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Tasks that sleep need no processor: what is missing to ``workers`` times one worker's pace is what the harness costs."""
    items = tasks(workers * NAPS, "sleep", seconds=str(SLEEP_S))
    with closing(opener_of(kind, workers, request)()) as executor:
        seconds(items, tmp_path / "warm", executor, workers)
        taken = benchmark.pedantic(seconds, args=(items, tmp_path / "store", executor, workers), rounds=1)
    benchmark.extra_info["tasks_per_s"] = len(items) / taken
    benchmark.extra_info["share_of_ideal"] = NAPS * SLEEP_S / taken
