"""Tasks on a real cluster: three workers with folders of their own, under TLS; killed, frozen, cut off, and judged."""

from __future__ import annotations

import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("distributed", reason="the group cluster is not installed")

from bench.harness.board import Board, job_of
from bench.harness.closure import closure_of
from bench.harness.cluster.executor import DaskExecutor, Patience
from bench.harness.cluster.parcel import Study
from bench.harness.environment import environment_class
from bench.harness.executor import Site, run_all
from bench.harness.local import local_executor
from bench.harness.planner import Planned
from bench.harness.task import ON_CPU, Needs, Task
from store.errors import StudyError
from store.schema import Ingredients, TaskKey
from tests.bench.harness.cluster.real_cluster import RealCluster, parent_of, real_cluster, send

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from bench.harness.worker import Event
    from store.records import Draft, Stored

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates"),
]
MODULE = "tests.bench.harness.stand_in"
STUDY = Study(name="assignment_2", config={})
HASTY = Patience(slot=5.0, silence=6.0, checkpoint=0.5)
_POLL_S = 0.05


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealCluster]:
    """A scheduler and three workers, which a test that ends one starts again."""
    with real_cluster(tmp_path_factory.mktemp("cluster")) as made:
        made.start_scheduler()
        for number in range(3):
            made.start_worker(number)
        yield made


def planned(variant: str, behaviour: str = "ok", *, upstream: Sequence[Planned] = (), **config: str) -> Planned:
    """A stand-in task, planned on this machine."""
    names = tuple(item.id for item in upstream)
    key = TaskKey(experiment="stand-in", variant=variant, seed=0)
    task = Task(key, MODULE, {"behaviour": behaviour, **config}, (), names, ON_CPU)
    closure = closure_of(MODULE)
    ingredients = Ingredients(
        config=dict(task.config),
        code=closure.code,
        inputs={},
        upstream={item.id: item.fingerprint for item in upstream},
        environment=environment_class("cpu", 1, closure.libraries),
    )
    return Planned(task, ingredients, ingredients.fingerprint(task.key), "run", "new")


def opened(cluster: RealCluster, patience: Patience = HASTY, study: Study = STUDY, *, send_data: bool = False) -> DaskExecutor:
    """An executor that is connected to the cluster."""
    executor = DaskExecutor(cluster.access, study, patience, send_data=send_data)
    executor.connect()
    return executor


@dataclass(slots=True)
class Listener:
    """Keeps the events, and does something at the first one of a task and kind."""

    events: list[Event] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        """Keep it."""
        self.events.append(event)

    def starts(self, item: Planned) -> int:
        """How often the task was started."""
        return sum(event.kind == "start" and event.task_id == item.id for event in self.events)


def run(
    cluster: RealCluster, items: Sequence[Planned], root: Path, patience: Patience = HASTY
) -> tuple[dict[str, Stored], Listener]:
    """Run the tasks on the cluster."""
    listener = Listener()
    return run_all(items, Site(root, 1, {}, partial(opened, cluster, patience)), listener), listener


def digests(done: dict[str, Stored]) -> dict[str, str]:
    """The result digest of each task."""
    return {name: stored.record.result_digest for name, stored in done.items()}


