"""Figures 1 and 6: training and validation curves beside the published ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.ticker import MaxNLocator

from report.evidence.history import by_seed, mean_curve
from report.printing.figure_style import (
    PUBLISHED,
    RERUN_TRAIN,
    RERUN_VALIDATION,
    Drawing,
    abreast,
    canvas,
    key,
    remark,
    single_seeds,
)
from report.studies.assignment_2 import slip
from report.studies.assignment_2.models import MODELS, look_of, objective_of
from report.studies.assignment_2.tables.training import loss_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from report.evidence.subject import Subject
    from store.records import Stored

_CLASSIFIER_PANELS = (
    ("train_loss", "train_cross_entropy", 1.0),
    ("validation_loss", "validation_cross_entropy", 1.0),
    ("train_accuracy", "train_accuracy", 100.0),
    ("validation_accuracy", "validation_accuracy", 100.0),
)


def losses(subject: Subject) -> Drawing:
    """Figure 1: one panel a model, re-run seeds faint and their mean bold, published curves dashed."""
    figure, axes, spare = abreast(len(MODELS), 1.85)
    for axis, model in zip(axes, MODELS, strict=True):
        _loss_panel(subject, axis, model)
    key(figure, spare, axes[list(MODELS).index(slip.MODEL)])
    return Drawing(figure, " ".join(_loss_alt(subject, model) for model in MODELS))


def classifiers(subject: Subject) -> Drawing:
    """Figure 6: loss and accuracy of the classifiers, training and validation, with the published curves dotted."""
    figure, axes = canvas(2, 2, 4.3)
    for axis, (printed, measured, scale) in zip(axes, _CLASSIFIER_PANELS, strict=True):
        for model in MODELS:
            curve = subject.published.find_curve(f"figure-6.{model}.{printed}")
            marks: dict[str, Any] = {"color": look_of(model).colour, "linewidth": 1.0, "linestyle": ":", "alpha": 0.9}
            if curve is not None:
                label = subject.strings("figures.published_of", model=subject.model(model))
                axis.plot(curve.x, curve.y, **marks, label=label)
            bundle(
                axis,
                subject.evidence.complete("classifier", model),
                measured,
                scale,
                (look_of(model).colour, look_of(model).line, subject.model(model)),
            )
        axis.set_title(subject.strings(f"figures.{printed}"))
        axis.set_xlabel(subject.strings("figures.epoch"))
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return Drawing(figure, " ".join(_classifier_alt(subject, model) for model in MODELS))


def bundle(axis: Axes, records: tuple[Stored, ...], name: str, scale: float, look: tuple[str, str, str]) -> None:
    """Draw a history column by epoch: the mean over seeds bold, single seeds faint; ``look`` is colour, line and label."""
    if not records:
        return
    colour, line, label = look
    seeds = scale * by_seed(records, name)
    single_seeds(axis, seeds, colour)
    axis.plot(
        seeds.index, seeds.mean(axis=1), color=colour, linestyle=line, label=label, marker="o" if len(seeds) == 1 else None
    )


def _loss_panel(subject: Subject, axis: Axes, model: str) -> None:
    s = subject.strings
    train, validation = loss_names(model)
    axis.set_title(s("figures.loss_title", model=subject.model(model)))
    axis.set_ylabel(s(f"figures.{objective_of(model).unit}"))
    axis.set_xlabel(s("figures.epoch"))
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    for part, linestyle, linewidth in (("train", "--", 1.2), ("validation", ":", 1.4)):
        curve = subject.published.find_curve(f"figure-1.{model}.{part}")
        if curve is not None:
            label = s(f"figures.published_{part}")
            axis.plot(curve.x, curve.y, color=PUBLISHED, linestyle=linestyle, linewidth=linewidth, label=label)
    if model == slip.MODEL:
        curve, scale = subject.published.curve(f"figure-1.{model}.validation"), slip.factor(subject.published)
        label = s("figures.published_rescaled", factor=subject.numbers.integer(scale))
        axis.plot(curve.x, [scale * y for y in curve.y], color=PUBLISHED, linestyle="none", marker="x", label=label)
    records = subject.evidence.complete("autoencoder", model)
    if not records:
        remark(axis, missing_words(subject, "autoencoder", model))
    bundle(axis, records, train, 1.0, (RERUN_TRAIN, "-", s("figures.rerun_train")))
    bundle(axis, records, validation, 1.0, (RERUN_VALIDATION, "-", s("figures.rerun_validation")))


def missing_words(subject: Subject, experiment: str, variant: str) -> str:
    """Why a panel has no re-run data: the statuses of its tasks, or that there were none."""
    found: list[str] = sorted({stored.record.status for stored in subject.evidence.incomplete(experiment, variant)}) or [
        "not_run"
    ]
    words = ", ".join(subject.strings(f"status.{word}") for word in found)
    return subject.strings("figures.missing", words=words)


def _loss_alt(subject: Subject, model: str) -> str:
    records = subject.evidence.complete("autoencoder", model)
    curve = subject.published.find_curve(f"figure-1.{model}.train")
    name, digits = subject.model(model), objective_of(model).digits
    fixed = subject.numbers.fixed
    known = {
        "model": name,
        "published_first": fixed(curve.y[0], digits) if curve else "",
        "published_last": fixed(curve.y[-1], digits) if curve else "",
    }
    if not records:
        words = missing_words(subject, "autoencoder", model)
        if curve is None:
            return subject.strings("alt.missing", model=name, words=words)
        return subject.strings("alt.losses_missing", **known, words=words)
    train, validation = (mean_curve(records, column) for column in loss_names(model))
    return subject.strings(
        "alt.losses" if curve else "alt.losses_own",
        **known,
        seeds=len(records),
        epochs=len(train),
        first=fixed(train[0], digits),
        last=fixed(train[-1], digits),
        validation=fixed(validation[-1], digits),
    )


def _classifier_alt(subject: Subject, model: str) -> str:
    records = subject.evidence.complete("classifier", model)
    if not records:
        return subject.strings("alt.missing", model=subject.model(model), words=missing_words(subject, "classifier", model))
    curve = mean_curve(records, "validation_accuracy")
    printed = subject.published.find_curve(f"figure-6.{model}.validation_accuracy")
    return subject.strings(
        "alt.classifiers" if printed else "alt.classifiers_own",
        model=subject.model(model),
        epochs=len(curve),
        first=subject.numbers.percent(curve[0], 1),
        last=subject.numbers.percent(curve[-1], 1),
        published=subject.numbers.percent(printed.y[-1] / 100, 1) if printed else "",
    )
