"""How far a run is, as its events file and past durations tell it."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import TYPE_CHECKING

import pytest

from bench.harness import planner
from bench.harness.planner import Planned
from bench.harness.progress import opening_line, progress_facts, read_progress
from bench.harness.status import status_facts, status_text
from bench.harness.task import Task
from store.errors import StudyError
from store.lock import sole_writer
from store.records import Draft, commit, records_of
from store.runs import write_run
from store.schema import Execution, Ingredients, Result, RunEntry, TaskKey

if TYPE_CHECKING:
    from pathlib import Path

TASKS = ["autoencoder/ae/seed-0", "autoencoder/ae/seed-1", "classifier/ae/seed-0", "latent/ae/seed-0"]
EVENTS = [
    {"task": TASKS[0], "kind": "start", "time": 100.0},
    {"task": TASKS[1], "kind": "start", "time": 100.0},
    {"task": TASKS[0], "kind": "progress", "time": 110.0, "step": 1, "total": 5},
    {"task": TASKS[0], "kind": "ok", "time": 150.0},
    {"task": TASKS[1], "kind": "progress", "time": 120.0, "step": 2, "total": 5},
    {"task": TASKS[2], "kind": "start", "time": 151.0},
]


def write_events(root: Path, *, torn: bool = False) -> Path:
    """An earlier invocation that ended, and one under way."""
    path = root / "runs" / "quick-12345678" / "events.jsonl"
    path.parent.mkdir(parents=True)
    earlier = opening_line(TASKS, 2) + b"".join(
        json.dumps({"task": name, "kind": "ok", "time": 1.0}).encode() + b"\n" for name in TASKS
    )
    lines = b"".join(json.dumps(event).encode() + b"\n" for event in EVENTS)
    path.write_bytes(earlier + opening_line(TASKS, 2) + lines + (b'{"task": "latent/ae/se' if torn else b""))
    return path


def past(root: Path, key: TaskKey, seconds: float) -> None:
    """A finished record that took so long."""
    ingredients = Ingredients(config={}, code={}, inputs={}, upstream={}, environment={})
    execution = Execution(
        started_at="2026-01-01T00:00:00+00:00",
        duration_s=seconds,
        peak_memory_bytes=0,
        machine={},
        packages={},
        git_commit=None,
        git_dirty=None,
    )
    commit(root, Draft(key, ingredients, Result(status="ok"), {}, execution))


@pytest.mark.parametrize("torn", [False, True])
def test_last_invocation_tells_what_runs_and_waits(torn: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a parameter of the test
    """An earlier invocation in the same file, or a line that is not whole, changes nothing."""
    found = read_progress(write_events(tmp_path, torn=torn))
    assert found is not None
    assert [(one.task, one.step, one.total) for one in found.running] == [(TASKS[1], 2, 5), (TASKS[2], 0, 0)]
    assert (found.ended, found.waiting, found.jobs) == (1, (TASKS[3],), 2)
    assert found.running[0].left_s(120.0, None) == pytest.approx(30.0)
    assert found.running[1].left_s(161.0, 25.0) == pytest.approx(15.0)
    assert found.running[1].left_s(161.0, None) is None


def test_nothing_runs_where_nobody_holds_the_lock(tmp_path: Path) -> None:
    """The events of a killed run are no run under way."""
    write_events(tmp_path)
    assert progress_facts(tmp_path) is None
    with pytest.raises(StudyError, match="no run found"):
        status_facts(tmp_path, None)


def test_status_names_what_is_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that a plan would compute anew is stale, and why; another version's configuration leaves it unknown."""
    key = TaskKey(experiment="latent", variant="pixels")
    past(tmp_path, key, 2.0)
    (stored,) = records_of(tmp_path, key)
    entry = RunEntry(task=key, fingerprint=stored.record.fingerprint, status="ok", record_digest=stored.record.digest)
    fields = {"run_id": "a-1", "profile": "a", "command": [], "created_at": "", "entries": [entry.model_dump(mode="json")]}
    options = Namespace(artifacts=tmp_path, data=None, weights=None, offline=False)
    write_run(tmp_path, {**fields, "config": {"no": "such key"}})
    assert "configuration of run a-1" in str(status_facts(tmp_path, None, options)["stale_unknown"])
    write_run(tmp_path, {**fields, "config": {"dataset": {"source": "sample"}}})
    monkeypatch.setattr(planner, "tasks_of", lambda _config: ())
    planned = Planned(Task(key, "m", {}), stored.record.ingredients, "0" * 64, "run", "code changed: bench.x")
    monkeypatch.setattr(planner, "plan", lambda *_: (planned,))
    facts = status_facts(tmp_path, None, options)
    assert facts["stale_unknown"] == ""
    assert status_text(facts).splitlines()[0].startswith("stale     latent/pixels/once")
    assert "code changed: bench.x" in status_text(facts)


def test_status_of_a_first_run_under_way(tmp_path: Path) -> None:
    """Time left comes from past durations, of another seed where the task itself never ran; unknown ones are counted."""
    write_events(tmp_path)
    past(tmp_path, TaskKey(experiment="latent", variant="ae", seed=7), 60.0)
    with sole_writer(tmp_path, lambda _holder: None):
        facts = status_facts(tmp_path, None)
    now = facts["now"]
    assert isinstance(now, dict)
    assert (facts["run_id"], now["run_id"], now["waiting"]) == (None, "quick-12345678", [TASKS[3]])
    assert now["tasks_without_estimate"] == 1  # the classifier, which has told no step
    assert isinstance(now["seconds_left"], float)
    assert now["seconds_left"] >= 60.0 / 2
    text = status_text(facts)
    assert f"waiting   {TASKS[3]}" in text
    assert "1 tasks have never run" in text


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 100_000, b"\xff\0", b"[]", b"null", b'{"kind": "begin", "jobs": 1, "tasks": ["a/b"]}',
        b'{"kind": "begin", "jobs": 1, "tasks": ["../../../etc/passwd/seed-0"]}',
        b'{"kind": "begin", "jobs": 1, "tasks": [1, {}]}',
        b'{"kind": "begin", "jobs": 1, "tasks": ["a/b/seed-x"]}', b'{"kind": "begin", "jobs": NaN, "tasks": []}',
    ],
)  # fmt: skip
def test_a_hostile_log_says_nothing(line: bytes, tmp_path: Path) -> None:
    """Nothing rests on it: what is no event of ours is left out."""
    path = tmp_path / "events.jsonl"
    path.write_bytes(line + b"\n")
    assert read_progress(path) is None
