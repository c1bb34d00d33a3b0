"""Table 6 with its observations, what the published curves show beside it, and the comparisons on equal tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.printing import cells
from report.printing.cells import Comparison
from report.printing.table import VERDICT_TONES, Cell, Column, Table
from report.studies.assignment_2 import arms
from report.studies.assignment_2.arms import EPOCHS, PUBLISHED_PAIR
from report.studies.assignment_2.transfer import Claim, claims

if TYPE_CHECKING:
    from report.evidence.measure import Measurement
    from report.evidence.subject import Subject
    from report.studies.assignment_2.arms import Pair

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
    """Table 6: published numbers beside the re-run's last and best epoch, and an observation that the data choose."""
    s = subject.strings
    found = {claim.key: claim for claim in claims(subject.evidence, PUBLISHED_PAIR)}
    rows, everything = [], []
    for name in _PRINTED:
        line = [cells.text(s(f"detection.{name}"))]
        for side in _SIDES:
            line.append(cells.printed(subject, subject.published.find(f"table-6.{side}.{name}")))
            measured = [_score(subject, getattr(PUBLISHED_PAIR, side), name, epoch) for epoch in EPOCHS]
            everything += measured
            line += [cells.value(subject, one, 3) for one in measured]
        rows.append((*line, observation(subject, found[name])))
    heads = [Column(s(f"columns.{side}_{name}"), "right") for side in _SIDES for name in ("published", *EPOCHS)]
    columns = (Column(s("columns.score")), *heads, Column(s("columns.observation")))
    below = (*caveats(subject), *cells.notes(subject, everything))
    return Table("detection", s("captions.detection"), columns, tuple(rows), below)


def caveats(subject: Subject) -> tuple[str, ...]:
    """What a reader has to know where published and re-run detectors stand side by side; nothing where none was run."""
    if not arms.has_part(subject.evidence, "detection"):
        return ()
    return subject.strings("tables.anchor_free_note"), subject.strings("tables.tasks_differ_note")


def observation(subject: Subject, claim: Claim) -> Cell:
    """Published statement, verdict and finding in plain words; the cell carries the records of the differences."""
    s = subject.strings
    text = s(
        "transfer_claims.line",
        statement=s(f"transfer_claims.{claim.key}.statement"),
        verdict=s(f"verdicts_short.{claim.verdict}"),
        finding=_finding(subject, claim),
    )
    references = tuple(dict.fromkeys(name for gap in claim.gaps for name in gap.references or cells.blamed(gap)))
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
    """Every published statement on transfer learning, judged on the published pair and on equal tasks."""
    s = subject.strings
    present = arms.pairs_of(subject.evidence)
    judged = [claims(subject.evidence, pair) for pair in present]
    rows = tuple(
        (
            cells.text(s(f"transfer_claims.{of_pairs[0].key}.statement")),
            cells.text(s(f"transfer_claims.{of_pairs[0].key}.measured")),
            *(verdict(subject, claim) for claim in of_pairs),
        )
        for of_pairs in zip(*judged, strict=True)
    )
    heads = (Column(s("columns.statement")), Column(s("columns.measured_by")), *(Column(s(f"pairs.{p.key}")) for p in present))
    return Table("detection-statements", s("captions.detection-statements"), heads, rows)


def verdict(subject: Subject, claim: Claim) -> Cell:
    """The verdict as a marked word with the main difference."""
    word = subject.strings(f"verdicts_short.{claim.verdict}")
    gap = claim.gaps[0]
    if gap.summary is not None:
        word = f"{word} ({_amount(subject, claim.key, gap)})"
    return Cell(word, "status", gap.references or cells.blamed(gap), tone=VERDICT_TONES[claim.verdict])


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
    return arms.of_arm(subject.evidence, "detection", arm, arms.score(name, epoch))


def _gap(subject: Subject, pair: Pair, name: str, epoch: arms.Epoch) -> Measurement:
    return arms.gap(subject.evidence, "detection", pair, arms.score(name, epoch))


def _finding(subject: Subject, claim: Claim) -> str:
    s = subject.strings
    known = [gap for gap in claim.gaps if gap.summary is not None]
    if not known:
        return s("transfer_claims.no_result", words=cells.status(subject, claim.gaps[0]).text)
    amounts = [_amount(subject, claim.key, gap) for gap in known]
    one_seed = any(gap.summary is not None and gap.summary.n == 1 for gap in known)
    why = s(f"transfer_claims.{'one_seed' if one_seed else 'open'}") if claim.verdict == "undecided" else ""
    return s(f"transfer_claims.{claim.key}.finding", last=amounts[0], best=amounts[-1], why=why)


def _amount(subject: Subject, key: str, gap: Measurement) -> str:
    """A difference with its sign, or a share of epochs, in the unit of the statement."""
    if gap.summary is None:
        raise ValueError("a difference without a value has no amount")
    if key == "recall_throughout":
        return subject.numbers.percent(gap.summary.mean, 0)
    return subject.numbers.signed(gap.summary.mean, 1 if key == "map50" else 3)
