"""Reads how far a run is from its events file: what runs, what waits, and how long the rest takes by past durations."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.doors import parse_json, read_bounded
from store.lock import holder_of
from store.runs import earlier_records
from store.schema import TASK_ID, TaskKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pydantic import JsonValue

_LOG_BYTES = 64 << 20  # an event takes 150 bytes
BEGIN = "begin"
"""The kind of the line that opens an invocation: its tasks, and how many run at a time."""

_ENDED = {"ok", "diverged", "failed", "skipped"}


@dataclass(frozen=True, slots=True)
class Running:
    """A task that has started and not ended: ``step`` of ``total``, and since when (seconds of the epoch)."""

    task: str
    began: float
    step: int = 0
    total: int = 0

    def left_s(self, now: float, expected_s: float | None) -> float | None:
        """Seconds left by its own pace, or by how long it took before; None where neither is known."""
        spent = now - self.began
        if self.step and self.total:
            return spent / self.step * (self.total - self.step)
        return None if expected_s is None else max(0.0, expected_s - spent)


@dataclass(frozen=True, slots=True)
class Progress:
    """An invocation under way: what ended, runs and waits, and how many tasks run at a time."""

    run_id: str
    ended: int
    running: tuple[Running, ...]
    waiting: tuple[str, ...]
    jobs: int


def opening_line(tasks: Sequence[str], jobs: int) -> bytes:
    """The line that opens an invocation in the events file."""
    return json.dumps({"kind": BEGIN, "time": time.time(), "tasks": list(tasks), "jobs": jobs}).encode() + b"\n"


def progress_facts(root: Path) -> JsonValue:
    """What runs in the store now, with seconds left; None where no process holds its lock or none says what it does."""
    holder = holder_of(root)
    found = None if holder is None else _newest(root)
    if found is None or holder is None:
        return None
    now = time.time()
    rows: list[JsonValue] = []
    seconds = 0.0
    unknown = 0
    for one in found.running:
        left = one.left_s(now, _expected_s(root, one.task))
        rows.append({"task": one.task, "step": one.step, "total": one.total, "seconds_left": left})
        seconds, unknown = seconds + (left or 0.0), unknown + (left is None)
    for name in found.waiting:
        expected = _expected_s(root, name)
        seconds, unknown = seconds + (expected or 0.0), unknown + (expected is None)
    waiting: list[JsonValue] = list(found.waiting)
    return {
        "run_id": found.run_id,
        "holder": holder,
        "ended": found.ended,
        "running": rows,
        "waiting": waiting,
        "seconds_left": seconds / found.jobs,
        "tasks_without_estimate": unknown,
    }


def _newest(root: Path) -> Progress | None:
    files = sorted(root.glob("runs/*/events.jsonl"), key=lambda path: path.stat().st_mtime_ns)
    return read_progress(files[-1]) if files else None


def read_progress(path: Path) -> Progress | None:
    """The last invocation in an events file; None where the file does not say which tasks it has. A torn line is left out."""
    lines: list[dict[str, JsonValue]] = []
    for line in _lines(path):
        if line.get("kind") == BEGIN:
            lines = []
        lines.append(line)
    if not lines or lines[0].get("kind") != BEGIN:
        return None
    tasks, jobs = lines[0].get("tasks"), lines[0].get("jobs")
    if not isinstance(tasks, list) or not isinstance(jobs, int) or not all(map(_is_task, tasks)):
        return None
    running: dict[str, Running] = {}
    ended: set[str] = set()
    for line in lines[1:]:
        name, kind, moment = str(line.get("task")), line.get("kind"), line.get("time")
        if kind in _ENDED:
            running.pop(name, None)
            ended.add(name)
        elif kind == "start" and isinstance(moment, int | float) and _is_task(name):
            running[name] = Running(name, float(moment))
        elif kind == "progress" and name in running:
            step, total = line.get("step"), line.get("total")
            if isinstance(step, int) and isinstance(total, int):
                running[name] = Running(name, running[name].began, step, total)
    waiting = tuple(str(name) for name in tasks if name not in running and name not in ended)
    return Progress(path.parent.name, len(ended), tuple(running.values()), waiting, max(1, jobs))


def _is_task(name: JsonValue) -> bool:
    return isinstance(name, str) and re.fullmatch(TASK_ID, name) is not None


def _lines(path: Path) -> Iterator[dict[str, JsonValue]]:
    """Every line that is a mapping; none of a file that cannot be read: it is a log, and nothing rests on it."""
    try:
        content = read_bounded(path, _LOG_BYTES)
    except (OSError, ValueError):
        return
    for line in content.splitlines():
        try:
            fields = parse_json(line)
        except ValueError:
            continue
        if isinstance(fields, dict):
            yield fields


def _expected_s(root: Path, task_id: str) -> float | None:
    """How long this task took last, or another seed of it; None where none ever ended well."""
    experiment, variant, _ = task_id.split("/")
    folders = sorted((root / "records" / experiment / variant).glob("seed-*")) or []
    keys = [task_id, *(f"{experiment}/{variant}/{folder.name}" for folder in folders)]
    for name in dict.fromkeys(keys):
        seed = name.rpartition("/")[2]
        key = TaskKey(experiment=experiment, variant=variant, seed=None if seed == "once" else int(seed.removeprefix("seed-")))
        done = [one.record.execution for one in earlier_records(root, key) if one.record.status == "ok"]
        if done:
            return max(done, key=lambda execution: execution.started_at).duration_s
    return None
