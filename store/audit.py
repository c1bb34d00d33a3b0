"""Finds everything that is wrong with a run, its manifest and its records, without stopping at the first problem."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from store.canonical import digest, digest_within, readable_json
from store.certificates import CERTIFICATE, Certificate, certificate_path, outcome_of
from store.doors import DOCUMENT_BYTES, parse_json, read_bounded, reason_of
from store.errors import IntegrityError
from store.extent import hold_extent
from store.manifests import misfits
from store.records import MANIFEST, Stored, folder_of
from store.runs import LATEST, POINTER_BYTES, RUN_ID, run_id_of, run_path
from store.schema import Record, Run, result_digest
from store.withheld import WITHHELD, withheld_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_Manifest = TypeVar("_Manifest", Record, Run, Certificate)
_SHOWN = 60  # characters of a damaged value: enough to recognise it


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it was written: what, where, and what cures it."""

    what: str
    where: str
    cure: str


@dataclass(frozen=True, slots=True)
class AuditedRecord:
    """A record folder after its audit. ``stored`` is None where the manifest cannot be read.

    ``intact`` says that every file has the digest that the manifest gives, so that the files are worth reading.
    """

    folder: Path
    stored: Stored | None
    intact: bool
    problems: tuple[Problem, ...]


def audit_latest(root: Path) -> Iterator[Problem]:
    """Check that the pointer to the latest run is there and names a run that is there."""
    pointer, known = root / "runs" / LATEST, run_ids(root)
    cure = f"run again (nox -s bench), or write one of these into it: {', '.join(known)}" if known else "run: nox -s bench"
    try:
        content = read_bounded(pointer, POINTER_BYTES)
    except (OSError, ValueError) as error:
        yield Problem(f"the pointer to the latest run cannot be read: {reason_of(error)}", str(pointer), cure)
        return
    name = content.decode(errors="replace").strip()
    if content != f"{name}\n".encode() or not RUN_ID.fullmatch(name):
        yield Problem(f"the pointer to the latest run was altered: {content[:_SHOWN]!r}", str(pointer), cure)
    elif name not in known:
        yield Problem(f"the latest run {name} has no manifest", str(pointer), cure)


def run_ids(root: Path) -> list[str]:
    """The runs that have a manifest, by name."""
    return sorted(path.parent.name for path in (root / "runs").glob("*/run.json"))


def record_folders(root: Path) -> list[Path]:
    """Every record folder, whether a run names it or not; what killed writes left behind is none."""
    return sorted(path for path in (root / "records").glob("*/*/*/*") if not path.name.startswith(".") and _may_be_record(path))


