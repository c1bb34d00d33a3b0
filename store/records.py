"""Writes records once and atomically, and reads them back checked against their own digests."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.canonical import digest_bytes, digest_within, readable_json
from store.doors import forbidden, is_file, is_folder
from store.errors import IntegrityError, unwritable
from store.manifests import load_manifest
from store.schema import SCHEMA_VERSION, Execution, FileEntry, Ingredients, Record, Result, TaskKey, result_digest, seal
from store.withheld import refusal, withheld_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pydantic import JsonValue

    from store.quarantine import Quarantined

MANIFEST = "record.json"
_PARTIAL = ".partial-"
_WAITS = 8  # about as many as a record has files


@dataclass(frozen=True, slots=True)
class Draft:
    """A result about to be written: file name to bytes, and which of the files are volatile.

    ``quarantined`` is what the task found where that may not become a record (``store/quarantine.py``).
    """

    task: TaskKey
    ingredients: Ingredients
    result: Result
    files: Mapping[str, bytes]
    execution: Execution
    volatile: frozenset[str] = frozenset()
    quarantined: Quarantined | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """A record and the folder that it lies in."""

    record: Record
    folder: Path

    def file(self, name: str) -> Path:
        """Path of one of the record's files; raises IntegrityError where the record has none such, or it was left out."""
        if name not in {entry.name for entry in self.record.files}:
            message = f"record {self.record.task.id} has no file {name}"
            raise IntegrityError(message, where=str(self.folder), cure="re-run it: nox -s bench")
        path = self.folder / name
        if not is_file(path) and name in withheld_of(self.folder):
            raise refusal(self.record.task.id, name, self.folder)
        return path


def folder_of(root: Path, task: TaskKey, fingerprint: str) -> Path:
    """``records/<experiment>/<variant>/<seed>/<first 16 digits of the fingerprint>`` under the artifacts folder."""
    return root / "records" / task.id / fingerprint[:16]


def commit(root: Path, draft: Draft) -> Stored:
    """Write ``draft`` so that its folder appears whole or not at all; a failed or damaged record there is replaced.

    Returns the record that stands in the folder afterwards: an earlier one, where that is as good as the draft.
    Raises StoreError where the folder cannot be written (no permission, disk full); nothing half-written stays.
    """
    record = _record_of(draft)
    folder = folder_of(root, draft.task, record.fingerprint)
    partial = folder.with_name(f"{_PARTIAL}{folder.name}-{uuid.uuid4().hex[:8]}")
    try:
        write_folder(partial, {**draft.files, MANIFEST: readable_json(record.model_dump(mode="json"))})
        return _take_place(partial, folder, record)
    except OSError as error:
        afterwards = "or name another folder with --artifacts DIR, then run again: finished tasks are reused"
        raise unwritable(f"cannot write the record of {draft.task.id}", folder, error, afterwards) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def result_digest_of(draft: Draft) -> str:
    """The result digest that the draft's record would have."""
    return _record_of(draft).result_digest


def load(folder: Path) -> Stored:
    """Read the record in ``folder`` and check its manifest, not its files; raises IntegrityError."""
    path = folder / MANIFEST
    cure = f"delete {folder} and run again: nox -s bench"
    record = load_manifest(path, Record, "record manifest", cure)
    _check_place(record, path, cure)
    return Stored(record, folder)


def check_files(stored: Stored) -> None:
    """Compare every file that was not left out with its digest; raises IntegrityError that names the first that differs."""
    cure = f"delete {stored.folder} and run again: nox -s bench"
    place = str(stored.folder)
    for entry in stored.record.files:
        name = f"{place}{os.sep}{entry.name}"  # of thousands of records, a path object for each file takes a tenth of the time
        try:
            digest, size = digest_within(name, entry.size_bytes)
            found = digest or f"of {size} bytes"
        except OSError as error:
            path = stored.folder / entry.name
            if is_file(path):
                raise forbidden(path, error) from error
            if entry.name in withheld_of(stored.folder):
                continue
            message = f"record {stored.record.task.id} lacks its file {entry.name}"
            raise IntegrityError(message, where=str(path), cure=cure) from error
        if found != entry.sha256:
            message = f"{entry.name} of record {stored.record.task.id} was altered: sha256 {found}, recorded {entry.sha256}"
            raise IntegrityError(message, where=name, cure=cure)


def records_of(root: Path, task: TaskKey) -> Iterator[Stored]:
    """Every readable record of ``task``, any fingerprint; unreadable ones are left to ``load`` to name."""
    parent = root / "records" / task.id
    if not is_folder(parent):
        return
    try:
        folders = sorted(parent.iterdir())
    except OSError as error:
        raise forbidden(parent, error) from error
    for folder in folders:
        if folder.name.startswith(_PARTIAL) or not is_file(folder / MANIFEST):
            continue
        with contextlib.suppress(IntegrityError):
            yield load(folder)


