"""Run manifests: which record stands for each task of one study, and which run was the last."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from store.canonical import digest, readable_json
from store.errors import IntegrityError, StudyError, UsageError
from store.records import Stored, check_files, folder_of, load, write_atomic
from store.schema import Run, RunEntry, run_fields, sealed_run

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pydantic import JsonValue

LATEST = "latest"


def run_id_of(profile: str, fingerprints: Iterable[str]) -> str:
    """``<profile>-<8 digits>``: the same tasks give the same run, so a repeated command makes no new one."""
    return f"{profile}-{digest(sorted(fingerprints))[:8]}"


def write_run(root: Path, fields: dict[str, JsonValue]) -> Run:
    """Seal and store a run manifest and point ``latest`` at it; raises StoreError."""
    run = sealed_run(fields)
    save_run(root, run)
    point_latest(root, run.run_id)
    return run


def resealed(run: Run, entries: Iterable[RunEntry]) -> Run:
    """The same run with other records; the very same where they are the same."""
    return sealed_run({**run_fields(run), "entries": [entry.model_dump(mode="json") for entry in entries]})


def save_run(root: Path, run: Run) -> None:
    """Write a sealed manifest to its place; raises StoreError."""
    write_atomic(run_path(root, run.run_id), readable_json(run_fields(run)))


def point_latest(root: Path, run_id: str) -> None:
    """Make ``run_id`` the run that ``report build`` takes by default, if it is not yet; raises StoreError."""
    pointer, content = root / "runs" / LATEST, f"{run_id}\n".encode()
    if not pointer.is_file() or pointer.read_bytes() != content:
        write_atomic(pointer, content)


def run_path(root: Path, run_id: str) -> Path:
    """Where the manifest of ``run_id`` lies."""
    return root / "runs" / run_id / "run.json"


def latest_run_id(root: Path) -> str:
    """The run written last; raises StudyError where there is none."""
    pointer = root / "runs" / LATEST
    if not pointer.is_file():
        raise StudyError("no run found", where=str(root), cure="make one: nox -s bench")
    return pointer.read_text(encoding="utf-8", errors="replace").strip()


def load_run(root: Path, run_id: str | None = None) -> Run:
    """The named run, or the latest; raises StudyError where it is missing, IntegrityError where it was altered."""
    name = run_id or latest_run_id(root)
    path = run_path(root, name)
    if not path.is_file():
        known = sorted(p.parent.name for p in (root / "runs").glob("*/run.json"))
        cure = f"choose one of: {', '.join(known)}" if known else "make one: nox -s bench"
        raise UsageError(f"no run named {name}", where=str(path), cure=cure)
    cure = f"delete {path.parent} and run again: nox -s bench"
    try:
        fields = json.loads(path.read_bytes())
        run = Run.model_validate(fields)
    except (OSError, ValueError) as error:  # pydantic's ValidationError is a ValueError
        raise IntegrityError(f"run manifest cannot be read: {error}", where=str(path), cure=cure) from error
    if digest({key: value for key, value in fields.items() if key != "digest"}) != run.digest:
        raise IntegrityError("run manifest was altered: its digest does not match", where=str(path), cure=cure)
    return run


def load_entry(root: Path, entry: RunEntry) -> Stored:
    """The record that ``entry`` names, with every file checked; raises IntegrityError that says which is wrong."""
    folder = folder_of(root, entry.task, entry.fingerprint)
    if not folder.is_dir():
        message = f"the run names a record of {entry.task.id} that is not in the store"
        raise IntegrityError(message, where=str(folder), cure="compute it again: nox -s bench")
    stored = load(folder)
    if stored.record.digest != entry.record_digest:
        message = f"the record of {entry.task.id} is not the one that the run names"
        raise IntegrityError(message, where=str(folder), cure="bring the run up to date: nox -s bench")
    check_files(stored)
    return stored
