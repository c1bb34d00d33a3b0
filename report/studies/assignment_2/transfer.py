"""The statements of section 3.2 on transfer learning: their claims, and the differences that this run has on a pair of arms.

A difference is transfer minus scratch, seed by seed. The verdicts are those of the claims, which are judged on equal tasks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from report.evidence.records import frame
from report.studies.assignment_2 import arms

if TYPE_CHECKING:
    from collections.abc import Callable

    from report.evidence.measure import Measurement
    from report.evidence.records import Evidence
    from report.studies.assignment_2.arms import Pair
    from store.records import Stored

CONVERGED = 0.90  # share of an arm's own highest mAP@0.5 at which it is counted as converged
EARLY = 5  # the first fifth of the epochs is "the start"
LOSSES = ("box_loss", "cls_loss", "dfl_loss")


@dataclass(frozen=True, slots=True)
class Said:
    """A published statement: the key of its texts, its claims, and the differences of a pair of arms (main one first)."""

    key: str
    claims: tuple[str, ...]
    gaps: Callable[[Evidence, Pair], tuple[Measurement, ...]]


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


def _scores(*names: str) -> Callable[[Evidence, Pair], tuple[Measurement, ...]]:
    """Differences of metrics, each in the last and in the best epoch."""

    def gaps(evidence: Evidence, pair: Pair) -> tuple[Measurement, ...]:
        return tuple(arms.gap(evidence, "detection", pair, arms.score(name, epoch)) for name in names for epoch in arms.EPOCHS)

    return gaps


def _overlap(evidence: Evidence, pair: Pair) -> tuple[Measurement, ...]:
    return tuple(arms.gap(evidence, "detection", pair, mean_iou(epoch)) for epoch in arms.EPOCHS)


def _training(value: Callable[[Stored], float | None]) -> Callable[[Evidence, Pair], tuple[Measurement, ...]]:
    return lambda evidence, pair: (arms.gap(evidence, "detector", pair, value),)


def _ahead(evidence: Evidence, pair: Pair) -> tuple[Measurement, ...]:
    return (arms.of_pair(evidence, "detector", pair, _share_of_epochs_ahead),)


STATEMENTS = (
    Said("precision", ("transfer.precision",), _scores("precision")),
    Said("recall", ("transfer.recall",), _scores("recall")),
    Said("map50", ("transfer.convergence",), _training(epochs_to_converge)),
    Said("map50_95", ("transfer.localisation",), _overlap),
    Said("early_precision", ("transfer.early-precision",), _training(early_precision_of)),
    Said("recall_throughout", ("transfer.recall-throughout",), _ahead),
    Said("training_loss", ("transfer.training-loss",), _training(last_loss("train"))),
    Said("overall", ("transfer.map50", "transfer.map50_95"), _scores("map50", "map50_95")),
)
"""Those of Table 6 first, then those of the text."""
