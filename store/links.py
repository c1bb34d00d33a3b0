"""Checks what a run and its records say about each other: digests, states, fingerprints and upstream results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.audit import AuditedRecord, Problem, twins
from store.chain import CHAIN
from store.records import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from store.certificates import Certificate, TaskVerdict
    from store.records import Stored
    from store.schema import Record, Run, RunEntry

_CURE = "bring the run up to date: nox -s bench"
_CERTIFY = "make the certificate anew: python -m bench reproduce"


def audit_links(run: Run, records: Mapping[str, AuditedRecord]) -> Iterator[Problem]:
    """Every contradiction between ``run`` and its records (by task id), and between a record and its upstream."""
    for entry in run.entries:
        stored = records[entry.task.id].stored
        if stored is not None:
            where = str(stored.folder / MANIFEST)
            for what in _entry_contradictions(entry, stored.record):
                yield Problem(what, where, _CURE)
            for what in _upstream_contradictions(run, stored.record, records):
                yield Problem(what, where, _CURE)


def audit_certified(certificate: Certificate, where: Path, records: Mapping[str, AuditedRecord]) -> Iterator[Problem]:
    """Every verdict in the certificate at ``where`` on a record or a result that the run does not have."""
    trained = [name for name, each in records.items() if each.stored is not None and _is_training(each.stored.record)]
    if len(trained) != certificate.selection.trainings_in_run:
        yield Problem("the certificate speaks of another number of trainings than the run has", str(where), _CERTIFY)
    for name in twins(task.task.id for task in certificate.tasks):
        yield Problem(f"the certificate judges {name} twice", str(where), _CERTIFY)
    verdicts = {task.task.id: task for task in certificate.tasks}
    for task in certificate.tasks:
        for what in _verdict_contradictions(task, verdicts, records.get(task.task.id)):
            yield Problem(what, str(where), _CERTIFY)
        stored = records[task.task.id].stored if task.task.id in records else None
        if task.task.id not in records:
            yield Problem(f"the certificate judges {task.task.id}, which the run does not name", str(where), _CERTIFY)
        elif stored is not None and stored.record.fingerprint != task.fingerprint:
            yield Problem(f"the certificate judges another {task.task.id} than the run names", str(where), _CERTIFY)
        elif stored is not None and stored.record.result_digest != task.result_stored:
            yield Problem(f"the certificate judges another result of {task.task.id} than the one stored", str(where), _CERTIFY)


def _verdict_contradictions(
    task: TaskVerdict, verdicts: Mapping[str, TaskVerdict], audited: AuditedRecord | None
) -> Iterator[str]:
    """What a verdict says that its own digests, the certificate's other verdicts or the record speak against."""
    name = task.task.id
    ran = task.verdict in {"bit_identical", "consistent", "divergence", "different"}
    if ran and task.result_again is None:
        yield f"the certificate calls {name} {task.verdict}, and names no result of its re-run"
    if task.verdict in {"no_result", "not_comparable"} and task.result_again is not None:
        yield f"the certificate calls {name} {task.verdict}, and names a result of a re-run"
    again = [verdicts.get(upstream) for upstream, origin in task.upstream.items() if origin == "again"]
    moved = task.resumed_stored != task.resumed_again or any(
        each is None or each.result_again != each.result_stored for each in again
    )
    if task.verdict == "bit_identical" and task.result_again not in {None, task.result_stored} and not moved:
        yield f"the certificate calls {name} bit-identical, with another result than the one stored"
    if task.verdict in {"divergence", "different"} and task.result_again == task.result_stored:
        yield f"the certificate calls {name} {task.verdict}, with the very result that is stored"
    if (task.verdict == "consistent") > bool(task.environment):
        yield f"the certificate calls {name} consistent, and names no other environment"
    record = audited.stored.record if audited is not None and audited.stored is not None else None
    if record is not None and (record.status in {"failed", "skipped"}) != (task.verdict == "no_result"):
        yield f"the certificate calls {name} {task.verdict}, and its record is {record.status}"
    if record is not None and task.trained != _is_training(record):
        yield f"the certificate says of {name} whether it is a training, and its record says otherwise"


def _is_training(record: Record) -> bool:
    return any(entry.name == CHAIN for entry in record.files)


def upstream_of(stored: Stored, records: Mapping[str, AuditedRecord]) -> dict[str, Stored] | None:
    """The records that ``stored`` was made from, by task id; None unless all of them are there with intact files."""
    found = {name: records.get(name) for name in stored.record.ingredients.upstream}
    usable = {name: each.stored for name, each in found.items() if each is not None and each.intact and each.stored is not None}
    return usable if usable.keys() == found.keys() else None


def _entry_contradictions(entry: RunEntry, record: Record) -> Iterator[str]:
    if record.task != entry.task:
        yield f"the run names {entry.task.id} here, but the record is of {record.task.id}"
    if record.fingerprint != entry.fingerprint:
        yield f"the record of {entry.task.id} has another fingerprint than the run gives"
    if record.digest != entry.record_digest:
        yield f"the record of {entry.task.id} is not the one that the run names: its digest is another"
    if record.status != entry.status:
        yield f"the record of {entry.task.id} is {record.status}, the run says {entry.status}"


def _upstream_contradictions(run: Run, record: Record, records: Mapping[str, AuditedRecord]) -> Iterator[str]:
    named, results = record.ingredients.upstream, record.result.upstream_results
    if named.keys() != results.keys():
        yield f"{record.task.id} was made from {sorted(named)}, but gives results of {sorted(results)}"
    fingerprints = {entry.task.id: entry.fingerprint for entry in run.entries}
    for name, fingerprint in named.items():
        if name not in fingerprints:
            yield f"{record.task.id} was made from {name}, which the run does not name"
        elif fingerprints[name] != fingerprint:
            yield f"{record.task.id} was made from another {name} than the run names"
        upstream = records[name].stored if name in records else None
        if upstream is not None and name in results and results[name] != upstream.record.result_digest:
            yield f"{record.task.id} was made from another result of {name} than the one in the store"
