"""The tables of the sensitivity study: what another value of an assumed setting does to results and to verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from report.claims.sensitivity import trials, turned
from report.evidence.measure import measure, paired
from report.printing import cells
from report.printing.table import Cell, Column, Table
from report.tables.claim_reasons import reason
from report.tables.claims import TONES
from report.tables.setting_words import setting
from store.alternatives import alternative_variant

if TYPE_CHECKING:
    from collections.abc import Callable

    from report.claims.sensitivity import Trial
    from report.evidence.measure import Measurement
    from report.evidence.published import Printed
    from report.evidence.subject import Subject
    from report.inference.verdicts import Judged
    from store.records import Stored


@dataclass(frozen=True, slots=True)
class Result:
    """A published number (None where the source has none) and how a record of its cell gives it.

    ``scale`` turns the record's unit into the printed one; ``name`` is the metric's in ``study.toml``.
    """

    experiment: str
    variant: str
    label: str
    published: Printed | None
    decimals: int
    value: Callable[[Stored], float]
    scale: float = 1.0
    name: str = ""


def results(subject: Subject) -> Table | None:
    """Validation losses and accuracies with the assumed value and with each other one; None where none was tried."""
    s = subject.strings
    rows: list[tuple[Cell, ...]] = []
    everything: list[Measurement] = []
    for trial in trials(subject):
        for quantity in subject.study.declared().sensitive(subject):
            if (quantity.experiment, quantity.variant) in trial.touched:
                row, measured = _row(subject, trial, quantity)
                rows.append(row)
                everything += measured
    heads = [Column(s(f"columns.{name}")) for name in ("setting", "quantity")]
    names = ("published", "with_assumed", "with_tried", "tried_minus_assumed", "gap_interval_seeds", "pairs")
    heads += [Column(s(f"columns.{name}"), "right") for name in names]
    return Table("sensitivity", s("captions.sensitivity"), tuple(heads), tuple(rows), cells.notes(subject, everything))


def verdicts(subject: Subject) -> Table:
    """The claims whose verdict depends on a value, as ``report/claims/sensitivity.py`` has it."""
    s = subject.strings
    rows = tuple(
        (
            cells.text(setting(subject, one.trial)),
            cells.text(s.place(one.own.claim.source)),
            cells.text(one.own.claim.words(s.language)),
            _verdict(subject, one.own),
            _verdict(subject, one.other),
            cells.text(reason(subject, one.other)),
        )
        for one in turned(subject)
        if one.depends
    )
    names = ("setting", "place", "claim", "with_assumed", "with_tried", "why_tried")
    heads = tuple(Column(s(f"columns.{name}")) for name in names)
    return Table("sensitivity-verdicts", s("captions.sensitivity-verdicts"), heads, rows)


def _row(subject: Subject, trial: Trial, quantity: Result) -> tuple[tuple[Cell, ...], tuple[Measurement, ...]]:
    place = (quantity.experiment, quantity.variant)
    own, other = (measure(one.evidence, *place, quantity.value, name=quantity.name) for one in (trial.own, trial.other))
    variants = (quantity.variant, alternative_variant(quantity.variant, trial.alternative))
    change = paired(subject.evidence, quantity.experiment, variants, lambda a, b: quantity.value(b) - quantity.value(a))
    shown = (quantity.decimals, quantity.scale)
    row = (
        cells.text(setting(subject, trial)),
        cells.text(quantity.label),
        cells.printed(subject, quantity.published),
        cells.value(subject, own, *shown),
        cells.value(subject, other, *shown),
        cells.signed(subject, change, *shown),
        cells.interval(subject, change, *shown),
        cells.pairs(change),
    )
    return row, (own, other)


def _verdict(subject: Subject, judged: Judged) -> Cell:
    return Cell(subject.strings(f"claim_verdicts.{judged.verdict}"), "status", judged.records, tone=TONES[judged.verdict])


def lines(subject: Subject) -> tuple[str, ...]:
    """A sentence for each value that was tried: how many verdicts depend on it."""
    found = turned(subject)
    sentences = []
    for trial in trials(subject):
        touched = [one for one in found if one.trial.alternative == trial.alternative]
        seeds = {stored.record.task.seed for stored in trial.tasks}
        values = {"seeds": len(seeds), "touched": len(touched), "changed": sum(one.changed for one in touched)}
        values["depends"] = sum(one.depends for one in touched)
        numbers = {name: subject.numbers.integer(count) for name, count in values.items()}
        sentences.append(subject.strings("sensitivity.line", setting=setting(subject, trial), **numbers))
    return tuple(sentences)
