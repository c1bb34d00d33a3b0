"""Describes a run's files as a Process Run Crate (RO-Crate 1.1, profile 0.5), for archives and other programs.

The description is derived from manifests alone, so that equal runs have equal bytes and an import can hold it against them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from store.canonical import readable_json
from store.records import MANIFEST, folder_of
from store.runs import run_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic import JsonValue

    from store.schema import FileEntry, Record, Run

    Entity = dict[str, JsonValue]

CRATE = "ro-crate-metadata.json"
_HERE = Path()
_CRATE_VERSION = "https://w3id.org/ro/crate/1.1"
_PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
_CONTEXT = ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"]
_LICENCE = "https://spdx.org/licenses/AGPL-3.0-or-later"
_PROGRAM = "#program"
_FORMATS = {
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".npz": "application/zip",
    ".safetensors": "application/octet-stream",
    ".txt": "text/plain",
}


def crate_bytes(run: Run, records: Sequence[Record]) -> bytes:
    """``ro-crate-metadata.json`` of the run: its files with sizes and digests, an action a task with times and results."""
    files = list(_files(run, records))
    actions = [_action(record) for record in records]
    root: Entity = {
        "@id": "./",
        "@type": "Dataset",
        "conformsTo": _ref(_PROFILE),
        "name": f"Run {run.run_id}",
        "description": f"Records of run {run.run_id}, profile {run.profile}: what each task computed, from what and with what.",
        "datePublished": run.created_at or "1970-01-01",
        "license": _ref(_LICENCE),
        "hasPart": [_ref(str(entity["@id"])) for entity in files],
        "mentions": [_ref(str(action["@id"])) for action in actions],
    }
    graph: list[JsonValue] = [
        {"@id": CRATE, "@type": "CreativeWork", "conformsTo": _ref(_CRATE_VERSION), "about": _ref("./")},
        root,
        {"@id": _PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"},
        {"@id": _LICENCE, "@type": "CreativeWork", "name": "GNU Affero General Public License v3.0 or later"},
        _program(records),
        *actions,
        *files,
    ]
    return readable_json({"@context": _CONTEXT, "@graph": graph})


def _files(run: Run, records: Sequence[Record]) -> Iterator[Entity]:
    manifest = run_path(_HERE, run.run_id).as_posix()
    yield {"@id": quote(manifest), "@type": "File", "name": "run.json", "encodingFormat": _FORMATS[".json"]}
    for record in records:
        folder = folder_of(_HERE, record.task, record.fingerprint).as_posix()
        yield {"@id": quote(f"{folder}/{MANIFEST}"), "@type": "File", "name": MANIFEST, "encodingFormat": _FORMATS[".json"]}
        yield from (_file(folder, entry) for entry in record.files)


def _file(folder: str, entry: FileEntry) -> Entity:
    ending = f".{entry.name.rpartition('.')[2]}"
    return {
        "@id": quote(f"{folder}/{entry.name}"),
        "@type": "File",
        "name": entry.name,
        "contentSize": str(entry.size_bytes),
        "sha256": entry.sha256,
        "encodingFormat": _FORMATS.get(ending, "application/octet-stream"),
    }


def _action(record: Record) -> Entity:
    """One task: what it read, what came of it and when; a task without a result is a failed action with its reason."""
    folder = folder_of(_HERE, record.task, record.fingerprint).as_posix()
    done = record.status == "ok"
    action: Entity = {
        "@id": f"#{quote(record.task.id)}",
        "@type": "CreateAction",
        "name": record.task.id,
        "instrument": _ref(_PROGRAM),
        "actionStatus": f"http://schema.org/{'Completed' if done else 'Failed'}ActionStatus",
        "result": [_ref(quote(f"{folder}/{name}")) for name in (MANIFEST, *(entry.name for entry in record.files))],
        **_times(record),
    }
    if record.ingredients.upstream:
        action["object"] = [_ref(f"#{quote(name)}") for name in sorted(record.ingredients.upstream)]
    if not done:
        action["error"] = record.result.reason or record.status
    return action


def _times(record: Record) -> Entity:
    try:
        started = datetime.fromisoformat(record.execution.started_at)
        ended = started + timedelta(seconds=round(record.execution.duration_s))
    except (ValueError, OverflowError):  # no date, or one that ends after the year 9999
        return {}
    return {"startTime": started.isoformat(), "endTime": ended.isoformat()}


def _program(records: Sequence[Record]) -> Entity:
    """What computed the records, with the commits that they name."""
    commits = sorted({record.execution.git_commit for record in records if record.execution.git_commit})
    program: Entity = {"@id": _PROGRAM, "@type": "SoftwareApplication", "name": "bench", "license": _ref(_LICENCE)}
    return {**program, "softwareVersion": ", ".join(commits)} if commits else program


def _ref(identifier: str) -> Entity:
    return {"@id": identifier}