def sweep(root: Path) -> None:
    """Remove what killed or replaced writes left behind; only for the one process that writes there now."""
    for place in ("records/*/*/*", "quarantine/*/*/*", "runs", "runs/*"):
        for leftover in root.glob(f"{place}/{_PARTIAL}*"):
            if is_within(leftover, root):
                delete(leftover)


def write_synced(path: Path, content: bytes) -> None:
    """Write ``content`` and wait until it is on the disk; raises OSError."""
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def write_folder(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Make a new folder of these files and wait until it is on the disk; raises OSError.

    The files are waited for together: eight waits one after the other take 36 ms (ext4), together 7 ms.
    """
    folder.mkdir(parents=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    with ThreadPoolExecutor(_WAITS) as pool:
        list(pool.map(_sync, [folder / name for name in contents]))  # list: raises what a thread raised
    sync_folder(folder)


def write_atomic(path: Path, content: bytes) -> None:
    """Replace the file at ``path`` in one step; raises StoreError where it cannot be written."""
    partial = path.with_name(f"{_PARTIAL}{path.name}-{uuid.uuid4().hex[:8]}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_synced(partial, content)
        partial.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise unwritable(f"cannot write {path.name}", path, error, "or name another folder with --artifacts DIR") from error
    finally:
        delete(partial)


def discard_partials(path: Path) -> None:
    """Remove what killed writes of the file at ``path`` left beside it; only for its one writer."""
    for leftover in path.parent.glob(f"{_PARTIAL}{glob.escape(path.name)}-*"):
        delete(leftover)


def is_within(path: Path, root: Path) -> bool:
    """Whether no folder between ``root`` and ``path`` is a link that leads elsewhere; ``path`` itself may be one."""
    return path.parent.resolve() == root.resolve() / path.parent.relative_to(root)


def delete(path: Path) -> None:
    """Delete a folder, a file or a link, never what a link leads to; what cannot be deleted stays and does no harm."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def sync_folder(folder: Path) -> None:
    """Make a rename inside ``folder`` durable (POSIX only: elsewhere folders cannot be opened)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync(path: Path) -> None:
    with path.open("r+b") as stream:
        os.fsync(stream.fileno())


def _record_of(draft: Draft) -> Record:
    files = tuple(
        FileEntry(name=name, sha256=digest_bytes(content), size_bytes=len(content), volatile=name in draft.volatile)
        for name, content in sorted(draft.files.items())
    )
    fields: dict[str, JsonValue] = {
        "schema_version": SCHEMA_VERSION,
        "task": draft.task.model_dump(mode="json"),
        "fingerprint": draft.ingredients.fingerprint(draft.task),
        "ingredients": draft.ingredients.model_dump(mode="json"),
        "result": draft.result.model_dump(mode="json"),
        "files": [entry.model_dump(mode="json") for entry in files],
        "result_digest": result_digest(draft.result, files),
        "execution": draft.execution.model_dump(mode="json"),
    }
    return Record.model_validate(seal(fields))


def _check_place(record: Record, path: Path, cure: str) -> None:
    if record.ingredients.fingerprint(record.task) != record.fingerprint:
        raise IntegrityError("record manifest contradicts its fingerprint", where=str(path), cure=cure)
    if folder_of(path.parents[5], record.task, record.fingerprint) != path.parent:
        raise IntegrityError(f"record of {record.task.id} lies in a folder of another task", where=str(path), cure=cure)


def _standing(folder: Path, record: Record) -> Stored | None:
    """The record already in ``folder``, where it is sound and as good as ``record``.

    That is: finished and made from the same upstream results, or skipped for the very same reason.
    """
    try:
        stored = load(folder)
        check_files(stored)
    except IntegrityError:
        return None
    found = stored.record.result
    if found.status == "skipped":
        return stored if found == record.result else None
    finished = found.status in {"ok", "diverged"}
    return stored if finished and found.upstream_results == record.result.upstream_results else None


def _take_place(partial: Path, folder: Path, record: Record) -> Stored:
    if folder.exists():
        standing = _standing(folder, record)
        if standing is not None and not withheld_of(folder):
            return standing
        retired = folder.with_name(f"{_PARTIAL}old-{uuid.uuid4().hex[:8]}")
        folder.rename(retired)
        partial.rename(folder)
        delete(retired)
    else:
        partial.rename(folder)
    sync_folder(folder.parent)
    return Stored(record, folder)
