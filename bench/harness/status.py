"""What a run holds, each task's status, duration and record, and what runs now, as facts and as text."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bench.harness.progress import progress_facts
from store.errors import StudyError
from store.records import folder_of
from store.runs import LATEST, load_record, load_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import JsonValue

    from bench.harness.planner import Planned
    from store.schema import Run


def status_facts(root: Path, run_id: str | None, options: argparse.Namespace | None = None) -> dict[str, JsonValue]:
    """The named run, or the latest, task by task, and what runs in the store now; with ``options`` also what is stale.

    Raises StudyError where there is neither, IntegrityError where the run was altered.
    """
    now = progress_facts(root)
    if now is not None and run_id is None and not (root / "runs" / LATEST).is_file():
        return {"run_id": None, "artifacts": str(root), "tasks": [], "now": now}  # the first run of this store
    run = load_run(root, run_id)
    planned, unknown = _planned(run, options) if options is not None else ({}, "")
    stale = {name: item.reason for name, item in planned.items() if item.action == "run"}
    read = {(item.id, item.fingerprint): item.stored for item in planned.values() if item.stored is not None}
    tasks: list[JsonValue] = []
    for entry in run.entries:
        known = read.get((entry.task.id, entry.fingerprint))
        stored = known or load_record(folder_of(root, entry.task, entry.fingerprint))
        record = stored.record
        tasks.append(
            {
                "task": entry.task.id,
                "status": record.status,
                "reason": record.result.reason,
                "stale": stale.get(entry.task.id, "") if record.status in {"ok", "diverged"} else "",
                "duration_s": record.execution.duration_s,
                "record": str(stored.folder),
            }
        )
    return {
        "run_id": run.run_id,
        "profile": run.profile,
        "created_at": run.created_at,
        "artifacts": str(root),
        "tasks": tasks,
        "stale_unknown": unknown,
        "now": now,
    }


def _planned(run: Run, options: argparse.Namespace) -> tuple[dict[str, Planned], str]:
    """The run's tasks as they would be planned with what is here now, and why that cannot be told, where it cannot."""
    from bench.harness import invocation as study  # noqa: PLC0415 - both plan, which looks at all data
    from bench.harness import planner  # noqa: PLC0415
    from bench.harness.stored_config import config_of  # noqa: PLC0415

    here = argparse.Namespace(**{**vars(options), "offline": True})
    try:
        config = config_of(run, None)
        found = study.located(config, planner.tasks_of(config), here)
        planned = planner.plan(config, found, options.artifacts)
    except StudyError as error:
        return {}, str(error)
    return {item.id: item for item in planned}, ""


def status_text(facts: Mapping[str, JsonValue]) -> str:
    """The same as lines for people."""
    tasks = facts["tasks"]
    if not isinstance(tasks, list):
        raise TypeError("a status lists its tasks")
    rows = [task for task in tasks if isinstance(task, dict)]
    lines = [
        f"{'stale' if row['stale'] else row['status']:<9} {row['task']:<32} {row['duration_s']:8.1f} s"
        f"  {str(row['stale'] or row['reason']).partition(chr(10))[0]}".rstrip()
        for row in rows
    ]
    if facts["run_id"] is not None:
        if facts["stale_unknown"]:
            lines.append(f"stale or not: unknown: {str(facts['stale_unknown']).partition(chr(10))[0]}")
        lines.append(f"run {facts['run_id']} of {facts['created_at']} in {facts['artifacts']}")
    return "\n".join([*lines, *_now_lines(facts["now"])])


def _now_lines(now: JsonValue) -> list[str]:
    if not isinstance(now, dict) or not isinstance(now["running"], list) or not isinstance(now["waiting"], list):
        return []
    lines = [f"now: run {now['run_id']}, {now['holder']}"]
    for row in now["running"]:
        if isinstance(row, dict):
            left = "time left unknown" if row["seconds_left"] is None else f"about {row['seconds_left']:.0f} s left"
            lines.append(f"running   {row['task']:<32} {row['step']}/{row['total']}, {left}")
    lines += [f"waiting   {name}" for name in now["waiting"]]
    unknown = f", {now['tasks_without_estimate']} tasks have never run" if now["tasks_without_estimate"] else ""
    return [*lines, f"now: {now['ended']} ended, about {now['seconds_left']:.0f} s left by past durations{unknown}"]
