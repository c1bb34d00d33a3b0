"""The table of the protocol audit: what each rule says of this run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.checks.finding import findings
from report.printing import cells
from report.printing.table import Cell, Column, Table, Tone

if TYPE_CHECKING:
    from report.checks.finding import Finding
    from report.evidence.subject import Subject

TONES: dict[str, Tone] = {"slip": "bad", "clean": "ok", "unknown": "muted"}
"""How the outcome of a rule is marked."""


def audit(subject: Subject) -> Table:
    """One row a rule on this run: what it asks for, and whether the records keep to it."""
    s = subject.strings
    rows = tuple(
        (cells.text(s(f"audit_run.{found.key}")), _outcome(subject, found), cells.text(_sentence(subject, found)))
        for found in findings(subject.study.declared().run_rules, subject)
    )
    heads = tuple(Column(s(f"columns.{name}")) for name in ("rule", "outcome", "evidence"))
    return Table("audit", s("captions.audit"), heads, rows)


def _outcome(subject: Subject, found: Finding) -> Cell:
    return Cell(subject.strings(f"audit_outcomes.{found.outcome}"), "status", tone=TONES[found.outcome])


def _sentence(subject: Subject, found: Finding) -> str:
    known = f"audit_run_evidence.{found.key}_{found.outcome}"
    key = known if known in subject.strings.texts else f"audit_run_evidence.{found.outcome}"
    return subject.strings(key, **found.values)
