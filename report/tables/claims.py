"""The tables of claims: how many at each place have which verdict, and place by place each claim with what the run gave."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from report.claims.grouping import counted_word, groups
from report.claims.sensitivity import settings_that_turn
from report.inference.verdicts import VERDICTS, counts, judge_all
from report.printing import cells
from report.printing.markdown import cell
from report.printing.markup import finished, in_language, joined, placed
from report.printing.table import Cell, Column, Table, Tone
from report.tables.claim_numbers import measured, measured_with_interval, published
from report.tables.claim_reasons import reason, told_once
from report.tables.claim_strip import strip
from report.tables.setting_words import tried

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from report.claims.grouping import Group, Line
    from report.claims.schema import Claim
    from report.evidence.subject import Subject
    from report.inference.verdicts import Judged
    from report.printing.markup import Markup
    from report.tables.claim_reasons import Told

TONES: dict[str, Tone] = {
    "reproduced": "ok", "consistent": "ok", "refuted": "bad", "inconclusive": "warn", "not_comparable": "muted",
}  # fmt: skip
"""How a verdict on a claim is marked."""
_NUMBERS = frozenset({"published", "rerun", "seeds"})  # columns that are set to the right
_NUMBER = re.compile(r"[\d.,]+")
_PERCENT = re.compile(r"(?<=\d) (?=%)")
MATRIX = "claim-places"


@dataclass(frozen=True, slots=True)
class Grouped:
    """The claims of a place and their table; its notes say what holds for every row."""

    group: Group
    table: Table


def matrix(subject: Subject) -> Table:
    """One row a table, figure or section of the source, and how many of its claims have which verdict; then all of them."""
    s, found = subject.strings, groups(judge_all(subject))
    heads = [Column(s("columns.place")), *(Column(s(f"claim_verdicts.{verdict}"), "right") for verdict in VERDICTS)]
    rows = [_places_row(subject, cells.to_place(s.place(one.place), one.anchor), one.judged) for one in found]
    whole = [one for group in found for one in group.judged]
    rows += [_places_row(subject, Cell(s("claims.all_places")), whole)] if len(found) > 1 else []
    return Table(MATRIX, s("captions.claim_places"), (*heads, Column(s("columns.claims"), "right")), tuple(rows))


def _places_row(subject: Subject, place: Cell, judged: Sequence[Judged]) -> tuple[Cell, ...]:
    counted = counts(judged)
    shown = [cells.tallied(subject, counted[verdict], TONES[verdict]) for verdict in VERDICTS]
    return (place, *shown, cells.text(subject.numbers.integer(len(judged))))


def by_place(subject: Subject) -> tuple[Grouped, ...]:
    """The claims of each place of the source, in the order in which they are declared."""
    return subject.once("claims by place", lambda: _by_place(subject))


def _by_place(subject: Subject) -> tuple[Grouped, ...]:
    turning = settings_that_turn(subject)
    return tuple(_grouped(subject, one, turning) for one in groups(judge_all(subject)))


def answer(subject: Subject) -> Table | None:
    """The claims that the study puts first, those of them that were measured; None where none was."""
    found = {one.claim.id: one for one in judge_all(subject) if one.measured}
    chosen = [found[name] for name in subject.study.declared().headline if name in found]
    rows = [_row(subject, (one,), {}, "", anchored=False) for one in chosen]
    columns = ("verdict", "claim", "published", "rerun", "strip")
    return _table(subject, "answer", subject.strings("captions.answer"), rows, columns) if rows else None


def _grouped(subject: Subject, group: Group, turning: Mapping[str, tuple[str, ...]]) -> Grouped:
    s, told = subject.strings, told_once(subject, group.judged)
    rows = [_row(subject, line.judged, turning, _why(subject, line, told), anchored=True) for line in group.lines]
    seeds = {row["seeds"].text for row in rows} - {cells.DASH}
    columns = ["verdict", "claim", "published", "rerun", "strip"]
    columns += ["seeds"] if len(seeds) > 1 else []
    columns += [] if told.shared and not any(one.claim.id in turning for one in group.judged) else ["why"]
    said = [s("claims.shared", reason=told.shared)] if told.shared else []
    said += [s("claims.seeds_of_all", seeds=seeds.pop())] if len(seeds) == 1 else []
    caption = s("captions.claims_of", place=s.place(group.place))
    return Grouped(group, _table(subject, f"claims-{group.anchor}", caption, rows, columns, (*said, *told.notes)))


def _table(
    subject: Subject,
    identifier: str,
    caption: str,
    rows: Sequence[Mapping[str, Cell]],
    columns: Sequence[str],
    notes: tuple[str, ...] = (),
) -> Table:
    """The rows' cells in the columns that have something to say."""
    shown = [name for name in columns if any(row[name].text != cells.DASH for row in rows)]
    several = any(row["rerun"].number is None and row["rerun"].text != cells.DASH for row in rows)  # with names: these wrap
    right = _NUMBERS - {"rerun"} if several else _NUMBERS
    heads = tuple(Column(subject.strings(f"columns.{name}"), "right" if name in right else "left") for name in shown)
    return Table(identifier, caption, heads, tuple(tuple(row[name] for name in shown) for row in rows), notes, heads=2)