def _may_be_record(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # its audit says why it cannot be read
        return True


def audit_run(root: Path, run_id: str) -> tuple[Run | None, list[Problem]]:
    """Read the manifest of ``run_id`` and check all that it says about itself; None where it cannot be read."""
    path = run_path(root, run_id)
    cure = f"delete {path.parent} and run again: nox -s bench"
    run, problems = _read(path, Run, cure)
    if run is None:
        return None, problems
    if run.run_id != run_id:
        problems.append(Problem(f"the manifest of run {run.run_id} lies in the folder of run {run_id}", str(path), cure))
    if run.run_id != run_id_of(run.profile, (entry.fingerprint for entry in run.entries)):
        problems.append(Problem(f"the tasks of run {run.run_id} are not those that gave it its name", str(path), cure))
    twice = twins(entry.task.id for entry in run.entries)
    problems += [Problem(f"the run names {name} twice", str(path), cure) for name in twice]
    return run, problems


def twins(names: Iterable[str]) -> list[str]:
    """Those that stand more than once, in order; a manifest may list hundreds of thousands."""
    return sorted(name for name, times in Counter(names).items() if times > 1)


def audit_certificate(root: Path, run: Run) -> tuple[Certificate | None, list[Problem]]:
    """Read the run's certificate of reproduction; None without one, and where it cannot be read or is of another run.

    A certificate of the run as it was before it changed is no problem: it says so itself, and counts for nothing.
    """
    path = certificate_path(root, run.run_id)
    if not path.exists():
        return None, []
    cure = f"delete {path}, or make it anew: python -m bench reproduce {run.run_id}"
    certificate, problems = _read(path, Certificate, cure)
    if certificate is None or certificate.run_digest != run.digest:
        return None, problems
    if certificate.outcome != outcome_of(certificate.tasks, certificate.selection):
        problems.append(Problem(f"{CERTIFICATE} says of the whole what its tasks do not say", str(path), cure))
    if certificate.selection.tasks_in_run != len(run.entries):
        problems.append(Problem(f"{CERTIFICATE} speaks of another number of tasks than the run has", str(path), cure))
    return certificate, problems


def audit_record(root: Path, folder: Path) -> AuditedRecord:
    """Check a record folder by itself: manifest, digests, place, and every file, named or not."""
    cure = f"delete {folder} and run again: nox -s bench"
    path = folder / MANIFEST
    record, problems = _read(path, Record, cure)
    if record is None:
        return AuditedRecord(folder, None, intact=False, problems=tuple(problems))
    if record.ingredients.fingerprint(record.task) != record.fingerprint:
        problems.append(Problem("the ingredients do not give the record's fingerprint", str(path), cure))
    if folder_of(root, record.task, record.fingerprint) != folder:
        what = f"a record of {record.task.id} lies in a folder that is not its own"
        problems.append(Problem(what, str(path), cure))
    if result_digest(record.result, record.files) != record.result_digest:
        problems.append(Problem("the result was altered: it does not give the record's result digest", str(path), cure))
    damaged = list(_damaged_files(record, folder, cure))
    problems += [*damaged, *_unnamed_files(record, folder)]
    return AuditedRecord(folder, Stored(record, folder), not damaged, tuple(problems))


def _damaged_files(record: Record, folder: Path, cure: str) -> Iterator[Problem]:
    names = {entry.name for entry in record.files}
    twice = {*twins(entry.name for entry in record.files)}
    try:
        withheld = withheld_of(folder)
    except IntegrityError as error:
        yield Problem(error.what, error.where, error.cure)
        withheld = frozenset()
    for name in sorted(withheld - names):
        yield Problem(f"{WITHHELD} names {name[:80]!r}, which is no file of the record", str(folder / WITHHELD), cure)
    for entry in record.files:
        path = folder / entry.name
        if entry.name in withheld and not path.exists():
            continue
        if entry.name in twice:
            yield Problem(f"the manifest names {entry.name} more than once", str(folder / MANIFEST), cure)
        try:
            found, size = digest_within(path, entry.size_bytes)
        except OSError as error:
            what = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read: {reason_of(error)}"
            yield Problem(f"{entry.name} of {record.task.id} {what}", str(path), cure)
            continue
        if found is not None and found != entry.sha256:
            what = f"{entry.name} of {record.task.id} was altered: sha256 {found}, recorded {entry.sha256}"
            yield Problem(what, str(path), cure)
        if size != entry.size_bytes:
            what = f"{entry.name} of {record.task.id} has {size} bytes, recorded {entry.size_bytes}"
            yield Problem(what, str(path), cure)


def _unnamed_files(record: Record, folder: Path) -> Iterator[Problem]:
    known = {MANIFEST, WITHHELD, *(entry.name for entry in record.files)}
    try:
        there = sorted(folder.iterdir())
    except OSError as error:
        cure = f"give yourself permission: chmod u+rx {folder}"
        yield Problem(f"the folder cannot be read: {reason_of(error)}", str(folder), cure)
        return
    for path in there:
        if path.name not in known:
            what = f"{path.name!r} lies in the record of {record.task.id}, but its manifest does not name it"
            yield Problem(what, str(path), f"delete {path}")


def _read(path: Path, model: type[_Manifest], cure: str) -> tuple[_Manifest | None, list[Problem]]:
    """The manifest, where it fits its schema, and what is wrong with its bytes, its fields and its digest."""
    try:
        content = read_bounded(path, DOCUMENT_BYTES)
        fields = parse_json(content)
        hold_extent(fields)
    except OSError as error:
        return None, [Problem(f"{path.name} cannot be read: {reason_of(error)}", str(path), cure)]
    except (ValueError, MemoryError) as error:  # NaN, half of a surrogate pair, depth without end: no manifest can hold these
        return None, [Problem(f"{path.name} is no JSON that a manifest can be: {reason_of(error)}", str(path), cure)]
    problems = [Problem(what, str(path), cure) for what in _altered(path.name, content, fields)]
    try:
        return model.model_validate_json(content, strict=True), problems
    except ValidationError as error:
        kind = f"{path.name} does not fit the schema of a {model.__name__.lower()}"
        return None, problems + [Problem(f"{kind}: {what}", str(path), cure) for what in misfits(error)]


def _altered(name: str, content: bytes, fields: object) -> Iterator[str]:
    """Compare the file with what its own fields give, to the byte: white space and repeated keys count too."""
    if not isinstance(fields, dict):
        return
    written, sealed = readable_json(fields), digest({key: value for key, value in fields.items() if key != "digest"})
    if sealed != fields.get("digest"):
        yield f"{name} was altered: its digest does not match"
    elif written != content:
        yield f"{name} was altered: its fields are as they were, but its bytes are not"
