"""Planner and executor on stand-in tasks: reuse, reasons, isolation of failures, killed workers, changed data."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.datasets.catalogue import Dataset, Sources
from bench.datasets.fashion.integrity import digest_of
from bench.datasets.fashion.locate import dataset_of
from bench.harness import board, planner, worker
from bench.harness.closure import Closure, closure_of
from bench.harness.executor import Site, run_all
from bench.harness.local import LocalExecutor, local_executor
from bench.harness.task import Task
from bench.harness.worker import Event, Job
from bench.studies.assignment_2.config import StudyConfig
from store.canonical import digest_bytes, digest_file
from store.records import commit
from store.schema import TaskKey

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.harness.local import _Worker
    from bench.harness.planner import Planned
    from store.records import Draft, Stored

CONFIG = StudyConfig.model_validate({"dataset": {"source": "sample"}})


def task(variant: str, behaviour: str = "ok", *, upstream: Sequence[str] = (), **config: str) -> Task:
    """A stand-in task named after its variant."""
    key = TaskKey(experiment="stand-in", variant=variant, seed=0)
    return Task(key, "tests.bench.harness.stand_in", {"behaviour": behaviour, **config}, ("fashion-mnist",), tuple(upstream))


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    """A private copy of the embedded sample, which a test may damage."""
    found = dataset_of("sample", Sources(None, tmp_path / "cache", offline=True))
    folder = Path(shutil.copytree(found.folder, tmp_path / "data"))
    return Dataset(found.name, folder, found.digest, partial(digest_of, folder, "sample"))


def plan(tasks: Sequence[Task], root: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> tuple[Planned, ...]:
    """Plan these tasks in place of the real experiments."""
    monkeypatch.setattr(planner, "tasks_of", lambda _config: tuple(tasks))
    return planner.plan(CONFIG, {data.name: data}, root)


def run(planned: Sequence[Planned], root: Path, data: Dataset, jobs: int = 1) -> tuple[dict[str, Stored], list[Event]]:
    """Run a plan and collect its events."""
    events: list[Event] = []
    site = Site(root, 1, {data.name: data}, lambda: local_executor("cpu", 1, jobs), jobs)
    return run_all(planned, site, events.append), events


def test_finished_work_is_reused(tmp_path: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second plan of the same study has nothing to run, and downstream sees upstream's record."""
    tasks = [task("a"), task("b", upstream=["stand-in/a/seed-0"])]
    first = plan(tasks, tmp_path, data, monkeypatch)
    assert [(item.action, item.reason) for item in first] == [("run", "new"), ("run", "new")]
    done, events = run(first, tmp_path, data)
    assert {name: stored.record.result.metrics["value"] for name, stored in done.items()} == {
        "stand-in/a/seed-0": 1,
        "stand-in/b/seed-0": 2,
    }
    assert [event.kind for event in events if event.task_id == "stand-in/a/seed-0"] == ["start", "progress", "ok"]
    assert [item.action for item in plan(tasks, tmp_path, data, monkeypatch)] == ["reuse", "reuse"]


