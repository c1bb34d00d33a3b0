"""What the appendix says about a certificate of reproduction, where the run has one."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from report.printing.markup import code, joined

if TYPE_CHECKING:
    from report.evidence.subject import Subject
    from store.certificates import Certificate


def facts(subject: Subject) -> dict[str, object]:
    """Finished text of the section; ``shown`` is False where the run has no certificate."""
    certificate = subject.evidence.certificate
    if certificate is None:
        return {"shown": False}
    s, selection = subject.strings, certificate.selection
    counts = {"tasks": len(certificate.tasks), "total": selection.tasks_in_run}
    verdicts = Counter(task.verdict for task in certificate.tasks)
    found = ", ".join(f"{number} {s(f'reproduction_verdicts.{name}')}" for name, number in sorted(verdicts.items()))
    seeded = s("reproduction.sample", seed=selection.sample_seed) if selection.sample_seed else ""
    patterns = joined(", ", map(code, selection.patterns))
    return {
        "shown": True,
        "outcome": s(f"reproduction.{certificate.outcome}", found=found),
        "standing": "" if subject.evidence.certified_here else s("reproduction.claimed"),
        "selection": s("reproduction.selection", **counts, patterns=patterns, sample=seeded),
        "origin": s("reproduction.origin", made=certificate.created_at, digest=certificate.digest[:16], **_places(certificate)),
        "tolerance": _tolerance(subject, certificate),
    }


def _places(certificate: Certificate) -> dict[str, str]:
    """Processor, device and commit of both sides, each once."""
    found = {}
    for name, side in (("stored", certificate.stored), ("again", certificate.again)):
        machines = [f"{facts.get('processor', '')} ({facts.get('gpu') or facts.get('device', '')})" for facts in side.machines]
        found[name] = "; ".join(dict.fromkeys([*machines, *side.git]))
    return found


def _tolerance(subject: Subject, certificate: Certificate) -> str:
    rule, numbers = certificate.tolerance, subject.numbers
    values = {"relative": numbers.percent(rule.relative, 1), "deviations": numbers.significant(rule.deviations, 1)}
    cap = numbers.percent(rule.cap, 1)
    return subject.strings("reproduction.tolerance", **values, seeds=rule.seeds, cap=cap)
