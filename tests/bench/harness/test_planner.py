"""What a plan reuses: a record with a result, whole, made from what its upstream is now; anything else runs."""

from __future__ import annotations

import pathlib
from typing import TYPE_CHECKING

import pytest

from bench.harness import planner
from bench.harness.planner import plan
from bench.harness.task import Task
from bench.studies.assignment_2.config import StudyConfig
from store.errors import StoreError
from store.records import MANIFEST, Draft, commit
from store.runs import clear_endless, earlier_records
from store.schema import Result, TaskKey
from tests.bench.studies.assignment_2.experiments.records import EXECUTION
from tests.limits import a_minute

if TYPE_CHECKING:
    from pathlib import Path

    from bench.harness.planner import Planned
    from store.records import Stored
    from store.schema import Status

MODULE = "tests.bench.harness.stand_in"
TASKS = (
    Task(TaskKey(experiment="stand-in", variant="first", seed=0), MODULE, {}),
    Task(TaskKey(experiment="stand-in", variant="second", seed=0), MODULE, {}, upstream=("stand-in/first/seed-0",)),
)


@pytest.fixture(autouse=True)
def two_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A study of two tasks, the second of which reads the first."""
    monkeypatch.setattr(planner, "tasks_of", lambda _config: TASKS)


def planned(root: Path) -> list[Planned]:
    """The plan as it is now."""
    return list(plan(StudyConfig(), {}, root))


def finish(root: Path, item: Planned, status: Status, value: float = 1.0, **upstream: Stored) -> Stored:
    """Leave a record of this status."""
    reason = "" if status == "ok" else "no pretrained weights"
    made_from = {stored.record.task.id: stored.record.result_digest for stored in upstream.values()}
    result = Result(status=status, reason=reason, metrics={"value": value}, upstream_results=made_from)
    return commit(root, Draft(item.task.key, item.ingredients, result, {"value.txt": b"1"}, EXECUTION))


@pytest.mark.parametrize(("status", "action"), [("ok", "reuse"), ("diverged", "reuse"), ("failed", "run"), ("skipped", "run")])
def test_only_a_record_with_a_result_is_reused(status: Status, action: str, tmp_path: Path) -> None:
    """What failed or was skipped is tried again: the cause may be gone; its reason is told."""
    finish(tmp_path, planned(tmp_path)[0], status)
    item = planned(tmp_path)[0]
    assert item.action == action
    assert item.reason == ("reused" if action == "reuse" else f"{status} before: no pretrained weights")
    assert (item.stored is None) == (action == "run")


def test_a_record_is_reused_only_on_the_results_it_was_made_from(tmp_path: Path) -> None:
    """Upstream that runs again, and upstream with another result, take what was made from them along."""
    first, second = planned(tmp_path)
    upstream = finish(tmp_path, first, "ok")
    finish(tmp_path, second, "ok", upstream=upstream)
    assert [item.action for item in planned(tmp_path)] == ["reuse", "reuse"]
    for path in upstream.folder.iterdir():
        path.unlink()
    upstream.folder.rmdir()
    assert [item.reason for item in planned(tmp_path)] == ["new", "upstream runs again: stand-in/first/seed-0"]
    finish(tmp_path, first, "ok", value=2.0)
    assert [item.action for item in planned(tmp_path)] == ["reuse", "run"]
    assert planned(tmp_path)[1].reason == "upstream result is not the one it was made from: stand-in/first/seed-0"


def test_a_damaged_record_runs_again(tmp_path: Path) -> None:
    """A flipped byte is told as the reason."""
    stored = finish(tmp_path, planned(tmp_path)[0], "ok")
    stored.file("value.txt").write_bytes(b"2")
    item = planned(tmp_path)[0]
    assert (item.action, item.reason.startswith("record damaged: value.txt of record")) == ("run", True)


def test_a_record_that_lists_without_end_is_read_by_nobody(tmp_path: Path) -> None:
    """Neither in the task's own place, nor as an earlier record of it; the next one takes its place."""
    first = planned(tmp_path)[0]
    stored = finish(tmp_path, first, "ok")
    endless = b'{"files": [' + b"1," * 3_000_000 + b"1]}"
    (stored.folder / MANIFEST).write_bytes(endless)
    earlier = stored.folder.with_name("0" * 16)
    earlier.mkdir()
    (earlier / MANIFEST).write_bytes(endless)
    with a_minute():
        assert planned(tmp_path)[0].reason.startswith("record damaged: record manifest cannot be read: it lists more")
        clear_endless(stored.folder)
        assert not stored.folder.exists()
        assert planned(tmp_path)[0].reason == "new"
        assert earlier_records(tmp_path, first.task.key) == []
    clear_endless(stored.folder)
    finish(tmp_path, first, "ok")
    clear_endless(stored.folder)
    assert planned(tmp_path)[0].action == "reuse"


def test_an_unreadable_record_stops_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no missing record: who may not read it is not told that it will be computed again."""
    stored = finish(tmp_path, planned(tmp_path)[0], "ok")

    known = pathlib.Path.is_file

    def forbidden(path: Path) -> bool:
        if path == stored.folder / MANIFEST:
            raise PermissionError(13, "Permission denied")
        return known(path)

    monkeypatch.setattr(pathlib.Path, "is_file", forbidden)
    with pytest.raises(StoreError, match="Permission denied"):
        planned(tmp_path)
