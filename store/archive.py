"""Carries a run from one store to another: one tar archive of its manifest and records, each file with its checksum."""

from __future__ import annotations

import contextlib
import io
import shutil
import tarfile
import uuid
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from store.audit import audit_certificate, audit_record, audit_run
from store.canonical import digest_bytes, digest_file, readable_json
from store.certificates import CERTIFICATE, certificate_path, is_checked_here, load_certificate
from store.crate import CRATE, crate_bytes
from store.doors import DOCUMENT_BYTES, open_regular, read_bounded
from store.errors import IntegrityError, unwritable
from store.links import audit_certified, audit_links
from store.records import MANIFEST, folder_of, sync_folder, write_atomic
from store.runs import load_entry, load_record, load_run, point_latest, run_path, save_run
from store.settling import follow, settle
from store.unpacking import CHECKSUMS, CURE, FORMAT, unpack
from store.withheld import is_left_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pydantic import JsonValue

    from store.schema import Run
    from store.settling import Settlement


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


def export_run(root: Path, run_id: str | None, target: Path, leave_out: Sequence[str] = ()) -> Run:
    """Write the run, or the latest, to ``target`` with its Process Run Crate: equal runs give equal bytes, digests are checked.

    ``leave_out`` are patterns of names of records' files that are listed with their digests and not carried, such as
    ``*.safetensors``. Raises IntegrityError for a damaged record, StudyError without a run, StoreError where ``target``
    cannot be written.
    """
    run = load_run(root, run_id)
    named = dict(sorted((path.relative_to(root).as_posix(), path) for path in _files_of(root, run)))
    withheld = {name for name, path in named.items() if not path.exists() or _may_stay(name, leave_out)}
    files = {name: path for name, path in named.items() if name not in withheld}
    sizes = {name: path.stat().st_size for name, path in files.items()}
    sums: dict[str, JsonValue] = {
        name: {"sha256": digest_file(path), "size_bytes": sizes[name]} for name, path in files.items()
    }
    crate = crate_bytes(run, [load_entry(root, entry).record for entry in run.entries])
    sums[CRATE] = {"sha256": digest_bytes(crate), "size_bytes": len(crate)}
    fields: dict[str, JsonValue] = {"format": FORMAT, "run_id": run.run_id, "run_digest": run.digest, "files": sums}
    head = readable_json({**fields, "withheld": sorted(withheld)} if withheld else fields)
    partial = target.with_name(f".partial-{target.name}-{uuid.uuid4().hex[:8]}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(partial, "w", format=tarfile.PAX_FORMAT) as archive:
            for name, content in ((CHECKSUMS, head), (CRATE, crate)):
                first = tarfile.TarInfo(name)
                first.size = len(content)
                archive.addfile(first, io.BytesIO(content))
            for name, path in files.items():
                _add(archive, name, path, sizes[name])
        partial.replace(target)
    except OSError as error:
        raise unwritable("cannot write the archive", target, error, "or name another file with --output FILE") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()
    return run


def unused(root: Path, run: Run, leave_out: Sequence[str]) -> tuple[str, ...]:
    """Those of the patterns that no file of the run's records fits."""
    names = [
        (folder_of(root, entry.task, entry.fingerprint) / file.name).relative_to(root).as_posix()
        for entry in (run.entries if leave_out else ())
        for file in load_record(folder_of(root, entry.task, entry.fingerprint)).record.files
    ]
    return tuple(pattern for pattern in leave_out if not any(_may_stay(name, [pattern]) for name in names))


def import_run(root: Path, source: Path, *, keep_standing: bool = False) -> Imported:
    """Check an archive and take its run into the store; only for the one process that writes there.

    Records come first, each whole or not at all, the run's manifest last. Where the store has a record of the same task,
    ``settle`` chooses, and the run's manifest names what it chose. Raises UsageError for a file that is no archive of a
    run, IntegrityError for an archive that was altered, holds anything but the files of one run, or contradicts itself or
    the store: then the store is as before, but for sound records that no run names yet.
    """
    staging = root / f".partial-import-{uuid.uuid4().hex[:8]}"
    try:
        run_id = unpack(source, staging)
        run = load_run(staging, run_id)
        _check_sound(staging, run)
        certified = load_certificate(staging, run) is not None
        settled = settle(root, staging, run, keep_standing=keep_standing)
        added = sum(_take_records(root, staging, settled))
        updated = follow(root, settled.run)
        if not _is_there(root, settled.run):
            save_run(root, settled.run)
        lost = certified and load_run(root, run_id).digest != run.digest
        if certified and not lost and not is_checked_here(root, run):
            write_atomic(certificate_path(root, run_id), read_bounded(certificate_path(staging, run_id), DOCUMENT_BYTES))
        point_latest(root, run_id)
        return Imported(run_id, len(run.entries), added, settled.kept, settled.replaced, updated, lost)
    except OSError as error:
        raise unwritable("cannot take the archive in", root, error, "then import again") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _check_sound(staging: Path, run: Run) -> None:
    """Everything that the run, its records and its certificate say about themselves and each other; raises IntegrityError."""
    _, problems = audit_run(staging, run.run_id)
    certificate, doubts = audit_certificate(staging, run)
    audited = {entry.task.id: audit_record(staging, folder_of(staging, entry.task, entry.fingerprint)) for entry in run.entries}
    found = [*problems, *(problem for each in audited.values() for problem in each.problems), *audit_links(run, audited)]
    found += doubts
    if certificate is not None:
        found += audit_certified(certificate, certificate_path(staging, run.run_id), audited)
    for problem in found:
        where = problem.where.replace(f"{staging}/", "in the archive: ")
        raise IntegrityError(problem.what, where=where, cure=CURE)


def _files_of(root: Path, run: Run) -> Iterator[Path]:
    yield run_path(root, run.run_id)
    if load_certificate(root, run) is not None:
        yield certificate_path(root, run.run_id)
    for entry in run.entries:
        stored = load_entry(root, entry)
        yield stored.folder / MANIFEST
        yield from (stored.folder / file.name for file in stored.record.files)  # also one that was left out before


def _may_stay(name: str, leave_out: Sequence[str]) -> bool:
    """Whether the export leaves the file out: never a manifest, without which nobody could say what is missing.

    A pattern with a slash speaks of the task, too: ``detector/*/best.bin``.
    """
    place = PurePosixPath(name)
    if place.name in {MANIFEST, "run.json", CERTIFICATE} or place.parts[0] != "records":
        return False
    whole = "/".join((*place.parts[1:-2], place.name))  # the task, without the fingerprint
    return is_left_out(place.name, leave_out) or is_left_out(whole, [pattern for pattern in leave_out if "/" in pattern])


def _add(archive: tarfile.TarFile, name: str, path: Path, size: int) -> None:
    member = tarfile.TarInfo(name)  # dates, owners and modes keep tarfile's fixed defaults
    member.size = size
    with open_regular(path) as stream:
        archive.addfile(member, stream)


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
