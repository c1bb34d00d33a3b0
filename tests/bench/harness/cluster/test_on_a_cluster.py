"""Tasks on a real cluster: three workers with folders of their own, under TLS; killed, frozen, cut off, and judged."""

from __future__ import annotations

import asyncio
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("distributed", reason="the group cluster is not installed")

from bench.datasets.catalogue import Dataset, Sources
from bench.datasets.fashion.locate import dataset_of as locate_fashion
from bench.datasets.kitti.locate import dataset_of
from bench.harness import planner
from bench.harness.board import Board, job_of
from bench.harness.closure import closure_of
from bench.harness.cluster.executor import DaskExecutor
from bench.harness.cluster.parcel import Study
from bench.harness.cluster.trips import Patience
from bench.harness.environment import environment_class
from bench.harness.executor import Site, run_all
from bench.harness.local import local_executor
from bench.harness.planner import Planned
from bench.harness.profile import load_profile
from bench.harness.task import ON_CPU, Needs, Task
from bench.studies.assignment_2.config import StudyConfig
from store.errors import StudyError
from store.schema import Ingredients, TaskKey
from tests.bench.datasets.kitti.conftest import DataFolder, kitti_line
from tests.bench.harness.cluster.real_cluster import RealCluster, Worker, parent_of, real_cluster, send

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from bench.harness.worker import Event
    from store.records import Draft, Stored

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates"),
]
MODULE = "tests.bench.harness.stand_in"
STUDY = Study(name="assignment_2", config={})
HASTY = Patience(slot=90.0, silence=6.0, checkpoint=0.5)  # a worker needs seconds to start, on a busy machine many
WORKERS = 3
_POLL_S = 0.05


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealCluster]:
    """A scheduler and three workers, which a test that ends one starts again."""
    with real_cluster(tmp_path_factory.mktemp("cluster")) as made:
        made.start_scheduler()
        for number in range(WORKERS):
            made.start_worker(number)
        with closing(opened(made)) as executor:
            end = time.monotonic() + HASTY.slot
            while len(executor.slots()) < WORKERS:
                assert time.monotonic() < end, made.log("worker-0")
                executor.news(_POLL_S)
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
    """Wait for files of this pattern, two minutes at most."""
    end = time.monotonic() + 120
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


