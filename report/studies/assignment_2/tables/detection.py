"""Table 6 with its observations, what the published curves show beside it, and the comparisons on equal tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.inference.verdicts import judge_all
from report.printing import cells
from report.printing.cells import Comparison
from report.printing.table import Cell, Column, Table
from report.sections.statements import by_id
from report.studies.assignment_2 import arms
from report.studies.assignment_2.arms import EPOCHS, PUBLISHED_PAIR
from report.studies.assignment_2.transfer import STATEMENTS
from report.tables.claims import TONES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from report.evidence.measure import Measurement
    from report.evidence.subject import Subject
    from report.inference.verdicts import Judged
    from report.studies.assignment_2.arms import Pair
    from report.studies.assignment_2.transfer import Said

SCORES = ("precision", "recall", "f1", "map50", "map50_95")
_HEADLINE = ("map50", "map50_95")
_SIDES = ("transfer", "scratch")
_PRINTED = ("precision", "recall", "map50", "map50_95")
_SHOWN = {  # column to the group of published numbers that it shows
    "scratch": "table-6.scratch",
    "scratch_last": "figure-10.last",
    "transfer": "table-6.transfer",
    "transfer_last": "figure-11.last",
    "transfer_peak": "figure-11.highest",
}


def transfer(subject: Subject) -> Table:
    """Table 6: published numbers beside the re-run's last and best epoch, and what the source observes with its verdict."""
    s = subject.strings
    said, judged = {one.key: one for one in STATEMENTS}, by_id(judge_all(subject))
    rows, everything = [], []
    for name in _PRINTED:
        line = [cells.text(s(f"detection.{name}"))]
        for side in _SIDES:
            line.append(cells.printed(subject, subject.published.find(f"table-6.{side}.{name}")))
            measured = [_score(subject, getattr(PUBLISHED_PAIR, side), name, epoch) for epoch in EPOCHS]
            everything += measured
            line += [cells.value(subject, one, 3) for one in measured]
        rows.append((*line, observation(subject, said[name], judged)))
    heads = [Column(s(f"columns.{side}_{name}"), "right") for side in _SIDES for name in ("published", *EPOCHS)]
    columns = (Column(s("columns.score")), *heads, Column(s("columns.observation")))
    below = (*caveats(subject), *cells.notes(subject, everything))
    return Table("detection", s("captions.detection"), columns, tuple(rows), below)


def caveats(subject: Subject) -> tuple[str, ...]:
    """What a reader has to know where published and re-run detectors stand side by side; nothing where none was run."""
    if not arms.has_part(subject.evidence, "detection"):
        return ()
    return subject.strings("tables.anchor_free_note"), subject.strings("tables.tasks_differ_note")


def observation(subject: Subject, said: Said, judged: Mapping[str, Judged]) -> Cell:
    """Published statement, verdict on equal tasks and the published pair's differences; the cell carries their records."""
    s, gaps = subject.strings, said.gaps(subject.evidence, PUBLISHED_PAIR)
    text = s(
        "transfer_claims.line",
        statement=s(f"transfer_claims.{said.key}.statement"),
        verdict=_words(subject, said, judged),
        finding=_finding(subject, said.key, gaps),
    )
    references = tuple(dict.fromkeys(name for gap in gaps for name in gap.references or cells.blamed(gap)))
    return Cell(text, "value" if references else "text", references)


def curves(subject: Subject) -> Table:
    """Table 6 beside the published curves' last epoch and, for transfer, their highest epoch."""
    s = subject.strings
    rows = tuple(
        (
            cells.text(s(f"detection.{name}")),
            *(cells.printed(subject, subject.published.find(f"{group}.{name}")) for group in _SHOWN.values()),
        )
        for name in _PRINTED
    )
    heads = (Column(s("columns.score")), *(Column(s(f"columns.detection_{name}"), "right") for name in _SHOWN))
    return Table("detection-curves", s("captions.detection-curves"), heads, rows)


def pairs(subject: Subject) -> Table:
    """The published pair and the pairs with equal tasks: both arms and their difference, last and best epoch."""
    s = subject.strings
    rows, everything = [], []
    for pair in arms.pairs_of(subject.evidence):
        for name in SCORES:
            line, gaps = [], []
            for epoch in EPOCHS:
                sides = [_score(subject, arm, name, epoch) for arm in (pair.scratch, pair.transfer)]
                gaps.append(_gap(subject, pair, name, epoch))
                line += [cells.value(subject, one, 3) for one in sides] + [cells.signed(subject, gaps[-1], 3)]
                everything += sides
            line += [cells.interval(subject, gaps[0], 3), cells.pairs(gaps[0])]
            rows.append((cells.text(s(f"pairs.{pair.key}")), cells.text(s(f"detection.{name}")), *line))
    names = [f"{who}_{epoch}" for epoch in EPOCHS for who in ("scratch", "transfer", "gap")]
    heads = [Column(s(f"columns.{name}"), "right") for name in (*names, "gap_interval", "pairs")]
    columns = (Column(s("columns.comparison")), Column(s("columns.score")), *heads)
    return Table("detection-pairs", s("captions.detection-pairs"), columns, tuple(rows), cells.notes(subject, everything))


