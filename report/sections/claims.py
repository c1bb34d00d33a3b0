"""What the sections say of the claims: how many have which verdict, place by place, the level, and the refuted ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.claims.grouping import counted_word
from report.inference.testing import ALPHA
from report.inference.verdicts import VERDICTS, counts, judge_all
from report.printing.markup import drawn, joined
from report.tables.claims import TONES, by_place, spoken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from report.evidence.subject import Subject
    from report.inference.verdicts import Judged
    from report.printing.markup import Markup
    from report.tables.claims import Grouped

_GAP = "\N{EN SPACE} "  # between marked words, whose grounds reach beyond them; a line that begins here has no space


def facts(subject: Subject) -> dict[str, object]:
    """Counts by verdict as text, ``total`` as a number, the ``tally`` of all, ``refuted_lines``, and ``groups`` by place."""
    judged = judge_all(subject)
    found: dict[str, object] = {str(key): subject.numbers.integer(count) for key, count in counts(judged).items()}
    lines = tuple(spoken(subject, one) for one in judged if one.verdict == "refuted")
    found |= {"total": len(judged), "alpha": subject.numbers.fixed(ALPHA, 2), "refuted_lines": lines}
    groups = tuple(_group(subject, one) for one in by_place(subject))
    return {**found, "tally": _tally(subject, judged) if judged else "", "groups": groups}


def _group(subject: Subject, grouped: Grouped) -> dict[str, object]:
    """Title, verdicts, permalink and table of a place."""
    group = grouped.group
    return {
        "title": subject.strings("claims.group", place=subject.strings.place(group.place)),
        "words": joined(_GAP, _words(subject, group.judged, only_found=True)),
        "anchor": group.anchor,
        "table": grouped.table.id,
    }


def _words(subject: Subject, judged: Sequence[Judged], *, only_found: bool) -> list[str]:
    """Each verdict as a marked word behind its count."""
    s, counted = subject.strings, counts(judged)
    wanted = [verdict for verdict in VERDICTS if counted[verdict] or not only_found]
    number = subject.numbers.integer
    return [s("claims.count", words=counted_word(s, one, number(counted[one])), tone=TONES[one]) for one in wanted]


def _tally(subject: Subject, judged: Sequence[Judged]) -> Markup:
    """The five verdicts as one bar, whose marks are their shares in percent, and in words with their counts."""
    counted = counts(judged)
    shares = " ".join(f"{100 * counted[verdict] / len(judged):.2f}" for verdict in VERDICTS)
    return drawn(joined(_GAP, _words(subject, judged, only_found=False)), "tally", shares)
