"""An attacker who knows the store: edits a record and then makes every digest agree with the edit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from store.canonical import digest_file, readable_json
from store.records import MANIFEST
from store.schema import FileEntry, Result, result_digest, seal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Fields = dict[str, Any]


def read(path: Path) -> Fields:
    """The fields of a manifest."""
    fields: Fields = json.loads(path.read_bytes())
    return fields


def write_sealed(path: Path, fields: Fields) -> None:
    """Write a manifest with the digest that its fields give."""
    path.write_bytes(readable_json(seal(fields)))


def task_id(fields: Fields) -> str:
    """The id of the task that a record or an entry is of."""
    seed = fields["task"]["seed"]
    return f"{fields['task']['experiment']}/{fields['task']['variant']}/{'once' if seed is None else f'seed-{seed}'}"


def forge(root: Path, folder: Path, edit: Callable[[Fields], None]) -> None:
    """Edit a record's manifest, take over its files as they are now, and seal it, its downstream and the runs anew."""
    path = folder / MANIFEST
    fields = read(path)
    edit(fields)
    for entry in fields["files"]:
        content = folder / entry["name"]
        entry["sha256"], entry["size_bytes"] = digest_file(content), content.stat().st_size
    before = fields["result_digest"]
    files = tuple(FileEntry.model_validate(entry) for entry in fields["files"])
    fields["result_digest"] = result_digest(Result.model_validate(fields["result"]), files)
    write_sealed(path, fields)
    if fields["result_digest"] != before:
        _forge_downstream(root, task_id(fields), fields["result_digest"])
    for run in (root / "runs").glob("*/run.json"):
        _forge_run(root, run)


def _forge_downstream(root: Path, name: str, result: str) -> None:
    def take_over(fields: Fields) -> None:
        fields["result"]["upstream_results"][name] = result

    for path in sorted(root.glob(f"records/*/*/*/*/{MANIFEST}")):
        if name in read(path)["result"]["upstream_results"]:
            forge(root, path.parent, take_over)


def _forge_run(root: Path, path: Path) -> None:
    fields = read(path)
    for entry in fields["entries"]:
        record = read(root / "records" / task_id(entry) / entry["fingerprint"][:16] / MANIFEST)
        entry["record_digest"], entry["status"] = record["digest"], record["result"]["status"]
    write_sealed(path, fields)