def wait_until(path_pattern: str, folder: Path) -> list[Path]:
    """Wait for files of this pattern, half a minute at most."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        found = sorted(folder.glob(path_pattern))
        if found:
            return found
        time.sleep(_POLL_S)
    raise TimeoutError(f"no {path_pattern} in {folder}")


def test_a_cluster_gives_the_results_of_this_machine(cluster: RealCluster, tmp_path: Path) -> None:
    """Records, files and failures are the same, upstream files arrive where they were not made, and nothing is pickled home."""
    first = [planned(f"a{number}") for number in range(4)]
    items = [*first, *(planned(f"b{number}", upstream=first[:2]) for number in range(4)), planned("bad", "fail")]
    there, listener = run(cluster, items, tmp_path / "cluster")
    here = run_all(items, Site(tmp_path / "here", 1, {}, partial(local_executor, "cpu", 1, 2)), lambda _event: None)
    good = {item.id for item in items[:-1]}
    assert {name: digest for name, digest in digests(there).items() if name in good} == {
        name: digest for name, digest in digests(here).items() if name in good
    }
    assert there[items[-1].id].record.result.reason == "RuntimeError: boom"
    assert [event.kind for event in listener.events if event.task_id == first[0].id] == ["start", "progress", "ok"]


def test_a_record_names_the_machine_that_computed_it(cluster: RealCluster, tmp_path: Path) -> None:
    """Packages and commit are the worker's own measurement."""
    item = planned("measured")
    execution = run(cluster, [item], tmp_path)[0][item.id].record.execution
    assert execution.packages["distributed"]
    assert execution.machine["device"] == "cpu"
    assert execution.peak_memory_bytes > 0


@pytest.mark.parametrize("victim", ["task", "worker", "machine"])
def test_a_killed_process_costs_a_second_attempt(victim: str, cluster: RealCluster, tmp_path: Path) -> None:
    """The task's own process, the worker that watches it, or its whole machine: it runs again, and its neighbour just once."""
    marker, item, other = tmp_path / "marker", planned("unused"), planned("neighbour")
    item = planned("victim", "wait for", marker=str(marker))

    def strike() -> None:
        (told,) = wait_until("marker.*.waits", tmp_path)
        pid = int(told.name.split(".")[1])
        worker = next(worker for worker in cluster.workers.values() if pid in worker.processes)
        if victim == "task":
            send(pid, signal.SIGKILL)
        elif victim == "worker":
            send(parent_of(pid), signal.SIGKILL)
        else:
            cluster.kill_worker(worker.number)
            cluster.start_worker(worker.number)
        marker.touch()

    done, listener = during(strike, cluster, [item, other], tmp_path / "store")
    assert {stored.record.status for stored in done.values()} == {"ok"}
    assert (listener.starts(item), listener.starts(other)) == (2, 1)


def during(
    action: Callable[[], None], cluster: RealCluster, items: Sequence[Planned], root: Path, patience: Patience = HASTY
) -> tuple[dict[str, Stored], Listener]:
    """Run the tasks while the action is under way in a thread, whose failure is this test's."""
    with ThreadPoolExecutor(1) as pool:
        acting = pool.submit(action)
        found = run(cluster, items, root, patience)
        acting.result(60)
    return found


