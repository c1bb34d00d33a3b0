"""What the protocol audit says of the published study, a line a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.checks.finding import findings
from report.printing.markup import joined
from report.tables.protocol_audit import TONES

if TYPE_CHECKING:
    from report.checks.finding import Finding
    from report.evidence.subject import Subject


def lines(subject: Subject) -> tuple[str, ...]:
    """Place, outcome and sentence of each of the study's rules on what was published."""
    return tuple(_line(subject, found) for found in findings(subject.study.declared().published_rules, subject))


def _line(subject: Subject, found: Finding) -> str:
    """A slip says how sure it is."""
    s = subject.strings
    certainty = joined(", ", ("", s(f"certainty.{found.certainty}"))) if found.outcome == "slip" else ""
    return s(
        "audit.line",
        word=joined("", (s(f"audit_outcomes.{found.outcome}"), certainty)),
        tone=TONES[found.outcome],
        place=s(f"audit_published.{found.key}.place"),
        finding=s(f"audit_published.{found.key}.{found.outcome}", **found.values),
    )