def statements(subject: Subject) -> Table:
    """Every published statement on transfer learning with the verdict of its claims, and the differences on every pair."""
    s, judged = subject.strings, by_id(judge_all(subject))
    present = arms.pairs_of(subject.evidence)
    rows, everything = [], []
    for said in STATEMENTS:
        gaps = [said.gaps(subject.evidence, pair)[0] for pair in present]
        everything += gaps
        named = [cells.text(s(f"transfer_claims.{said.key}.{part}")) for part in ("statement", "measured")]
        rows.append((*named, verdict(subject, said, judged), *(_difference(subject, said.key, gap) for gap in gaps)))
    heads = [Column(s(f"columns.{name}")) for name in ("statement", "measured_by", "verdict")]
    heads += [Column(s(f"pairs.{pair.key}"), "right") for pair in present]
    notes = cells.notes(subject, everything)
    return Table("detection-statements", s("captions.detection-statements"), tuple(heads), tuple(rows), notes)


def verdict(subject: Subject, said: Said, judged: Mapping[str, Judged]) -> Cell:
    """The verdict of the statement's claims as a marked word, with their records."""
    found = [judged[name] for name in said.claims]
    tones = {TONES[one.verdict] for one in found}
    records = tuple(dict.fromkeys(name for one in found for name in one.records))
    return Cell(_words(subject, said, judged), "status", records, tone=tones.pop() if len(tones) == 1 else "warn")


def headline_rows(subject: Subject) -> list[tuple[str, Comparison]]:
    """The published pair's mAP in the last epoch, for the table at the front."""
    s = subject.strings
    return [
        (
            s("quantities.detection", arm=s(f"arms.{arm}"), score=s(f"detection.{name}")),
            Comparison(subject.published.find(f"table-6.{side}.{name}"), _score(subject, arm, name, "last"), 2),
        )
        for side, arm in (("scratch", PUBLISHED_PAIR.scratch), ("transfer", PUBLISHED_PAIR.transfer))
        for name in _HEADLINE
    ]


def _score(subject: Subject, arm: str, name: str, epoch: arms.Epoch) -> Measurement:
    return arms.of_arm(subject.evidence, "detection", arm, arms.score(name, epoch), f"{name}_{epoch}")


def _gap(subject: Subject, pair: Pair, name: str, epoch: arms.Epoch) -> Measurement:
    return arms.gap(subject.evidence, "detection", pair, arms.score(name, epoch))


def _words(subject: Subject, said: Said, judged: Mapping[str, Judged]) -> str:
    """The verdict of each of the statement's claims, once where all have the same."""
    return "; ".join(dict.fromkeys(subject.strings(f"claim_verdicts.{judged[name].verdict}") for name in said.claims))


def _finding(subject: Subject, key: str, gaps: tuple[Measurement, ...]) -> str:
    s = subject.strings
    known = [gap for gap in gaps if gap.summary is not None]
    if not known:
        return s("transfer_claims.no_result", words=cells.status(subject, gaps[0]).text)
    amounts = [_amount(subject, key, gap) for gap in known]
    one_seed = any(gap.summary is not None and gap.summary.n == 1 for gap in known)
    return s(
        f"transfer_claims.{key}.finding",
        last=amounts[0],
        best=amounts[-1],
        why=s("transfer_claims.one_seed") if one_seed else "",
    )


def _difference(subject: Subject, key: str, gap: Measurement) -> Cell:
    if gap.summary is None:
        return cells.status(subject, gap)
    return Cell(_amount(subject, key, gap), "value", gap.references)


def _amount(subject: Subject, key: str, gap: Measurement) -> str:
    """A difference with its sign, or a share of epochs, in the unit of the statement."""
    if gap.summary is None:
        raise ValueError("a difference without a value has no amount")
    if key == "recall_throughout":
        return subject.numbers.percent(gap.summary.mean, 0)
    return subject.numbers.signed(gap.summary.mean, 1 if key == "map50" else 3)