def test_a_frozen_worker_is_passed_over_and_its_late_twin_compared(
    cluster: RealCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped in its tracks, it loses its task to another one; thawed, what it brings has the same digest: no error."""
    marker, last = tmp_path / "marker", tmp_path / "last"
    item, end = planned("victim", "wait for", marker=str(marker)), planned("end", "wait for", marker=str(last))

    def strike() -> None:
        frozen = int(wait_until("marker.*.waits", tmp_path)[0].name.split(".")[1])
        worker = next(worker for worker in cluster.workers.values() if frozen in worker.processes)
        for pid in worker.processes:
            send(pid, signal.SIGSTOP)
        while len(wait_until("marker.*.waits", tmp_path)) == 1:
            time.sleep(_POLL_S)
        marker.touch()
        wait_until("store/records/stand-in/victim/seed-0/*/record.json", tmp_path)
        for pid in worker.processes:
            send(pid, signal.SIGCONT)
        wait_until("late", tmp_path)
        last.touch()

    compare = Board._compare

    def compared(board: Board, twin: Planned, draft: Draft) -> None:
        compare(board, twin, draft)
        (tmp_path / "late").touch()

    monkeypatch.setattr(Board, "_compare", compared)
    done, listener = during(strike, cluster, [item, end], tmp_path / "store")
    assert {stored.record.status for stored in done.values()} == {"ok"}
    assert listener.starts(item) == 2


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # distributed drops a socket it failed to connect
def test_a_scheduler_that_is_started_again_goes_on(cluster: RealCluster, tmp_path: Path) -> None:
    """The run says that it waits, workers come back by themselves or are started again, and no task is blamed."""
    marker = tmp_path / "marker"
    item = planned("patient", "wait for", marker=str(marker))

    def strike() -> None:
        wait_until("marker.*.waits", tmp_path)
        cluster.kill_scheduler()
        for number in list(cluster.workers):
            cluster.kill_worker(number)
        cluster.start_scheduler()
        for number in range(3):
            cluster.start_worker(number)
        marker.touch()

    done, _ = during(strike, cluster, [item], tmp_path / "store", replace(HASTY, slot=60.0))
    assert done[item.id].record.status == "ok"


def test_another_environment_or_source_is_refused_with_both_values(cluster: RealCluster, tmp_path: Path) -> None:
    """A plan that was made with another numpy, or another module, finds no worker, and the error says why."""
    item = planned("a")
    environment = {**item.ingredients.environment, "python": "3.0"}
    other = replace(item, ingredients=item.ingredients.model_copy(update={"environment": environment}))
    here = item.ingredients.environment["python"]
    with pytest.raises(StudyError, match=rf"environment python is {here} there, the plan has 3\.0"):
        run(cluster, [other], tmp_path, replace(HASTY, slot=1.0))
    code = {**item.ingredients.code, "bench.harness.task": "0" * 64}
    other = replace(item, ingredients=item.ingredients.model_copy(update={"code": code}))
    with pytest.raises(StudyError, match=r"code bench\.harness\.task is [0-9a-f]{12} there, the plan has 000000000000"):
        run(cluster, [other], tmp_path, replace(HASTY, slot=1.0))


def test_a_gpu_that_nobody_offers_is_an_error_after_the_stated_wait(cluster: RealCluster, tmp_path: Path) -> None:
    """A task is not left waiting for ever."""
    item = planned("train")
    environment = {**item.ingredients.environment, "device": "cuda:Card"}
    on_gpu = replace(
        item,
        task=replace(item.task, needs=Needs()),
        ingredients=item.ingredients.model_copy(update={"environment": environment}),
    )
    with pytest.raises(StudyError, match=r"no slot suits stand-in/train/seed-0 \(a GPU and 1024 MB\): waited 1 s"):
        run(cluster, [on_gpu], tmp_path, replace(HASTY, slot=1.0))


def test_a_worker_that_may_have_no_children_is_refused_with_the_cure(tmp_path: Path) -> None:
    """A detector's trainer could not be started there."""
    with real_cluster(tmp_path / "other") as other:
        other.start_scheduler()
        other.start_worker(0, DASK_DISTRIBUTED__WORKER__DAEMON="True")
        with pytest.raises(StudyError, match="DASK_DISTRIBUTED__WORKER__DAEMON=False"):
            run(other, [planned("a")], tmp_path / "store", replace(HASTY, slot=15.0))


def test_an_interrupted_run_leaves_no_process_of_a_task(cluster: RealCluster, tmp_path: Path) -> None:
    """Closing the executor, as Ctrl-C does, ends what runs on the workers."""
    item = planned("long", "wait for", marker=str(tmp_path / "never"))
    executor = opened(cluster)
    board = Board([item], Site(tmp_path / "store", 1, {}, lambda: executor), lambda _event: None)
    job = job_of(board, item)
    while not any(executor.suits(job, slot) for slot in executor.slots()):
        executor.news(0.1)
    executor.start(job, next(slot for slot in executor.slots() if executor.suits(job, slot)))
    (told,) = wait_until("never.*.waits", tmp_path)
    executor.close()
    end = time.monotonic() + 20
    while (tmp_path / told.name).exists() and _lives(int(told.name.split(".")[1])):
        assert time.monotonic() < end
        time.sleep(_POLL_S)


def _lives(pid: int) -> bool:
    return send(pid, 0)