def _row(
    subject: Subject, judged: Sequence[Judged], turning: Mapping[str, tuple[str, ...]], why: str, *, anchored: bool
) -> dict[str, Cell]:
    """Every cell that a line of claims can have, by the name of its column."""
    one = judged[0]
    said = _claim(subject, judged, anchored=anchored)
    if len(judged) > 1:
        row = {"published": cells.nothing(), "rerun": _each(subject, judged), "strip": cells.nothing()}
    else:
        row = {"published": published(subject, one), "rerun": _rerun(subject, one)}
        row["strip"] = strip(subject, one) or cells.nothing()
    row |= {"verdict": _verdict(subject, judged), "claim": said, "seeds": _seeds(subject, one)}
    names = dict.fromkeys(name for found in judged for name in turning.get(found.claim.id, ()))
    settings = "; ".join(tried(subject, name) for name in names)
    if settings:
        why = subject.strings("claims.turned", reason=why or reason(subject, one), settings=settings)
    return {**row, "why": cells.text(why) if why else cells.nothing()}


def _claim(subject: Subject, judged: Sequence[Judged], *, anchored: bool) -> Cell:
    """What is claimed: the words with the source's own, or the names of the curves behind their model."""
    s = subject.strings
    if len(judged) > 1:
        model, names = _model(subject, judged[0]), [one.claim.name(s.language) for one in judged]
        marked = [_anchored(one, finished(name), anchored=anchored) for one, name in zip(judged, names, strict=True)]
        said = s("claims.curves", model=model, curves=joined(", ", marked))
        return Cell(s("claims.curves", model=model, curves=", ".join(names)), markup=finished(said))
    claim = judged[0].claim
    words: object = _words(claim, s.language)
    if claim.quote and not _NUMBER.fullmatch(claim.quote):  # a number stands in the column beside it
        quote = in_language(claim.quote, subject.published.source.language)
        words = s("claims.said", words=str(words).rstrip("."), quote=quote)
    return Cell(str(words), markup=_anchored(judged[0], finished(words), anchored=anchored))


def _words(claim: Claim, language: str) -> str:
    """What it says; a number and its percent sign stand in one line."""
    return _PERCENT.sub("\N{NARROW NO-BREAK SPACE}", claim.words(language))


def _anchored(judged: Judged, words: Markup, *, anchored: bool) -> Markup:
    return placed(words, f"claim-{judged.claim.id}") if anchored else words


def _model(subject: Subject, judged: Judged) -> str:
    """The model or arm that a claim is about."""
    variant = judged.claim.select[0].variant
    known = (key for key in (f"models.{variant}", f"arms.{variant}") if key in subject.strings.texts)
    return next((subject.strings(key) for key in known), variant)


def _verdict(subject: Subject, judged: Sequence[Judged]) -> Cell:
    """The verdict as a marked word; of several, each with how many have it."""
    s, counted = subject.strings, counts(judged)
    records = tuple(dict.fromkeys(name for one in judged for name in one.records))
    there = [verdict for verdict in VERDICTS if counted[verdict]]
    if len(there) == 1:
        return Cell(s(f"claim_verdicts.{there[0]}"), "status", records, tone=TONES[there[0]])
    named = {one: counted_word(s, one, subject.numbers.integer(counted[one])) for one in there}
    marked = [s("claims.count", words=words, tone=TONES[one]) for one, words in named.items()]
    return Cell(", ".join(named.values()), records=records, markup=joined(" ", marked))


def _rerun(subject: Subject, judged: Judged) -> Cell:
    """The mean over seeds and, where they differ, its interval."""
    shown = measured_with_interval(subject, judged)
    if len(shown) == 1 or len(set(judged.runs)) == 1:
        return measured(subject, judged)
    return Cell(" ".join(one.text for one in shown), markup=joined(" ", map(cell, shown)), number=shown[0].number)


def _each(subject: Subject, judged: Sequence[Judged]) -> Cell:
    """The means of several claims, each behind the name of its curve."""
    found = [(one.claim.name(subject.strings.language), measured(subject, one)) for one in judged]
    if all(value.text == cells.DASH for _, value in found):
        return cells.nothing()
    markup = joined("; ", (joined(" ", (name, cell(value))) for name, value in found))
    return Cell("; ".join(f"{name} {value.text}" for name, value in found), markup=markup)


def _why(subject: Subject, line: Line, told: Told) -> str:
    """The reason of a line, or the mark of the note that has it; of several claims, equal reasons stand once."""
    if told.shared:
        return ""
    said: dict[str, list[str]] = {}
    for one in line.judged:
        text = told.marks[one.claim.id] if one.claim.id in told.marks else reason(subject, one)
        said.setdefault(text, []).append(one.claim.name(subject.strings.language))
    if len(said) == 1:
        return next(iter(said))
    parts = (subject.strings("claims.of_curves", curves=", ".join(names), reason=text) for text, names in said.items())
    return "; ".join(parts)


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
    words, why = _words(claim, s.language).rstrip("."), reason(subject, judged)
    found = joined(" ", map(cell, measured_with_interval(subject, judged)))
    return s("claims.line", words=words, place=s.place(claim.source), found=found, why=why)