def test_source_is_read_once_a_plan(tmp_path: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source edited meanwhile gives no mixture, and 200 tasks do not look up the same modules 200 times."""
    asked: list[str] = []

    def counted(module: str) -> Closure:
        asked.append(module)
        return closure_of(module)

    monkeypatch.setattr(planner, "closure_of", counted)
    plan([task("a"), task("b")], tmp_path, data, monkeypatch)
    assert asked == ["tests.bench.harness.stand_in"]


def test_reason_names_what_changed(tmp_path: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """Config, data and environment changes are told apart, with old and new value."""
    run(plan([task("a", size="1")], tmp_path, data, monkeypatch), tmp_path, data)
    (changed,) = plan([task("a", size="2")], tmp_path, data, monkeypatch)
    assert changed.reason == "config changed: size 1 -> 2"
    other = replace(data, digest="0" * 64)
    (moved,) = plan([task("a", size="1")], tmp_path, other, monkeypatch)
    assert moved.reason == "data changed: fashion-mnist"
    monkeypatch.setattr("bench.harness.planner.environment_class", lambda *_args: {"python": "9.9"})
    (elsewhere,) = plan([task("a", size="1")], tmp_path, data, monkeypatch)
    assert "environment changed: python" in elsewhere.reason


def test_damaged_record_is_computed_again(tmp_path: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flipped byte costs a re-run of that task, with the reason, and ends with a sound record."""
    tasks = [task("a")]
    done, _ = run(plan(tasks, tmp_path, data, monkeypatch), tmp_path, data)
    (done["stand-in/a/seed-0"].folder / "value.txt").write_bytes(b"2")
    (again,) = plan(tasks, tmp_path, data, monkeypatch)
    assert again.action == "run"
    assert "damaged" in again.reason
    run([again], tmp_path, data)
    assert [item.action for item in plan(tasks, tmp_path, data, monkeypatch)] == ["reuse"]


def test_one_failure_costs_only_its_dependants(tmp_path: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """The failure keeps its traceback, dependants are skipped with the reason, the rest is done."""
    tasks = [
        task("bad", "fail"),
        task("lost", upstream=["stand-in/bad/seed-0"]),
        task("later", upstream=["stand-in/lost/seed-0"]),
        task("good"),
    ]
    done, _ = run(plan(tasks, tmp_path, data, monkeypatch), tmp_path, data, jobs=2)
    status = {stored.record.task.variant: stored.record.status for stored in done.values()}
    assert status == {"bad": "failed", "lost": "skipped", "later": "skipped", "good": "ok"}
    failed = done["stand-in/bad/seed-0"]
    assert failed.record.result.reason == "RuntimeError: boom"
    assert "stand_in.py" in failed.file("traceback.txt").read_text()
    assert done["stand-in/lost/seed-0"].record.result.reason == "upstream stand-in/bad/seed-0 failed"
    again = plan(tasks, tmp_path, data, monkeypatch)
    assert [item.task.key.variant for item in again if item.action == "run"] == ["bad", "lost", "later"]


def test_diverged_task_is_data_and_not_repeated(tmp_path: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """A diverged training has a record that says so; the same fingerprint would only diverge again."""
    tasks = [task("a", "diverge"), task("b", upstream=["stand-in/a/seed-0"])]
    done, _ = run(plan(tasks, tmp_path, data, monkeypatch), tmp_path, data)
    assert done["stand-in/a/seed-0"].record.status == "diverged"
    assert done["stand-in/b/seed-0"].record.result.reason == "upstream stand-in/a/seed-0 diverged"
    assert plan(tasks, tmp_path, data, monkeypatch)[0].action == "reuse"


def test_killed_worker_fails_its_own_task_only(tmp_path: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that gets its worker killed again and again is recorded as failed, its neighbours finish."""
    tasks = [task("killer", "die"), *(task(f"n{number}") for number in range(3))]
    done, _ = run(plan(tasks, tmp_path, data, monkeypatch), tmp_path, data, jobs=2)
    assert {stored.record.task.variant: stored.record.status for stored in done.values()} == {
        "killer": "failed",
        "n0": "ok",
        "n1": "ok",
        "n2": "ok",
    }
    assert "killed" in done["stand-in/killer/seed-0"].record.result.reason


def test_worker_killed_once_is_tried_again(tmp_path: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """An accident (another program took the memory) does not make a failed record."""
    tasks = [task("a", "die once", marker=str(tmp_path / "marker"))]
    done, _ = run(plan(tasks, tmp_path, data, monkeypatch), tmp_path, data)
    assert done["stand-in/a/seed-0"].record.status == "ok"


@pytest.mark.parametrize(("behaviour", "reason"), [("nan", "finite number"), ("exit", "SystemExit")])
def test_outcome_that_no_record_can_hold_is_a_failed_task(
    tmp_path: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch, behaviour: str, reason: str
) -> None:
    """A metric that is not finite, or a library that wants to leave, costs its own task and not the run."""
    done, _ = run(plan([task("bad", behaviour), task("good")], tmp_path, data, monkeypatch), tmp_path, data)
    record = done["stand-in/bad/seed-0"].record
    assert (record.status, reason in record.result.reason) == ("failed", True)
    assert done["stand-in/good/seed-0"].record.status == "ok"


def test_worker_killed_while_idle_costs_nothing(tmp_path: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that dies between two tasks is replaced, and the next task runs in the new one."""
    real = board.commit

    def after_death(root: Path, draft: Draft) -> Stored:
        for child in multiprocessing.active_children():
            child.kill()
            child.join()
        return real(root, draft)

    monkeypatch.setattr(board, "commit", after_death)
    done, _ = run(plan([task("a"), task("b")], tmp_path, data, monkeypatch), tmp_path, data)
    assert [stored.record.status for stored in done.values()] == ["ok", "ok"]


def test_worker_killed_before_its_first_task_costs_nothing(
    tmp_path: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even a process that dies while it starts is only one that has to be replaced."""
    real = LocalExecutor._hire
    early = iter([True])

    def hired(self: LocalExecutor, variables: Mapping[str, str]) -> _Worker:
        hand = real(self, variables)
        if next(early, False):
            hand.process.kill()
            hand.process.join()
        return hand

    monkeypatch.setattr(LocalExecutor, "_hire", hired)
    done, _ = run(plan([task("a"), task("b")], tmp_path, data, monkeypatch), tmp_path, data, jobs=2)
    assert [stored.record.status for stored in done.values()] == ["ok", "ok"]


def test_neighbours_of_a_killed_worker_go_on(tmp_path: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who runs beside the victim is not started again, and whoever runs again does it alone."""
    tasks = [task("victim", "die once", marker=str(tmp_path / "marker")), *(task(f"n{number}") for number in range(4))]
    done, events = run(plan(tasks, tmp_path, data, monkeypatch), tmp_path, data, jobs=2)
    assert {stored.record.status for stored in done.values()} == {"ok"}
    starts = [event.task_id for event in events if event.kind == "start"]
    assert sorted(starts) == sorted([*(item.key.id for item in tasks), tasks[0].key.id])


@pytest.mark.parametrize("end", ["killed", "interrupted"])
def test_worker_lost_in_the_midst_of_a_message_keeps_nobody_waiting(
    end: str, tmp_path: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while it sends its result: the task runs again. Interrupted meanwhile: the run ends at once."""
    tasks = [task("a", "die sending", marker=str(tmp_path / "marker")), task("b")]
    planned = plan(tasks, tmp_path, data, monkeypatch)
    if end == "killed":
        done, _ = run(planned, tmp_path, data, jobs=2)
        assert [stored.record.status for stored in done.values()] == ["ok", "ok"]
        return

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(board, "commit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(planned, tmp_path, data, jobs=2)
    assert multiprocessing.active_children() == []


def test_bug_in_a_worker_keeps_its_traceback(tmp_path: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot even become a failed record is raised where the run was started."""
    with pytest.raises(TypeError, match="no record can hold this") as caught:
        run(plan([task("a", "unpicklable")], tmp_path, data, monkeypatch), tmp_path, data)
    assert "stand_in.py" in "".join(caught.value.__notes__)


def test_data_changed_during_the_run_is_found(tmp_path: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record made from data that moved under it is not kept as a result."""
    done, _ = run(plan([task("a", "change data")], tmp_path, data, monkeypatch), tmp_path, data)
    record = done["stand-in/a/seed-0"].record
    assert record.status == "failed"
    assert "changed while the task ran" in record.result.reason
    aside = tmp_path / "quarantine" / record.task.id / record.fingerprint[:16]
    assert str(aside.relative_to(tmp_path)) in record.result.reason
    assert json.loads((aside / "quarantine.json").read_bytes())["result"]["metrics"] == {"value": 1}
    assert (aside / "value.txt").read_bytes() == b"1"
    assert record.result.metrics == {}


def test_source_changed_during_the_run_is_found(tmp_path: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit of an imported module while the task runs leads to a failed record and a result in quarantine."""
    module = tmp_path / "imported.py"
    module.write_text("VALUE = 1\n", encoding="utf-8")
    item = task("a", "edit source", module=str(module))
    (planned,) = plan([item], tmp_path, data, monkeypatch)
    digests = [digest_file(module), digest_bytes(b"VALUE = 2\n")]
    ingredients = planned.ingredients.model_copy(update={"code": {"imported": digests[0]}})
    monkeypatch.setattr(worker, "closure_of", lambda _module: Closure({"imported": digest_file(module)}, frozenset()))
    monkeypatch.setattr(worker, "parts_of", lambda _module: {"module level": digest_file(module)})
    job = Job(item, ingredients, "cpu", 1, {data.name: data}, {}, tmp_path / "scratch")
    draft = worker.execute(job)
    assert (draft.result.status, digest_file(module)) == ("failed", digests[1])
    assert "source changed while the task ran" in draft.result.reason
    assert "imported" in draft.result.reason
    assert draft.quarantined is not None
    assert draft.quarantined.result.metrics == {"value": 1}


def test_limits_of_a_shell_do_not_reach_a_task(tmp_path: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an image library would refuse under them, it decodes."""
    monkeypatch.setenv("OPENCV_IO_MAX_IMAGE_PIXELS", "100")
    done, _ = run(plan([task("a", "see limits")], tmp_path, data, monkeypatch), tmp_path, data)
    assert done["stand-in/a/seed-0"].record.result.facts == {"seen": []}


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("say scratch", r"RuntimeError: no room in .*bad\\udcff"),
        ("write scratch", r"(?s)artifacts folder is not UTF-8.*where: .*bad\\udcff.*--artifacts DIR"),
    ],
)
def test_a_path_that_is_not_utf8_is_named(
    behaviour: str, said: str, tmp_path: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a message of any kind, which a record can hold; where a library cannot write it, with what cures it."""
    item = task("a", behaviour)
    (planned,) = plan([item], tmp_path, data, monkeypatch)
    place = tmp_path / os.fsdecode(b"bad\xff")
    draft = worker.execute(Job(item, planned.ingredients, "cpu", 1, {data.name: data}, {}, place))
    assert re.search(said, draft.result.reason)
    record = commit(tmp_path / "store", draft).record
    assert (record.status, record.result.reason) == ("failed", draft.result.reason)


def test_record_from_an_earlier_upstream_result_is_not_reused(
    tmp_path: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If upstream's result became another one under the same fingerprint, downstream runs again."""
    tasks = [task("a"), task("b", upstream=["stand-in/a/seed-0"])]
    planned = plan(tasks, tmp_path, data, monkeypatch)
    done, _ = run(planned, tmp_path, data)
    folder = done["stand-in/a/seed-0"].folder
    shutil.rmtree(folder)
    other, _ = run(plan([task("a")], tmp_path / "elsewhere", data, monkeypatch), tmp_path / "elsewhere", data)
    record = other["stand-in/a/seed-0"].record
    from store.records import Draft

    result = record.result.model_copy(update={"metrics": {"value": 99}})
    commit(tmp_path, Draft(record.task, record.ingredients, result, {"value.txt": b"9"}, record.execution))
    again = plan(tasks, tmp_path, data, monkeypatch)
    assert [(item.id, item.action) for item in again] == [("stand-in/a/seed-0", "reuse"), ("stand-in/b/seed-0", "run")]
    assert "upstream result is not the one" in again[1].reason
    done, _ = run(again, tmp_path, data)
    assert done["stand-in/b/seed-0"].record.result.metrics["value"] == 100
    assert [item.action for item in plan(tasks, tmp_path, data, monkeypatch)] == ["reuse", "reuse"]


def test_task_without_its_data_is_skipped_with_the_cure(tmp_path: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data set that the user does not have skips its tasks and loses nothing else."""
    absent = replace(data, digest="0" * 64, absent="fashion-mnist is missing: name its folder with --data DIR")
    done, _ = run(plan([task("a")], tmp_path, absent, monkeypatch), tmp_path, absent)
    record = done["stand-in/a/seed-0"].record
    assert (record.status, "--data DIR" in record.result.reason) == ("skipped", True)
    found, _ = run(plan([task("a")], tmp_path, data, monkeypatch), tmp_path, data)
    assert found["stand-in/a/seed-0"].record.status == "ok"
