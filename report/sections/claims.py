"""What the sections say of the claims: how many have which verdict, the level, and the refuted ones in a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.inference.testing import ALPHA
from report.inference.verdicts import counts, judge_all
from report.tables.claims import spoken

if TYPE_CHECKING:
    from report.evidence.subject import Subject


def facts(subject: Subject) -> dict[str, object]:
    """Counts by verdict as text, ``total`` as a number, and ``refuted_lines``."""
    judged = judge_all(subject)
    found: dict[str, object] = {str(key): subject.numbers.integer(count) for key, count in counts(judged).items()}
    lines = tuple(spoken(subject, one) for one in judged if one.verdict == "refuted")
    return {"total": len(judged), "alpha": subject.numbers.fixed(ALPHA, 2), "refuted_lines": lines, **found}
