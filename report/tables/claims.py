"""The table of claims: each published number and sentence, what the run gave, and the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.claims.sensitivity import settings_that_turn
from report.inference.verdicts import judge_all
from report.printing import cells
from report.printing.markdown import cell
from report.printing.markup import in_language, joined
from report.printing.table import Cell, Column, Table, Tone
from report.tables.claim_numbers import interval, limit, measured, published

if TYPE_CHECKING:
    from report.claims.schema import Cause
    from report.evidence.subject import Subject
    from report.inference.verdicts import Judged

TONES: dict[str, Tone] = {
    "reproduced": "ok", "consistent": "ok", "refuted": "bad", "inconclusive": "warn", "not_comparable": "muted",
}  # fmt: skip
"""How a verdict on a claim is marked."""


def claims(subject: Subject) -> Table:
    """One row a claim, in the order of the source."""
    s = subject.strings
    heads = [Column(s(f"columns.{name}")) for name in ("place", "claim")]
    heads += [Column(s(f"columns.{name}"), "right") for name in ("published", "rerun", "interval", "seeds")]
    heads += [Column(s(f"columns.{name}")) for name in ("verdict", "why")]
    turning = settings_that_turn(subject)
    rows = tuple(_row(subject, judged, turning.get(judged.claim.id, ())) for judged in judge_all(subject))
    return Table("claims", s("captions.claims"), tuple(heads), rows, (s("claims.interval_note"),))


def reason(subject: Subject, judged: Judged) -> str:
    """Why the verdict is what it is, in a line."""
    values = dict(judged.values)
    if judged.p is not None:
        number, small = subject.numbers.p_value(judged.p)
        values["p"] = subject.strings("claims.p_below" if small else "claims.p", p=number)
    said = subject.strings(f"claim_reasons.{judged.why}", limit=limit(subject, judged), **values)
    return said if judged.cause is None else f"{said}; {cause(subject, judged.cause)}"


def cause(subject: Subject, declared: Cause) -> str:
    """What the difference is put down to, and how sure that is."""
    words = subject.strings(f"claim_causes.{declared.key}")
    return subject.strings("claims.cause", cause=words, certainty=subject.strings(f"certainty.{declared.certainty}"))


def _row(subject: Subject, judged: Judged, turning: tuple[str, ...]) -> tuple[Cell, ...]:
    claim = judged.claim
    why = reason(subject, judged)
    if turning:
        why = subject.strings("claims.turned", reason=why, settings=", ".join(turning))
    words = claim.words(subject.strings.language)
    said = Cell(words)  # a curve has no words to quote
    if claim.quote:
        quote = in_language(claim.quote, subject.published.source.language)
        said = cells.marked(subject.strings("claims.said", words=words.rstrip("."), quote=quote))
    return (
        cells.text(subject.strings.place(claim.source)),
        said,
        published(subject, judged),
        measured(subject, judged),
        interval(subject, judged),
        _seeds(subject, judged),
        Cell(subject.strings(f"claim_verdicts.{judged.verdict}"), "status", judged.records, tone=TONES[judged.verdict]),
        cells.text(why),
    )


def _seeds(subject: Subject, judged: Judged) -> Cell:
    """How many seeds the verdict rests on, of how many that the run has where some gave nothing."""
    if not judged.seeds:
        return cells.nothing()
    tasks = [one for chosen in judged.claim.select for one in subject.evidence.records(chosen.experiment, chosen.variant)]
    asked = max(judged.seeds, len({one.record.task.seed for one in tasks} - {None}))
    done = judged.seeds
    return cells.text(str(done) if done == asked else subject.strings("tables.of", done=done, asked=asked))


def spoken(subject: Subject, judged: Judged) -> str:
    """A refuted claim as a line of the summary, with what was found."""
    s, claim = subject.strings, judged.claim
    words, why = claim.words(s.language).rstrip("."), reason(subject, judged)
    span = interval(subject, judged)
    shown = [measured(subject, judged), *([] if span.kind == "text" else [span])]
    found = joined(" ", map(cell, shown))
    return s("claims.line", words=words, place=s.place(claim.source), found=found, why=why)