def test_news_that_come_late_are_told_before_the_end(
    cluster: RealCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events and results come by different ways: a run hears of a task's start and progress first, whichever is faster."""
    heard = DaskExecutor._heard

    def held_up(self: DaskExecutor, message: dict[str, Any]) -> None:
        asyncio.get_running_loop().call_later(1.0, heard, self, message)

    monkeypatch.setattr(DaskExecutor, "_heard", held_up)
    item = planned("late")
    _, listener = run(cluster, [item], tmp_path)
    assert [event.kind for event in listener.events if event.task_id == item.id] == ["start", "progress", "ok"]


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
    assert len(wait_until("marker.*.waits", tmp_path)) == 2  # a worker that is killed may take the news of a start with it
    assert (1 <= listener.starts(item) <= 2, listener.starts(other)) == (True, 1)


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
    done, _ = during(strike, cluster, [item, end], tmp_path / "store")
    assert {stored.record.status for stored in done.values()} == {"ok"}
    assert len([*tmp_path.glob("marker.*.waits")]) == 2  # the first one's news may have been frozen with it


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
        for number in range(WORKERS):
            cluster.start_worker(number)
        marker.touch()

    done, _ = during(strike, cluster, [item], tmp_path / "store", HASTY)
    assert (done[item.id].record.status, done[item.id].record.result.reason) == ("ok", "")


def test_another_environment_or_source_is_refused_with_both_values(cluster: RealCluster, tmp_path: Path) -> None:
    """A plan that was made with another numpy, or another module, finds no worker, and the error says why."""
    item = planned("a")
    environment = {**item.ingredients.environment, "python": "3.0"}
    other = replace(item, ingredients=item.ingredients.model_copy(update={"environment": environment}))
    here = item.ingredients.environment["python"]
    with pytest.raises(StudyError, match=rf"environment python is {here} there, the plan has 3\.0"):
        run(cluster, [other], tmp_path, replace(HASTY, slot=4.0))
    code = {**item.ingredients.code, "bench.harness.task": "0" * 64}
    other = replace(item, ingredients=item.ingredients.model_copy(update={"code": code}))
    with pytest.raises(StudyError, match=r"code bench\.harness\.task is [0-9a-f]{12} there, the plan has 000000000000"):
        run(cluster, [other], tmp_path, replace(HASTY, slot=4.0))


def test_a_gpu_that_nobody_offers_is_an_error_after_the_stated_wait(cluster: RealCluster, tmp_path: Path) -> None:
    """A task is not left waiting for ever."""
    item = planned("train")
    environment = {**item.ingredients.environment, "device": "cuda:Card"}
    on_gpu = replace(
        item,
        task=replace(item.task, needs=Needs()),
        ingredients=item.ingredients.model_copy(update={"environment": environment}),
    )
    with pytest.raises(StudyError, match=r"no slot suits stand-in/train/seed-0 \(a GPU and 1024 MB\): waited 4 s"):
        run(cluster, [on_gpu], tmp_path, replace(HASTY, slot=4.0))


def test_a_worker_that_may_have_no_children_is_refused_with_the_cure(tmp_path: Path) -> None:
    """A detector's trainer could not be started there."""
    with real_cluster(tmp_path / "other") as other:
        other.start_scheduler()
        other.start_worker(0, DASK_DISTRIBUTED__WORKER__DAEMON="True")
        with pytest.raises(StudyError, match="DASK_DISTRIBUTED__WORKER__DAEMON=False"):
            run(other, [planned("a")], tmp_path / "store", replace(HASTY, slot=30.0))


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


def detection_study() -> StudyConfig:
    """Of KITTI's first images."""
    return StudyConfig.model_validate({"detection": {"dataset": "kitti", "images": 3}})


@pytest.fixture
def street(tmp_path: Path) -> Dataset:
    """Three labelled images in a data folder of the caller alone."""
    images = DataFolder(tmp_path / "data" / "kitti", "training/image_2", "training/label_2")
    for number in range(WORKERS):
        images.add(f"{number:06d}", kitti_line())
    return dataset_of(detection_study().detection, Sources(tmp_path / "data", tmp_path / "cache", offline=True))


@pytest.mark.parametrize("allowed", ["refused", "flag", "licence"])
def test_a_data_set_travels_only_where_that_is_allowed(
    allowed: str, cluster: RealCluster, street: Dataset, tmp_path: Path
) -> None:
    """Without a flag KITTI stays at home, with the cure; a data set that is free to copy is sent, and only once to a worker."""
    if allowed == "licence":
        names = tuple(str(path.relative_to(street.folder)) for path in street.folder.rglob("*.*"))
        street = replace(street, copied=names)
    bare = planned(f"reads-{allowed}")
    inputs = {street.name: street.digest}
    ingredients = bare.ingredients.model_copy(update={"inputs": inputs})
    task = replace(bare.task, inputs=(street.name,))
    item = replace(bare, task=task, ingredients=ingredients, fingerprint=ingredients.fingerprint(task.key))
    study = Study(name="assignment_2", config=detection_study().model_dump(mode="json"))
    opener = partial(opened, cluster, replace(HASTY, slot=8.0), study, send_data=allowed == "flag")
    site = Site(tmp_path / "store", 1, {street.name: street}, opener)
    if allowed == "refused":
        with pytest.raises(StudyError, match=r"lacks the data set kitti.*--send-data"):
            run_all([item], site, Listener())
        return
    done = run_all([item], site, Listener())
    assert done[item.id].record.status == "ok"
    assert list(cluster.base.glob(f"worker-*/**/sent/{street.digest}/kitti/training/image_2/000002.png"))


def test_a_training_whose_machine_is_lost_goes_on_elsewhere_with_the_same_bits(cluster: RealCluster, tmp_path: Path) -> None:
    """Its checkpoint came home; on another machine the training goes on from there, and ends as the undisturbed one."""
    profile = load_profile("quick", ["autoencoder.epochs=16"], seeds=(0,), parts=["autoencoders"])
    found = {"fashion-mnist": locate_fashion("sample", Sources(None, tmp_path / "cache", offline=True))}
    plan = planner.plan(profile.config, found, tmp_path / "there")
    item = next(one for one in plan if one.id == "autoencoder/ae/seed-0")
    study = Study(name="assignment_2", config=profile.config.model_dump(mode="json"))
    listener = Listener()

    def strike() -> None:
        wait_until("there/cache/scratch/*/checkpoint.safetensors", tmp_path)
        busy = next(number for number, worker in cluster.workers.items() if _trains(worker))
        cluster.kill_worker(busy)
        cluster.start_worker(busy)

    with ThreadPoolExecutor(1) as pool:
        acting = pool.submit(strike)
        there = run_all([item], Site(tmp_path / "there", 1, found, partial(opened, cluster, HASTY, study)), listener)
        acting.result(60)
    here = run_all([item], Site(tmp_path / "here", 1, found, partial(local_executor, "cpu", 1, 1)), lambda _event: None)
    assert digests(there) == digests(here)
    starts = [number for number, event in enumerate(listener.events) if event.kind == "start"]
    assert len(starts) == 2
    assert listener.events[starts[1] + 1].step > 1


def _trains(worker: Worker) -> bool:
    """Whether the worker has a scratch folder in which something was written."""
    return any((worker.base / "work").glob("**/scratch/*/checkpoint.safetensors")) or any(
        worker.base.glob("**/scratch/*/checkpoint.safetensors")
    )
