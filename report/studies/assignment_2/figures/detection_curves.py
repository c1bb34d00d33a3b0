"""Figures 10 and 11 (metrics by epoch), the loss curves behind them, and precision over recall."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator

from report.evidence.history import mean_curve
from report.evidence.records import frames
from report.printing.figure_style import PUBLISHED, Drawing, canvas, single_seeds
from report.studies.assignment_2 import arms
from report.studies.assignment_2.arms import PUBLISHED_PAIR, arms_of, class_names
from report.studies.assignment_2.figures.curves import bundle, missing_words
from report.studies.assignment_2.models import look_of
from report.studies.assignment_2.transfer import LOSSES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from report.evidence.subject import Subject

_METRICS = ("precision", "recall", "map50", "map50_95")
_SHOWN = {"scratch": "figure-10.last", "transfer": "figure-11.last"}  # where the source shows an arm's last epoch
_PANELS = 4  # of the precision-recall figure: three classes, and the legend


def by_epoch(subject: Subject, start: str) -> Drawing | None:
    """Figures 10 and 11: the four metrics of the ``scratch`` or ``transfer`` arms, with the published last epoch dashed."""
    present = _present(subject, start)
    if not _any_complete(subject, present):
        return None
    figure, axes = canvas(2, 2, 4.3)
    for axis, name in zip(axes, _METRICS, strict=True):
        axis.set_title(subject.strings(f"detection.{name}"))
        _by_epoch(subject, axis, present, name)
        axis.set_ylim(0, 1)
        if _comparable(subject):
            last = subject.published.number(f"{_SHOWN[start]}.{name}").value
            look = {"color": PUBLISHED, "linewidth": 1.2}
            axis.axhline(last, linestyle=(0, (6, 3)), label=subject.strings("figures.published_last"), **look)  # type: ignore[arg-type]
    _legend(subject, axes, present)
    return Drawing(figure, _epochs_alt(subject, present))


def losses(subject: Subject) -> Drawing | None:
    """Loss terms of every arm by epoch, training on the left and validation on the right."""
    present = _present(subject, "")
    if not _any_complete(subject, present):
        return None
    alt = " ".join(_loss_alt(subject, arm) for arm in present)
    figure, axes = canvas(len(LOSSES), 2, 6.2, sharex=True)
    for row, term in enumerate(LOSSES):
        for column, part in enumerate(("train", "validation")):
            axis = axes[2 * row + column]
            title = subject.strings(
                "figures.loss_of", term=subject.strings(f"figures.{term}"), part=subject.strings(f"figures.{part}")
            )
            axis.set_title(title)
            _by_epoch(subject, axis, present, f"{part}_{term}", label_axis=row == len(LOSSES) - 1)
    _legend(subject, axes, present)
    return Drawing(figure, alt)


def precision_recall(subject: Subject) -> Drawing | None:
    """Interpolated precision over recall at IoU 0.5 in the last epoch, one panel a class, seeds faint and their mean bold."""
    present = [arm for arm in _present(subject, "") if subject.evidence.complete("detection", arm)]
    names = max((class_names(subject.evidence, arm) for arm in present), key=len, default=())
    if not names:
        return None
    figure, axes = canvas(2, 2, 4.2) if len(names) > 1 else canvas(1, 2, 2.8)
    parts = []
    for index, name in enumerate(names):
        axis, shown = axes[index], subject.strings.named("detection_classes", name)
        areas = {arm: _curve(subject, axis, arm, index) for arm in present if len(class_names(subject.evidence, arm)) > index}
        axis.set_title(shown)
        axis.set_xlim(0, 1)
        axis.set_ylim(0, 1.02)
        axis.set_xlabel(subject.strings("detection.recall"))
        axis.set_ylabel(subject.strings("detection.precision"))
        known = [f"{subject.strings(f'arms.{arm}')} {subject.numbers.fixed(area, 2)}" for arm, area in areas.items() if area]
        parts.append(f"{shown}: {', '.join(known) or subject.strings('status.undefined')}.")
    for axis in axes[len(names) :]:
        axis.set_axis_off()
    handles = {label: handle for axis in axes for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)}
    axes[-1].legend(handles.values(), handles, loc="center left")
    return Drawing(figure, subject.strings("alt.precision_recall", classes=" ".join(parts)))


def _present(subject: Subject, start: str) -> list[str]:
    return [arm for arm in arms_of(subject.evidence) if arm.startswith(start)]


def _any_complete(subject: Subject, present: list[str]) -> bool:
    return any(subject.evidence.complete("detector", arm) for arm in present)


def _comparable(subject: Subject) -> bool:
    """Whether the published curves are of the same kind of images: the re-run's are KITTI's."""
    found = (stored for task in arms.CLASS_TASKS for stored in subject.evidence.complete("detection_data", task))
    return any(stored.record.result.facts["dataset"] == "kitti" for stored in found)


def _by_epoch(subject: Subject, axis: Axes, present: list[str], name: str, *, label_axis: bool = True) -> None:
    for arm in present:
        records = subject.evidence.complete("detector", arm)
        bundle(axis, records, name, 1.0, (look_of(arm).colour, look_of(arm).line, subject.strings(f"arms.{arm}")))
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    if label_axis:
        axis.set_xlabel(subject.strings("figures.epoch"))


def _legend(subject: Subject, axes: list[Axes], present: list[str]) -> None:
    handles, labels = axes[0].get_legend_handles_labels()
    missing = [arm for arm in present if not subject.evidence.complete("detector", arm)]
    words = [f"{subject.strings(f'arms.{arm}')}: {missing_words(subject, 'detector', arm)}" for arm in missing]
    blank = [axes[0].plot([], [], linestyle="none")[0] for _ in words]
    figure = axes[0].figure
    figure.legend([*handles, *blank], [*labels, *words], loc="outside lower center", ncols=1 if words else 2)


def _curve(subject: Subject, axis: Axes, arm: str, index: int) -> float | None:
    """Draw one arm's curve of one class; returns its mean precision, which is the AP at IoU 0.5."""
    records = subject.evidence.complete("detection", arm)
    if not records:
        return None
    table = frames(records, "curves.parquet")
    kept = table[(table["epoch"] == "last") & (table["class_index"] == index)]
    seeds = kept.pivot_table("precision", "recall", "seed")
    if seeds.empty:
        return None
    single_seeds(axis, seeds, look_of(arm).colour)
    mean = seeds.mean(axis=1)
    axis.plot(mean.index, mean, color=look_of(arm).colour, linestyle=look_of(arm).line, label=subject.strings(f"arms.{arm}"))
    return float(mean.mean())


def _epochs_alt(subject: Subject, present: list[str]) -> str:
    parts = []
    for arm in present:
        records, name = subject.evidence.complete("detector", arm), subject.strings(f"arms.{arm}")
        if not records:
            parts.append(subject.strings("alt.missing", model=name, words=missing_words(subject, "detector", arm)))
            continue
        ends = {metric: subject.numbers.fixed(mean_curve(records, metric)[-1], 2) for metric in _METRICS}
        count = len(mean_curve(records, "map50"))
        published = PUBLISHED_PAIR.scratch if arm.startswith("scratch") else PUBLISHED_PAIR.transfer
        side = arm.partition("-")[0]
        rows = {metric: subject.published.number(f"{_SHOWN[side]}.{metric}").value for metric in _METRICS}
        printed = {f"published_{metric}": subject.numbers.fixed(rows[metric], 2) for metric in _METRICS}
        key = "alt.by_epoch_published" if arm == published and _comparable(subject) else "alt.by_epoch"
        parts.append(subject.strings(key, arm=name, epochs=count, **ends, **printed))
    return " ".join(parts)


def _loss_alt(subject: Subject, arm: str) -> str:
    records, name = subject.evidence.complete("detector", arm), subject.strings(f"arms.{arm}")
    if not records:
        return subject.strings("alt.missing", model=name, words=missing_words(subject, "detector", arm))
    terms = []
    for term in LOSSES:
        train, validation = (mean_curve(records, f"{part}_{term}") for part in ("train", "validation"))
        values = {"first": train[0], "last": train[-1], "validation": validation[-1]}
        shown = {key: subject.numbers.fixed(float(value), 2) for key, value in values.items()}
        terms.append(subject.strings("alt.loss_term", term=subject.strings(f"figures.{term}"), **shown))
    return subject.strings("alt.detection_losses", arm=name, terms=", ".join(terms))
