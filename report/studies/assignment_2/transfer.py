"""What the data say about the published statements on transfer learning, for the published pair of arms and for equal tasks.

A rule takes the difference transfer minus scratch seed by seed and asks whether its 95 % interval over seeds excludes zero;
where last and best epoch are both judged, they have to agree. One seed has no interval and decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from report.evidence.records import frame
from report.studies.assignment_2 import arms
from report.studies.assignment_2.ordering import Verdict, all_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from report.evidence.measure import Measurement
    from report.evidence.records import Evidence
    from report.studies.assignment_2.arms import Pair
    from store.records import Stored

CONVERGED = 0.90  # share of an arm's own highest mAP@0.5 at which it is counted as converged
EARLY = 5  # the first fifth of the epochs is "the start"
THROUGHOUT = (0.50, 0.90)  # share of the epochs at or below which recall is not "consistently" higher, and from which it is
LOSSES = ("box_loss", "cls_loss", "dfl_loss")


@dataclass(frozen=True, slots=True)
class Claim:
    """A published statement, the verdict on one pair of arms, and the differences that it rests on (main one first)."""

    key: str
    pair: Pair
    verdict: Verdict
    gaps: tuple[Measurement, ...]


def claims(evidence: Evidence, pair: Pair) -> tuple[Claim, ...]:
    """Every statement of section 3.2 on one pair: those of Table 6 first, then those of the text."""
    return tuple(rule(evidence, pair) for rule in RULES)


def precision(evidence: Evidence, pair: Pair) -> Claim:
    """Table 6: fewer false positives. Precision at the confidence of best F1."""
    return _higher("precision", pair, _scores(evidence, pair, "precision"))


def recall(evidence: Evidence, pair: Pair) -> Claim:
    """Table 6: better detection of objects. Recall at the same confidence."""
    return _higher("recall", pair, _scores(evidence, pair, "recall"))


def convergence(evidence: Evidence, pair: Pair) -> Claim:
    """Table 6: faster convergence. Epochs to ``CONVERGED`` of the arm's own highest mAP@0.5."""
    return _lower("map50", pair, (arms.gap(evidence, "detector", pair, epochs_to_converge),))


def localisation(evidence: Evidence, pair: Pair) -> Claim:
    """Table 6: better localisation. Mean IoU of the matched detections at confidence 0.25."""
    return _higher("map50_95", pair, tuple(arms.gap(evidence, "detection", pair, mean_iou(epoch)) for epoch in arms.EPOCHS))


def early_precision(evidence: Evidence, pair: Pair) -> Claim:
    """Text: fewer false positives at the start. Mean precision over the first fifth of the epochs."""
    return _higher("early_precision", pair, (arms.gap(evidence, "detector", pair, early_precision_of),))


def recall_throughout(evidence: Evidence, pair: Pair) -> Claim:
    """Text: recall consistently higher. Share of the epochs in which it is, against ``THROUGHOUT``."""
    share = arms.of_pair(evidence, "detector", pair, _share_of_epochs_ahead)
    low, high = THROUGHOUT
    verdict: Verdict = "not_measured"
    if share.summary is not None:
        verdict = "supported" if share.summary.mean >= high else "not_supported" if share.summary.mean <= low else "undecided"
    return Claim("recall_throughout", pair, verdict, (share,))


def training_loss(evidence: Evidence, pair: Pair) -> Claim:
    """Text: better training losses. Sum of the loss terms in the last epoch."""
    return _lower("training_loss", pair, (arms.gap(evidence, "detector", pair, last_loss("train")),))


def overall(evidence: Evidence, pair: Pair) -> Claim:
    """Text: better all in all. mAP@0.5 and mAP@0.5:0.95."""
    return _higher("overall", pair, (*_scores(evidence, pair, "map50"), *_scores(evidence, pair, "map50_95")))


RULES: tuple[Callable[[Evidence, Pair], Claim], ...] = (
    precision, recall, convergence, localisation, early_precision, recall_throughout, training_loss, overall,
)  # fmt: skip


def epochs_to_converge(stored: Stored) -> float | None:
    """First epoch whose mAP@0.5 reaches ``CONVERGED`` of the arm's highest; None where it never rises above 0."""
    history = frame(stored, "history.parquet")
    highest = history["map50"].max()
    reached = history.loc[history["map50"] >= CONVERGED * highest, "epoch"]
    return float(reached.min()) if highest > 0 else None


def mean_iou(epoch: str) -> Callable[[Stored], float | None]:
    """Reads the mean IoU of an epoch's matched detections; None where nothing matched."""

    def read(stored: Stored) -> float | None:
        table = frame(stored, "matched_iou.parquet")
        found = table.loc[table["epoch"] == epoch, "iou"]
        return float(found.mean()) if len(found) else None

    return read


def last_loss(part: str) -> Callable[[Stored], float]:
    """Reads the sum of the loss terms of the last epoch, ``train`` or ``validation``."""
    return lambda stored: float(frame(stored, "history.parquet")[[f"{part}_{term}" for term in LOSSES]].iloc[-1].sum())


def early_precision_of(stored: Stored) -> float:
    """Mean precision over the first fifth of the epochs; an epoch without predictions counts as 0."""
    values = frame(stored, "history.parquet")["precision"].fillna(0.0)
    return float(values.head(max(1, len(values) // EARLY)).mean())


def _share_of_epochs_ahead(scratch: Stored, transfer: Stored) -> float | None:
    before, after = (frame(stored, "history.parquet").set_index("epoch")["recall"] for stored in (scratch, transfer))
    return float((after > before).mean()) if before.any() or after.any() else None


def _scores(evidence: Evidence, pair: Pair, name: str) -> tuple[Measurement, ...]:
    return tuple(arms.gap(evidence, "detection", pair, arms.score(name, epoch)) for epoch in arms.EPOCHS)


def _higher(key: str, pair: Pair, gaps: tuple[Measurement, ...]) -> Claim:
    return Claim(key, pair, all_of(tuple(_sign(gap, 1) for gap in gaps)), gaps)


def _lower(key: str, pair: Pair, gaps: tuple[Measurement, ...]) -> Claim:
    return Claim(key, pair, all_of(tuple(_sign(gap, -1) for gap in gaps)), gaps)


def _sign(gap: Measurement, wanted: int) -> Verdict:
    """Whether the difference has the ``wanted`` sign (1 or -1)."""
    if gap.summary is None:
        return "not_measured"
    if gap.interval is None:
        return "undecided"
    low, high = sorted((wanted * gap.interval.low, wanted * gap.interval.high))
    return "supported" if low > 0 else "not_supported" if high < 0 else "undecided"
