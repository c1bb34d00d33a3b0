"""What a rule of the protocol audit found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from report.evidence.subject import Subject

Outcome = Literal["slip", "clean", "unknown"]
Certainty = Literal["established", "likely", "possible"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule's key, what it found, and the printed numbers that its sentence takes.

    ``unknown`` says that the run has nothing to apply the rule to. ``certainty`` is how sure a slip is: it follows from the
    numbers (``established``), is the usual reading of them (``likely``), or cannot be excluded (``possible``).
    """

    key: str
    outcome: Outcome
    values: Mapping[str, str] = field(default_factory=dict)
    certainty: Certainty = "established"


def findings(rules: Iterable[Callable[[Subject], Finding]], subject: Subject) -> tuple[Finding, ...]:
    """Every rule, applied to the subject."""
    return tuple(rule(subject) for rule in rules)
