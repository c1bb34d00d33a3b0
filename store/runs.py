"""Run manifests: which record stands for each task of one study, and which run was the last."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from store.canonical import canonical_json, digest, readable_json
from store.doors import forbidden, is_file, is_folder, read_bounded, reason_of
from store.errors import IntegrityError, StoreError, StudyError, UsageError, printable
from store.extent import hold_extent_of
from store.manifests import load_manifest
from store.records import MANIFEST, Stored, check_files, delete, folder_of, load, records_of, write_atomic
from store.schema import Record, Run, RunEntry, run_fields, sealed_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from pydantic import JsonValue

    from store.schema import Ingredients, TaskKey

LATEST = "latest"
POINTER_BYTES = 4096
MERGE = ("python", "-m", "bench", "merge")  # how the command of a merged run begins
RUN_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")


def run_id_of(profile: str, fingerprints: Iterable[str]) -> str:
    """``<profile>-<8 digits>``: the same tasks give the same run, so a repeated command makes no new one."""
    return f"{profile}-{digest(sorted(fingerprints))[:8]}"


def without_options(words: Sequence[str], options: Sequence[str]) -> list[str]:
    """A command line without these options and their values, written ``--option value`` or ``--option=value``."""
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        if word in options:
            next(rest, None)
        elif not word.startswith(tuple(f"{option}=" for option in options)):
            kept.append(word)
    return kept


def write_run(root: Path, fields: dict[str, JsonValue]) -> Run:
    """Seal and store a run manifest and point ``latest`` at it.

    Raises StoreError where it cannot be written, or names a record that is not in the store: then the folder was moved or
    deleted while the run went on, and what came later lies in a new folder of the old name.
    """
    run = sealed_run(fields)
    gone = [entry.task.id for entry in run.entries if not is_file(folder_of(root, entry.task, entry.fingerprint) / MANIFEST)]
    if gone:
        message = (
            f"{len(gone)} records of this run are not in the store any more, {gone[0]} among them: was it moved meanwhile?"
        )
        cure = "move the records back below it and run again: finished tasks are reused"
        raise StoreError(message, where=str(root), cure=cure)
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
    if not is_file(pointer) or read_bounded(pointer) != content:
        write_atomic(pointer, content)


def is_merged(run: Run) -> bool:
    """Whether ``bench merge`` made it of others, so that its command computes nothing."""
    return run.command[len(MERGE) - 1 : len(MERGE)] == MERGE[-1:]


def run_path(root: Path, run_id: str) -> Path:
    """Where the manifest of ``run_id`` lies."""
    return root / "runs" / run_id / "run.json"


def latest_run_id(root: Path) -> str:
    """The run written last; raises StudyError where there is none, IntegrityError where the pointer is damaged."""
    pointer = root / "runs" / LATEST
    if not is_file(pointer):
        raise StudyError("no run found", where=str(root), cure="make one: nox -s bench")
    try:
        name = read_bounded(pointer, POINTER_BYTES).decode().strip()
    except PermissionError as error:
        raise forbidden(pointer, error) from error
    except (OSError, ValueError) as error:
        raise _unread_pointer(root, reason_of(error)) from error
    if not RUN_ID.fullmatch(name):
        raise _unread_pointer(root, f"it names {printable(name)!r}")
    return name


def load_run(root: Path, run_id: str | None = None) -> Run:
    """The named run, or the latest; raises UsageError where it is missing, IntegrityError where it was altered."""
    name = run_id or latest_run_id(root)
    path = run_path(root, name)
    if not RUN_ID.fullmatch(name) or not is_file(path):
        raise UsageError(f"no run named {printable(name)}", where=printable(str(path)), cure=_choice(root))
    cure = f"delete {path.parent} and run again: nox -s bench"
    hold_extent_of(path, "run manifest", cure)
    return load_manifest(path, Run, "run manifest", cure)


def _choice(root: Path) -> str:
    known = sorted(path.parent.name for path in (root / "runs").glob("*/run.json"))
    return f"choose one of: {', '.join(map(printable, known))}" if known else "make one: nox -s bench"


def _unread_pointer(root: Path, reason: str) -> IntegrityError:
    message = f"the pointer to the latest run cannot be read: {reason}"
    return IntegrityError(message, where=str(root / "runs" / LATEST), cure=f"name a run with --run, or {_choice(root)}")


def load_record(folder: Path) -> Stored:
    """The record in the folder, its files unchecked; raises IntegrityError, for one that lists without end, too."""
    _hold_manifest(folder)
    return load(folder)


def _hold_manifest(folder: Path) -> tuple[Path, str]:
    """The record's manifest and what cures it; raises IntegrityError for one that lists without end."""
    path, cure = folder / MANIFEST, f"delete {folder} and run again: nox -s bench"
    hold_extent_of(path, "record manifest", cure)
    return path, cure


def earlier_records(root: Path, task: TaskKey) -> list[Stored]:
    """Every readable record of ``task``, any fingerprint; none where one lists without end, as that takes all memory."""
    for manifest in (root / "records" / task.id).glob(f"*/{MANIFEST}"):
        try:
            _hold_manifest(manifest.parent)
        except IntegrityError:
            return []
    return list(records_of(root, task))


def clear_endless(folder: Path) -> None:
    """Delete a record that lists without end: what is written in its place would be compared with it."""
    try:
        _hold_manifest(folder)
    except IntegrityError:
        delete(folder)


def load_planned(folder: Path, task: TaskKey, ingredients: Ingredients, fingerprint: str) -> Stored:
    """``load_record`` where task, ingredients and fingerprint are known, and gave the folder: they are compared with its own.

    To work the fingerprint out once more would take a fifth of the time of thousands of records; where they differ, that says
    in what.
    """
    path, cure = _hold_manifest(folder)
    record = load_manifest(path, Record, "record manifest", cure)
    expected = (record.task, record.fingerprint, record.ingredients) == (task, fingerprint, ingredients)
    # Python's 1, 1.0 and True are equal, and give three fingerprints
    if expected and canonical_json(record.ingredients.config) == canonical_json(ingredients.config):
        return Stored(record, folder)
    return load(folder)


def load_entry(root: Path, entry: RunEntry) -> Stored:
    """The record that ``entry`` names, with every file checked; raises IntegrityError that says which is wrong."""
    folder = folder_of(root, entry.task, entry.fingerprint)
    if not is_folder(folder):
        message = f"the run names a record of {entry.task.id} that is not in the store"
        raise IntegrityError(message, where=str(folder), cure="compute it again: nox -s bench")
    stored = load_record(folder)
    if stored.record.digest != entry.record_digest:
        message = f"the record of {entry.task.id} is not the one that the run names"
        raise IntegrityError(message, where=str(folder), cure="bring the run up to date: nox -s bench")
    check_files(stored)
    return stored
