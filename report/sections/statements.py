"""Statements of the source in the report's prose: each names the claims that it stands for, and speaks their verdicts.

Nothing here, and nothing in a study, judges: numbers are printed beside the verdict, bounds and levels stand with the claims.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from report.claims.grouping import counted_word
from report.inference.verdicts import VERDICTS, counts
from report.printing.markup import joined
from report.tables.claim_reasons import reason
from report.tables.claims import TONES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from report.evidence.subject import Subject
    from report.inference.verdicts import Judged
    from report.printing.markup import Markup


def _no_numbers(_: Subject) -> Mapping[str, object]:
    return {}


@dataclass(frozen=True, slots=True)
class Statement:
    """What the source says: the key of its texts (``statements.KEY.statement`` and ``.finding``), and the claims' ids.

    ``numbers`` are what the finding prints.
    """

    key: str
    claims: tuple[str, ...]
    numbers: Callable[[Subject], Mapping[str, object]] = _no_numbers


def by_id(judged: Iterable[Judged]) -> dict[str, Judged]:
    """The verdicts by the id of their claims."""
    return {one.claim.id: one for one in judged}


def line(subject: Subject, statement: Statement, judged: Mapping[str, Judged]) -> str:
    """Verdict, words of the source, what was measured, and why the verdict is what it is."""
    s = subject.strings
    found = [judged[name] for name in statement.claims]
    finding = s(f"statements.{statement.key}.finding", **statement.numbers(subject)) if _measured(found) else ""
    return s(
        "statements.line",
        words=words(subject, found),
        statement=s(f"statements.{statement.key}.statement"),
        finding=finding,
        why=_why(subject, found),
    )


def _measured(found: Sequence[Judged]) -> bool:
    """Whether a record says anything of the claims; a sentence of "not run" in place of each number would say nothing."""
    return any(one.records or one.why != "no_result" for one in found)


def words(subject: Subject, found: Sequence[Judged]) -> Markup:
    """The verdict as a marked word; of several claims, each verdict with how many have it."""
    s, counted = subject.strings, counts(found)
    parts = []
    for verdict in VERDICTS:
        if counted[verdict]:
            word = s("statements.word", word=s(f"claim_verdicts.{verdict}"), tone=TONES[verdict])
            many = s("statements.of", word=word, count=counted[verdict], total=len(found))
            parts.append(word if len(found) == 1 else many)
    return joined(", ", parts)


def counted(subject: Subject, statements: Iterable[Statement], judged: Mapping[str, Judged]) -> dict[str, object]:
    """How many of the statements' claims have which verdict, as text, all of that in ``words``, and ``total``."""
    named = [judged[name] for name in dict.fromkeys(name for one in statements for name in one.claims)]
    found: dict[str, str] = {key: subject.numbers.integer(count) for key, count in counts(named).items()}
    return {"total": len(named), "words": _listed(subject, found), **found}


def _listed(subject: Subject, found: Mapping[str, str]) -> str:
    return ", ".join(counted_word(subject.strings, verdict, found[verdict]) for verdict in VERDICTS)


def _why(subject: Subject, found: Sequence[Judged]) -> Markup:
    """The reason of the verdict; of several claims that do not share one, each with its own words."""
    s = subject.strings
    reasons = [reason(subject, one) for one in found]
    if len(set(reasons)) == 1:
        return joined("", (s("statements.reason", reason=reasons[0]),))
    parts = (
        s("statements.each", words=one.claim.words(s.language).rstrip("."), reason=why)
        for one, why in zip(found, reasons, strict=True)
    )
    return joined(" ", parts)
