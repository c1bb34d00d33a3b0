"""``bench verify``: audits runs and their records, recomputes their numbers, and says what was found, as facts and as text."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from bench.rechecking.verification.recomputation import (
    is_of_this_source,
    is_recomputed,
    recompute_record,
    recompute_run,
    taken_on_trust,
)
from store.audit import (
    AuditedRecord,
    Problem,
    audit_certificate,
    audit_latest,
    audit_record,
    audit_run,
    record_folders,
    run_ids,
)
from store.certificates import certificate_path
from store.errors import StudyError
from store.links import audit_certified, audit_links, upstream_of
from store.records import folder_of
from store.runs import LATEST, latest_run_id
from store.withheld import withheld_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import JsonValue

    from store.records import Stored
    from store.schema import Run


@dataclass(slots=True)
class _Findings:
    """What was looked at so far, each record once however many runs name it, and all that was wrong with it."""

    root: Path
    records: dict[Path, AuditedRecord] = field(default_factory=dict)
    recomputed: set[Path] = field(default_factory=set)
    values: int = 0
    problems: list[Problem] = field(default_factory=list)

    def record(self, folder: Path) -> AuditedRecord:
        """The audit of a folder, made on the first call."""
        if folder not in self.records:
            self.records[folder] = audit_record(self.root, folder)
            self.problems += self.records[folder].problems
        return self.records[folder]


def verify_facts(root: Path, run_id: str | None, *, everything: bool = False) -> dict[str, JsonValue]:
    """Check the named run, or the latest, or with ``everything`` all runs and all records, named by a run or not.

    Where the pointer to the latest run is damaged, all runs are checked; where no run is, as after a kill, all records are.
    Raises StudyError where there is no such run, or nothing at all.
    """
    names = _runs(root, run_id, everything=everything)
    findings = _Findings(root)
    if names or (root / "runs" / LATEST).exists():
        findings.problems += audit_latest(root)
    for name in names:
        _verify_run(findings, name)
    if everything or not names:
        _verify_loose(findings)
    problems: list[JsonValue] = [asdict(problem) for problem in dict.fromkeys(findings.problems)]
    files = sum(1 + len(each.stored.record.files) for each in findings.records.values() if each.stored is not None)
    stored = [each.stored for each in findings.records.values() if each.stored is not None]
    unrecomputed = [str(folder) for folder in findings.records if folder not in findings.recomputed]
    return {
        "sound": not problems,
        "artifacts": str(root),
        "runs": list(names),
        "records": len(findings.records),
        "files": files,
        "withheld": sum(len(withheld_of(each.folder)) for each in stored),
        "values_recomputed": findings.values,
        "not_recomputed": list(unrecomputed),
        "taken_on_trust": {name: list(fields) for name, fields in sorted(taken_on_trust(stored).items())},
        "made_with_other_source": [str(each.folder) for each in stored if not is_of_this_source(each)],
        "problems": problems,
    }


def verify_text(facts: Mapping[str, JsonValue]) -> str:
    """The same as lines for people: every problem, then what was looked at."""
    problems, runs, left = facts["problems"], facts["runs"], facts["not_recomputed"]
    if not isinstance(problems, list) or not isinstance(runs, list) or not isinstance(left, list):
        raise TypeError("a verification lists its problems, its runs and what it could not recompute")
    lines: list[str] = []
    for problem in problems:
        if isinstance(problem, dict):
            lines += [f"problem: {problem['what']}", f"  where: {problem['where']}", f"  cure:  {problem['cure']}"]
    verdict = f"{len(problems)} problem{'s' * (len(problems) != 1)}" if problems else "sound"
    looked = f"{facts['records']} records, {facts['files']} files, {facts['values_recomputed']} values recomputed"
    without = f" ({len(left)} records not recomputed)" if left else ""
    lines += _reservations(facts)
    return "\n".join([*lines, f"{verdict}: {', '.join(map(str, runs)) or 'no run'} in {facts['artifacts']}: {looked}{without}"])


def _reservations(facts: Mapping[str, JsonValue]) -> list[str]:
    """What this verification cannot tell, field by field."""
    other, trust = facts["made_with_other_source"], facts["taken_on_trust"]
    lines = []
    if facts["withheld"]:
        lines.append(f"{facts['withheld']} files were left out of the archive of the run: only their digests are known here")
    if isinstance(other, list) and other:
        lines.append(
            f"{len(other)} records were made with other source than this: what follows from the program was not recomputed"
        )
    if isinstance(trust, dict) and any(trust.values()):
        lines.append("taken on trust, as nothing stored tells it (bench reproduce does; docs/records.md lists every field):")
        lines += [
            f"  {name}: {', '.join(map(str, fields))}" for name, fields in trust.items() if isinstance(fields, list) and fields
        ]
    return lines


def _runs(root: Path, run_id: str | None, *, everything: bool) -> list[str]:
    known = run_ids(root)
    if run_id is not None and run_id not in known:
        cure = f"choose one of: {', '.join(known)}" if known else "make one: nox -s bench"
        raise StudyError(f"no run named {run_id}", where=str(root / "runs"), cure=cure)
    if run_id is not None:
        return [run_id]
    if not known and not (root / "runs" / LATEST).exists():
        if record_folders(root):
            return []
        raise StudyError("no run found", where=str(root), cure="make one: nox -s bench")
    return known if everything or any(audit_latest(root)) else [latest_run_id(root)]


def _verify_run(findings: _Findings, name: str) -> None:
    run, problems = audit_run(findings.root, name)
    findings.problems += problems
    if run is None:
        return
    audited = {entry.task.id: findings.record(folder_of(findings.root, entry.task, entry.fingerprint)) for entry in run.entries}
    findings.problems += audit_links(run, audited)
    certificate, problems = audit_certificate(findings.root, run)
    findings.problems += problems
    if certificate is not None:
        findings.problems += audit_certified(certificate, certificate_path(findings.root, name), audited)
    _recompute(findings, run, audited)


def _verify_loose(findings: _Findings) -> None:
    """Check the records that no run names; each is recomputed where the very records that it was made from are there."""
    audited = [findings.record(folder) for folder in record_folders(findings.root)]
    known = {(each.stored.record.task.id, each.stored.record.fingerprint): each for each in audited if each.stored is not None}
    for each in audited:
        stored = each.stored
        if stored is None or not each.intact or stored.folder in findings.recomputed:
            continue
        made_from = stored.record.ingredients.upstream
        _recompute_one(
            findings, stored, {name: known[name, made_from[name]] for name in made_from if (name, made_from[name]) in known}
        )


def _recompute_one(findings: _Findings, stored: Stored, audited: Mapping[str, AuditedRecord]) -> None:
    upstream = upstream_of(stored, audited)
    found = recompute_record(stored, upstream)
    findings.values += found.values
    findings.problems += found.problems
    if upstream is not None and is_recomputed(stored):
        findings.recomputed.add(stored.folder)


def _recompute(findings: _Findings, run: Run, audited: Mapping[str, AuditedRecord]) -> None:
    """Compare the numbers of every record whose files are intact; the others are named as damaged already."""
    intact = {name: each.stored for name, each in audited.items() if each.stored is not None and each.intact}
    for stored in intact.values():
        if stored.folder not in findings.recomputed:
            _recompute_one(findings, stored, audited)
    found = recompute_run(run, intact, findings.root)
    findings.values += found.values
    findings.problems += found.problems
