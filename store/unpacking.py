"""Unpacks an archive of a run into an empty folder: exactly the files of that run, each held against its checksum."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from store.certificates import certificate_path
from store.crate import CRATE, crate_bytes
from store.doors import DOCUMENT_BYTES, open_regular, parse_json, reason_of
from store.errors import IntegrityError, UsageError, printable
from store.extent import SMALL, hold_extent, hold_keys
from store.manifests import misfits, parse_manifest
from store.members import Member, members
from store.records import MANIFEST, folder_of
from store.runs import run_path
from store.schema import Count, Name, Record, Run, Sha256
from store.withheld import WITHHELD, withheld_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

CHECKSUMS = "checksums.json"
FORMAT = 1
CURE = "export the run again, or copy the archive again"
_CHUNK = 1 << 20


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    sha256: Sha256
    size_bytes: Count


class _Head(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: int
    run_id: Name
    run_digest: Sha256
    files: dict[str, _File]
    withheld: tuple[str, ...] = Field(default=(), strict=False)


def unpack(source: Path, staging: Path) -> str:
    """Write the archive's files below ``staging``; returns the run's name.

    Nothing is written before the members are known to be exactly the run's manifest, its certificate if it has one, and
    the files of the records that it names. Raises UsageError for a file that is no archive of a run, IntegrityError
    where it holds anything else or less, OSError where ``staging`` cannot be written.
    """
    with _opened(source) as stream:
        head, found = _indexed(stream, source)
        for name in _files_of_run(stream, head, found, source):
            _write(stream, found[name], head.files[name].sha256, staging / name, source)
    for folder, names in _by_folder(head.withheld).items():
        (staging / folder / WITHHELD).write_bytes(withheld_bytes(names))
    return head.run_id


def identify(source: Path) -> tuple[str, str]:
    """Name and digest of the run in an archive that ``unpack`` would take: each file held against its checksum, none written.

    Raises as ``unpack`` does.
    """
    with _opened(source) as stream:
        head, found = _indexed(stream, source)
        for name in _files_of_run(stream, head, found, source):
            for _ in _pieces(stream, found[name], head.files[name].sha256, source):
                pass
    return head.run_id, head.run_digest


def _opened(source: Path) -> BinaryIO:
    try:
        return open_regular(source)
    except OSError as error:
        raise UsageError(
            f"the archive cannot be read: {reason_of(error)}", where=str(source), cure="name another file"
        ) from error


def _indexed(stream: BinaryIO, source: Path) -> tuple[_Head, dict[str, Member]]:
    """The checksums, and every other member by name: those that the checksums give, each once and of its size."""
    try:
        listing = members(stream)
        head = _head(stream, next(listing, None), source)
        found: dict[str, Member] = {}
        for member in listing:
            known = head.files.get(member.name)
            if known is None or member.name in found:
                raise _refusal(f"the archive holds {member.name[:160]!r}, which is no file of the run", source)
            if known.size_bytes != member.size:
                raise _refusal(f"{member.name} of the archive has {member.size} bytes, not {known.size_bytes}", source)
            found[member.name] = member
    except (ValueError, OSError) as error:  # UnicodeDecodeError is one; of a disk that fails, the archive is at fault
        raise _refusal(f"the archive cannot be read to its end: {reason_of(error)}", source) from error
    lacking = head.files.keys() - found.keys()
    if lacking:
        raise _refusal(f"the archive lacks {len(lacking)} of its files, {printable(min(lacking))[:160]} among them", source)
    return head, found


def _head(stream: BinaryIO, first: Member | None, source: Path) -> _Head:
    if first is None or first.name != CHECKSUMS or first.size > DOCUMENT_BYTES:
        message = f"this is no archive of a run: it does not begin with {CHECKSUMS}"
        raise UsageError(message, where=str(source), cure="name a file that bench export wrote")
    try:
        content = _content(stream, first)
        fields = parse_json(content)
        hold_keys(content)
        hold_extent(fields)
        head = _Head.model_validate(fields)
    except ValidationError as error:
        raise _refusal(f"{CHECKSUMS} of the archive does not fit its schema: {misfits(error)[0]}", source) from error
    except ValueError as error:
        raise _refusal(f"{CHECKSUMS} of the archive cannot be read: {reason_of(error)}", source) from error
    if head.format != FORMAT:
        raise UsageError(f"the archive has format {head.format}, this program reads {FORMAT}", where=str(source))
    return head


def _files_of_run(stream: BinaryIO, head: _Head, found: Mapping[str, Member], source: Path) -> list[str]:
    """The names of all files, once they are known to be those that the run and its records name; raises IntegrityError."""
    place = (str(source), CURE)
    manifest = run_path(Path(), head.run_id).as_posix()
    run = parse_manifest(_listing(stream, found, manifest, source), Run, "the run manifest of the archive", place)
    if (run.run_id, run.digest) != (head.run_id, head.run_digest):
        raise _refusal(f"the archive names run {head.run_id}, its manifest is of {run.run_id} or was altered", source)
    named = {manifest} | ({certificate_path(Path(), head.run_id).as_posix()} & found.keys())
    records, files = [], set[str]()
    for entry in run.entries:
        folder = folder_of(Path(), entry.task, entry.fingerprint).as_posix()
        record_path = f"{folder}/{MANIFEST}"
        content = _listing(stream, found, record_path, source)
        record = parse_manifest(content, Record, f"{record_path} of the archive", place)
        records.append(record)
        named |= {record_path, *(f"{folder}/{file.name}" for file in record.files)}
        files |= {f"{folder}/{file.name}" for file in record.files}
        for file in record.files:
            listed = head.files.get(f"{folder}/{file.name}")
            if listed is not None and (listed.sha256, listed.size_bytes) != (file.sha256, file.size_bytes):
                raise _refusal(f"{file.name} of the archive is not the file that its record names", source)
    if CRATE in found and _small(stream, found, CRATE, source) != crate_bytes(run, records):
        raise _refusal(f"{CRATE} of the archive does not describe its run", source)
    strange = sorted({*head.withheld} - files) or sorted({*head.withheld} & found.keys())
    if strange:
        raise _refusal(f"the archive says that it leaves out {strange[0][:160]!r}, which it cannot leave out", source)
    named -= {*head.withheld}
    for name in sorted((found.keys() - {CRATE}) ^ named):
        what = "holds" if name in found else "lacks"
        raise _refusal(f"the archive {what} {name[:160]!r}, which is {'no' if name in found else 'a'} file of the run", source)
    return sorted(named)


def _by_folder(names: Iterable[str]) -> dict[str, list[str]]:
    """Names of files by the folder of their record."""
    found: dict[str, list[str]] = {}
    for name in names:
        folder, _, file = name.rpartition("/")
        found.setdefault(folder, []).append(file)
    return found


def _small(stream: BinaryIO, found: Mapping[str, Member], name: str, source: Path) -> bytes:
    """A document out of the archive, small enough to be looked at before anything is written."""
    member = found.get(name)
    if member is None:
        raise _refusal(f"the archive lacks {name[:160]}", source)
    if member.size > DOCUMENT_BYTES:
        raise _refusal(f"{name[:160]} of the archive has {member.size} bytes, which no manifest has", source)
    return _content(stream, member)


def _listing(stream: BinaryIO, found: Mapping[str, Member], name: str, source: Path) -> bytes:
    """The same of what a schema is held against next, which lists no more than a manifest does."""
    content = _small(stream, found, name, source)
    if len(content) > SMALL:
        try:
            hold_extent(parse_json(content))
        except ValueError as error:
            raise _refusal(f"{name[:160]} of the archive cannot be read: {reason_of(error)}", source) from error
    return content


def _content(stream: BinaryIO, member: Member) -> bytes:
    """The member's bytes; where the archive is read on, its position has to be set anew."""
    stream.seek(member.offset)
    return stream.read(member.size)


def _write(stream: BinaryIO, member: Member, sha256: str, path: Path, source: Path) -> None:
    """Copy the member piece by piece; raises IntegrityError, OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as target:
        for piece in _pieces(stream, member, sha256, source):
            target.write(piece)
        target.flush()
        os.fsync(target.fileno())


def _pieces(stream: BinaryIO, member: Member, sha256: str, source: Path) -> Iterator[bytes]:
    """The member's bytes, held against its checksum behind the last of them; raises IntegrityError."""
    stream.seek(member.offset)
    hasher, left = hashlib.sha256(), member.size
    while left and (piece := stream.read(min(_CHUNK, left))):
        hasher.update(piece)
        left -= len(piece)
        yield piece
    if left or hasher.hexdigest() != sha256:
        raise _refusal(f"{member.name} of the archive was altered", source)


def _refusal(what: str, source: Path) -> IntegrityError:
    return IntegrityError(what, where=str(source), cure=CURE)
