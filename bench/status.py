"""What a run holds: each task's status, duration and record, as facts and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.records import folder_of, load
from store.runs import load_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import JsonValue


def status_facts(root: Path, run_id: str | None) -> dict[str, JsonValue]:
    """The named run, or the latest, task by task; raises StudyError without one, IntegrityError where it was altered."""
    run = load_run(root, run_id)
    tasks: list[JsonValue] = []
    for entry in run.entries:
        folder = folder_of(root, entry.task, entry.fingerprint)
        record = load(folder).record
        tasks.append(
            {
                "task": entry.task.id,
                "status": record.status,
                "reason": record.result.reason,
                "duration_s": record.execution.duration_s,
                "record": str(folder),
            }
        )
    return {"run_id": run.run_id, "profile": run.profile, "created_at": run.created_at, "artifacts": str(root), "tasks": tasks}


def status_text(facts: Mapping[str, JsonValue]) -> str:
    """The same as lines for people."""
    tasks = facts["tasks"]
    if not isinstance(tasks, list):
        raise TypeError("a status lists its tasks")
    rows = [task for task in tasks if isinstance(task, dict)]
    lines = [
        f"{row['status']:<9} {row['task']:<32} {row['duration_s']:8.1f} s  {str(row['reason']).partition(chr(10))[0]}"
        for row in rows
    ]
    return "\n".join([*lines, f"run {facts['run_id']} of {facts['created_at']} in {facts['artifacts']}"])
