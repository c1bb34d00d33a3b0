"""Carries a run from one store to another: one tar archive of its manifest and records, each file with its checksum."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import uuid
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from store.canonical import digest_bytes, readable_json
from store.certificates import certificate_path, load_certificate
from store.errors import IntegrityError, StoreError, UsageError
from store.records import MANIFEST, folder_of, sync_folder, write_atomic, write_synced
from store.runs import load_entry, load_run, point_latest, run_path, save_run
from store.settling import follow, settle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from store.schema import Run
    from store.settling import Settlement

CHECKSUMS = "checksums.json"
_FORMAT = 1
_CURE = "export the run again, or copy the archive again"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: the run, and how many of its records were new to the store.

    ``kept`` and ``replaced`` as in ``Settlement``; ``updated`` are earlier runs that name other records now, and
    ``certificate_lost`` says that the run's certificate speaks of records which the store did not take.
    """

    run_id: str
    records: int
    added: int
    kept: tuple[str, ...]
    replaced: tuple[str, ...]
    updated: tuple[str, ...]
    certificate_lost: bool


def export_run(root: Path, run_id: str | None, target: Path) -> Run:
    """Write the run, or the latest, to ``target``: equal runs give equal bytes. Every digest is checked on the way.

    Raises IntegrityError for a damaged record, StudyError without a run, StoreError where ``target`` cannot be written.
    """
    run = load_run(root, run_id)
    files = dict(sorted((path.relative_to(root).as_posix(), path) for path in _files_of(root, run)))
    sums = {
        name: {"sha256": digest_bytes(path.read_bytes()), "size_bytes": path.stat().st_size} for name, path in files.items()
    }
    head = readable_json({"format": _FORMAT, "run_id": run.run_id, "run_digest": run.digest, "files": sums})
    partial = target.with_name(f".partial-{target.name}-{uuid.uuid4().hex[:8]}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(partial, "w", format=tarfile.PAX_FORMAT) as archive:
            _add(archive, CHECKSUMS, head)
            for name, path in files.items():
                _add(archive, name, path.read_bytes())
        partial.replace(target)
    except OSError as error:
        message = f"cannot write the archive: {error.strerror or error}"
        raise StoreError(message, where=str(target), cure="free some space or name another file with --output FILE") from error
    finally:
        partial.unlink(missing_ok=True)
    return run


def import_run(root: Path, source: Path, *, keep_standing: bool = False) -> Imported:
    """Check an archive and take its run into the store; only for the one process that writes there.

    Records come first, each whole or not at all, the run's manifest last. Where the store has a record of the same task,
    ``settle`` chooses, and the run's manifest names what it chose. Raises UsageError for a file that is no archive of a
    run, IntegrityError for an archive that was altered or a record that contradicts the store's: then the store is as
    before, but for sound records that no run names yet.
    """
    staging = root / f".partial-import-{uuid.uuid4().hex[:8]}"
    try:
        run_id = _unpack(source, staging)
        run = load_run(staging, run_id)
        if run.run_id != run_id:
            raise IntegrityError(
                f"the archive names run {run_id!r}, its manifest is of {run.run_id}", where=str(source), cure=_CURE
            )
        for entry in run.entries:
            load_entry(staging, entry)
        certified = load_certificate(staging, run) is not None
        settled = settle(root, staging, run, keep_standing=keep_standing)
        added = sum(_take_records(root, staging, settled))
        updated = follow(root, settled.run)
        if not _is_there(root, settled.run):
            save_run(root, settled.run)
        lost = certified and load_run(root, run_id).digest != run.digest
        if certified and not lost:
            write_atomic(certificate_path(root, run_id), certificate_path(staging, run_id).read_bytes())
        point_latest(root, run_id)
        return Imported(run_id, len(run.entries), added, settled.kept, settled.replaced, updated, lost)
    except OSError as error:
        message = f"cannot take the archive in: {error.strerror or error}"
        raise StoreError(message, where=str(root), cure="free some space, then import again") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _files_of(root: Path, run: Run) -> Iterator[Path]:
    yield run_path(root, run.run_id)
    if load_certificate(root, run) is not None:
        yield certificate_path(root, run.run_id)
    for entry in run.entries:
        stored = load_entry(root, entry)
        yield stored.folder / MANIFEST
        yield from (stored.folder / file.name for file in stored.record.files)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)  # dates, owners and modes keep tarfile's fixed defaults
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _unpack(source: Path, staging: Path) -> str:
    """Write the archive's files below ``staging``, each compared with its checksum; returns the run's name."""
    try:
        with tarfile.open(source, "r:") as archive:
            run_id, expected = _head(archive, source)
            for member in archive:
                if member.offset:  # the checksums themselves lie at 0
                    _write(archive, member, expected, staging, source)
    except tarfile.TarError as error:
        raise IntegrityError(f"the archive cannot be read to its end: {error}", where=str(source), cure=_CURE) from error
    if expected:
        message = f"the archive lacks {len(expected)} of its files, {min(expected)} among them"
        raise IntegrityError(message, where=str(source), cure=_CURE)
    return run_id


def _head(archive: tarfile.TarFile, source: Path) -> tuple[str, dict[str, str]]:
    first = archive.next()
    stream = archive.extractfile(first) if first is not None and first.name == CHECKSUMS else None
    if stream is None:
        cure = "name a file that bench export wrote"
        raise UsageError(f"this is no archive of a run: it does not begin with {CHECKSUMS}", where=str(source), cure=cure)
    try:
        fields = json.loads(stream.read())
        if fields["format"] != _FORMAT:
            raise UsageError(f"the archive has format {fields['format']}, this program reads {_FORMAT}", where=str(source))
        return str(fields["run_id"]), {str(name): str(entry["sha256"]) for name, entry in fields["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IntegrityError(f"{CHECKSUMS} of the archive cannot be read", where=str(source), cure=_CURE) from error


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, expected: dict[str, str], staging: Path, source: Path) -> None:
    name = PurePosixPath(member.name)
    safe = member.isreg() and not name.is_absolute() and ".." not in name.parts and name.parts[0] in {"records", "runs"}
    stream = archive.extractfile(member) if safe and member.name in expected else None
    if stream is None:
        raise IntegrityError(f"the archive holds {member.name!r}, which is no file of the run", where=str(source), cure=_CURE)
    content = stream.read()
    if digest_bytes(content) != expected.pop(member.name):
        raise IntegrityError(f"{member.name} of the archive was altered", where=str(source), cure=_CURE)
    path = staging / name
    path.parent.mkdir(parents=True, exist_ok=True)
    write_synced(path, content)


def _take_records(root: Path, staging: Path, settled: Settlement) -> Iterator[bool]:
    """Move the chosen records into the store; True for each task that it had no record of."""
    for entry in settled.run.entries:
        folder, place = (folder_of(base, entry.task, entry.fingerprint) for base in (staging, root))
        retired = place.with_name(f".partial-old-{uuid.uuid4().hex[:8]}")
        if entry.task.id in settled.replaced:
            place.rename(retired)
        new = not place.exists()
        if new:
            _move(folder, place)
        shutil.rmtree(retired, ignore_errors=True)
        yield new and entry.task.id not in settled.replaced


def _move(folder: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    sync_folder(folder)
    folder.rename(place)
    sync_folder(place.parent)


def _is_there(root: Path, run: Run) -> bool:
    """Whether the store has the run with the same records already, whoever made it."""
    try:
        return run_path(root, run.run_id).is_file() and load_run(root, run.run_id).entries == run.entries
    except IntegrityError:
        return False
