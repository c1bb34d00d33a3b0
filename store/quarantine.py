"""Keeps the result of a task whose data or source changed while it ran: apart from the records, which it must not join."""

from __future__ import annotations

import shutil
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.canonical import readable_json
from store.errors import unwritable
from store.records import write_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from store.records import Draft
    from store.schema import Result, TaskKey

NOTE = "quarantine.json"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """What the task found, and its files by name: of unknown origin, as its ingredients changed meanwhile."""

    result: Result
    files: Mapping[str, bytes]


def quarantine_name(task: TaskKey, fingerprint: str) -> str:
    """``quarantine/<task>/<first 16 digits of the fingerprint>``, below the artifacts folder."""
    return f"quarantine/{task.id}/{fingerprint[:16]}"


def set_aside(root: Path, draft: Draft) -> Path:
    """Write the draft's quarantined result, in place of an earlier one; nothing reads it back but people.

    Raises StoreError where it cannot be written, ValueError for a draft without one.
    """
    if draft.quarantined is None:
        raise ValueError("the draft has nothing to set aside")
    fingerprint = draft.ingredients.fingerprint(draft.task)
    folder = root / quarantine_name(draft.task, fingerprint)
    partial = folder.with_name(f".partial-{folder.name}-{uuid.uuid4().hex[:8]}")
    note = {
        "task": draft.task.model_dump(mode="json"),
        "fingerprint": fingerprint,
        "reason": draft.result.reason,
        "result": draft.quarantined.result.model_dump(mode="json"),
    }
    try:
        write_folder(partial, {**draft.quarantined.files, NOTE: readable_json(note)})
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    except OSError as error:
        raise unwritable(f"cannot set the result of {draft.task.id} aside", folder, error, "then run again") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder
