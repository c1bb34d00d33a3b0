"""What the detectors confuse with what, and how tightly their boxes fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from report.evidence.records import arrays, frames
from report.printing.figure_style import STYLE, Drawing, absent, canvas
from report.studies.assignment_2.arms import CLASS_TASKS, arms_of, class_names, class_task
from report.studies.assignment_2.figures.curves import missing_words
from report.studies.assignment_2.models import look_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from report.evidence.subject import Subject

_DARK = 0.55  # share of a row above which a cell is dark enough for white letters
_EDGES = np.linspace(0.5, 1.0, 26)  # a match has at least IoU 0.5
_COLUMNS = 2


def confusion(subject: Subject) -> Drawing | None:
    """One matrix an arm in the last epoch: rows true class, columns predicted, the last of each is background."""
    present = arms_of(subject.evidence)
    if not any(subject.evidence.complete("detection", arm) for arm in present):
        return None
    rows = -(-len(present) // _COLUMNS)
    figure, axes = canvas(rows, min(_COLUMNS, len(present)), 2.2 * rows)
    parts = []
    for axis, arm in zip(axes, present, strict=False):
        axis.set_title(subject.strings(f"arms.{arm}"))
        records = subject.evidence.complete("detection", arm)
        if not records:
            absent(axis, missing_words(subject, "detection", arm))
            words = missing_words(subject, "detection", arm)
            parts.append(subject.strings("alt.missing", model=subject.strings(f"arms.{arm}"), words=words))
            continue
        counts = np.mean([arrays(stored, "confusion.npz")["last"].astype(np.float64) for stored in records], axis=0)
        _matrix(subject, axis, counts, class_names(subject.evidence, arm))
        parts.append(_confusion_alt(subject, arm, counts))
    for axis in axes[len(present) :]:
        axis.set_axis_off()
    return Drawing(figure, " ".join(parts))


def overlap(subject: Subject) -> Drawing | None:
    """Distribution of the IoU of matched detections in the last epoch, one panel a class task, medians as thin lines."""
    present = arms_of(subject.evidence)
    tasks = [task for task in CLASS_TASKS if any(class_task(arm) == task for arm in present)]
    overlaps = (_overlaps(subject, arm) for arm in present)
    if not any(found is not None and found.size for found in overlaps):
        return None
    figure, axes = canvas(len(tasks), 1, 1.6 * len(tasks) + 0.5, sharex=True)
    parts = []
    for axis, task in zip(axes, tasks, strict=True):
        axis.set_title(subject.strings(f"class_tasks.{task}"))
        parts += [_distribution(subject, axis, arm) for arm in present if class_task(arm) == task]
    axes[-1].set_xlabel(subject.strings("figures.overlap"))
    figure.supylabel(subject.strings("figures.share_of_matches"), fontsize=STYLE["axes.labelsize"])
    axes[-1].set_xlim(_EDGES[0], _EDGES[-1])
    for axis in axes:
        axis.set_ylim(bottom=0)
    gaps = any(not subject.evidence.complete("detection", arm) for arm in present)
    entries = [entry for axis in axes for entry in zip(*axis.get_legend_handles_labels(), strict=True)]
    figure.legend(
        [handle for handle, _ in entries], [label for _, label in entries], loc="outside lower center", ncols=1 if gaps else 2
    )
    return Drawing(figure, " ".join(parts))


def _distribution(subject: Subject, axis: Axes, arm: str) -> str:
    """Draw one arm's histogram and median, or name it as missing; returns what was drawn in words."""
    name, found = subject.strings(f"arms.{arm}"), _overlaps(subject, arm)
    if found is None or not found.size:
        words = missing_words(subject, "detection", arm) if found is None else subject.strings("figures.no_match")
        axis.plot([], [], linestyle="none", label=f"{name}: {words}")
        return subject.strings("alt.missing", model=name, words=words)
    look: dict[str, Any] = {"color": look_of(arm).colour, "linestyle": look_of(arm).line}
    share, _ = np.histogram(found, _EDGES)
    median = float(np.median(found))
    axis.stairs(100 * share / len(found), _EDGES, linewidth=1.6, label=name, **look)
    axis.axvline(median, linewidth=0.8, alpha=0.8, **look)
    values = {"count": subject.numbers.integer(len(found)), "median": subject.numbers.fixed(median, 2)}
    return subject.strings("alt.overlap", arm=name, **values)


def _overlaps(subject: Subject, arm: str) -> NDArray[np.float64] | None:
    records = subject.evidence.complete("detection", arm)
    if not records:
        return None
    table = frames(records, "matched_iou.parquet")
    return table.loc[table["epoch"] == "last", "iou"].to_numpy(np.float64)


def _matrix(subject: Subject, axis: Axes, counts: NDArray[np.float64], classes: tuple[str, ...]) -> None:
    """Shade: share of the true class; number: mean count over seeds. The background has no number to be a share of."""
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    shares[-1] = 0
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="none")
    for row, column in np.ndindex(*counts.shape):
        if row == column == len(classes):
            continue
        colour = "white" if shares[row, column] > _DARK else "black"
        count = counts[row, column]
        shown = subject.numbers.fixed(float(count), 0 if float(count).is_integer() else 1)
        axis.text(column, row, shown, ha="center", va="center", color=colour)
    names = [subject.strings.named("detection_classes", name) for name in (*classes, "background")]
    axis.set_xticks(range(len(names)), names, rotation=25, ha="right", rotation_mode="anchor")
    axis.set_yticks(range(len(names)), names)
    axis.set_xlabel(subject.strings("figures.predicted"))
    axis.set_ylabel(subject.strings("figures.true"))
    axis.grid(visible=False)
    axis.tick_params(length=0)


def _confusion_alt(subject: Subject, arm: str, counts: NDArray[np.float64]) -> str:
    numbers = {
        "hits": np.trace(counts),
        "missed": counts[:-1, -1].sum(),
        "invented": counts[-1, :-1].sum(),
        "swapped": counts[:-1, :-1].sum() - np.trace(counts),
    }
    shown = {key: subject.numbers.integer(float(number)) for key, number in numbers.items()}
    return subject.strings("alt.detection_confusion", arm=subject.strings(f"arms.{arm}"), **shown)
