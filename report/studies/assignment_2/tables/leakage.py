"""The car arms on a random split and on a split by drive: what neighbouring frames on both sides are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from report.evidence.measure import Measurement, metric, paired
from report.printing import cells
from report.printing.table import Column, Table
from report.studies.assignment_2 import arms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from report.evidence.subject import Subject
    from store.records import Stored

Split = Literal["random", "drive"]
SPLITS: tuple[Split, ...] = ("random", "drive")
ARMS = ("scratch-car", "transfer-car")
SCORES = ("precision", "recall", "map50", "map50_95")


def variants(subject: Subject, name: str) -> Mapping[Split, str] | None:
    """Split to the variant of the arm (or class task) on it; None unless the run has tasks on both."""
    section = subject.evidence.run.config.get("detection")
    own = section.get("split") if isinstance(section, dict) else None
    found = {split: name if split == own else f"{name}.{split}" for split in SPLITS}
    experiment = "detection" if name in ARMS else "detection_data"
    return found if all(subject.evidence.records(experiment, variant) for variant in found.values()) else None


def by_split(subject: Subject) -> Table | None:
    """Scores of the last epoch and of the best, one row an arm and split; None where the run has one split only."""
    s = subject.strings
    data = variants(subject, "car")
    if data is None:
        return None
    rows, everything = [], []
    for arm in ARMS:
        for split, variant in (variants(subject, arm) or {}).items():
            counts = [
                metric(subject.evidence, "detection_data", data[split], name)
                for name in ("images_validation", "validation_images_with_train_neighbour")
            ]
            scores = [arms.of_arm(subject.evidence, "detection", variant, arms.score(name, "last")) for name in SCORES]
            scores.append(arms.of_arm(subject.evidence, "detection", variant, arms.score("map50", "best")))
            everything += scores
            shown = [*(cells.count(subject, one) for one in counts), *(cells.value(subject, one, 3) for one in scores)]
            labels = (cells.text(s(f"arms.{arm}")), cells.text(s(f"splits_short.{split}")))
            rows.append((*labels, *shown, cells.seeds(subject, scores[0])))
    heads = [Column(s(f"columns.{name}"), "right") for name in ("images_validation", "with_neighbour")]
    heads += [Column(s(f"detection.{name}"), "right") for name in SCORES]
    heads += [Column(s(f"columns.{name}"), "right") for name in ("map50_best", "seeds")]
    columns = (Column(s("columns.arm")), Column(s("columns.split")), *heads)
    return Table("detection-leakage", s("captions.detection-leakage"), columns, tuple(rows), cells.notes(subject, everything))


def differences(subject: Subject) -> Table | None:
    """Random minus by drive, seed by seed, last epoch; None where the run has one split only."""
    s = subject.strings
    if variants(subject, "car") is None:
        return None
    rows, everything = [], []
    for arm in ARMS:
        for name in SCORES:
            found = flattery(subject, arm, name)
            everything.append(found)
            amounts = (cells.signed(subject, found, 3), cells.interval(subject, found, 3), cells.pairs(found))
            rows.append((cells.text(s(f"arms.{arm}")), cells.text(s(f"detection.{name}")), *amounts))
    heads = [Column(s(f"columns.{name}"), "right") for name in ("random_minus_drive", "gap_interval", "pairs")]
    columns = (Column(s("columns.arm")), Column(s("columns.score")), *heads)
    caption = s("captions.detection-leakage-gaps")
    return Table("detection-leakage-gaps", caption, columns, tuple(rows), cells.notes(subject, everything))


def flattery(subject: Subject, arm: str, name: str) -> Measurement:
    """How much higher a score of the last epoch is on the random split than by drive, seed by seed."""
    found = variants(subject, arm)
    if found is None:
        return Measurement(None, (), ())
    return paired(subject.evidence, "detection", (found["drive"], found["random"]), _difference(arms.score(name, "last")))


def _difference(value: Callable[[Stored], float | None]) -> Callable[[Stored, Stored], float | None]:
    def between(drive: Stored, random: Stored) -> float | None:
        low, high = value(drive), value(random)
        return None if low is None or high is None else high - low

    return between
