"""How the numbers of a claim are printed: in the unit and with the digits that the source or the study gives them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from report.printing import cells
from report.printing.formatting import decimals_for
from report.printing.table import Cell, Number

if TYPE_CHECKING:
    from report.claims.schema import Claim, Selector
    from report.evidence.subject import Subject
    from report.inference.statistics import Interval
    from report.inference.verdicts import Judged

YES_NO = "yes/no"
"""The unit of a quantity that is 1 where something holds and 0 where it does not."""
_DIGITS = 4  # of a number for which neither the source nor the study says how many
_REACH_DIGITS = 2  # of a tolerance, which is a round number or a tenth of a printed one


@dataclass(frozen=True, slots=True)
class Form:
    """A number is printed times ``factor``, with ``decimals`` (None: as many as four digits take), and its ``unit``.

    ``printed`` are the decimals that the source prints; None where it prints no such number. ``one`` is
    the unit of exactly one.
    """

    factor: float = 1.0
    unit: str = ""
    decimals: int | None = None
    printed: int | None = None
    one: str = ""

    def of(self, value: float, decimals: int | None = None) -> Number:
        """The value in the printed unit; ``decimals`` stand in place of the form's own."""
        shown = value * self.factor
        places = self.decimals if decimals is None else decimals
        if places is None:
            places = 0 if float(shown).is_integer() else decimals_for(shown, _DIGITS)
        return Number(shown, places, self.named(shown, places))

    def named(self, shown: float, places: int) -> str:
        """The unit behind a number that is printed: of 1 the singular."""
        return self.one if self.one and places == 0 and abs(shown) == 1 else self.unit


def published(subject: Subject, judged: Judged) -> Cell:
    """The published number with the digits of the source, or a claim's own; a dash where the claim names none."""
    if judged.published is None:
        return cells.nothing()
    form = form_of(subject, judged.claim)
    return _cell(subject, form, form.of(judged.published, form.printed), judged, "published")


def measured(subject: Subject, judged: Judged) -> Cell:
    """The mean over seeds; of several quantities each with the name of what it belongs to."""
    if not judged.measured:
        return cells.nothing()
    forms = [form_of(subject, judged.claim, selector) for selector in judged.claim.select]
    numbers = [form.of(summary.mean) for form, summary in zip(forms, judged.measured, strict=True)]
    if len(numbers) == 1:
        return _cell(subject, forms[0], numbers[0], judged, "value")
    names = labels(subject, judged.claim)
    parts = (f"{name} {subject.numbers.shown(number)}" for name, number in zip(names, numbers, strict=True))
    return Cell("; ".join(parts), "value", judged.records)


def measured_with_interval(subject: Subject, judged: Judged) -> tuple[Cell, ...]:
    """The mean over seeds and, where there is one, its interval, with the unit once behind both."""
    mean, span = measured(subject, judged), interval(subject, judged)
    if mean.number is None or span.number is None:
        return (mean,)
    whole = replace(span, text=span.text.replace(" ", "\N{NO-BREAK SPACE}"))  # its bounds stand in one line
    return (cells.of(subject, Number(mean.number.value, mean.number.decimals), "value", judged.records), whole)


def interval_in_range(subject: Subject, judged: Judged) -> Interval | None:
    """The 95 % interval of the one quantity in the claim's unit, as far as it lies in the range of the metric."""
    found = judged.measured[0].interval if len(judged.measured) == 1 else None
    chosen = next(iter(judged.claim.select), None)
    declared = None if chosen is None else subject.study.vocabulary.metrics.get(_quantity(chosen))
    if found is None or chosen is None or declared is None:
        return found
    return declared.within(found, chosen.scale)


def interval(subject: Subject, judged: Judged) -> Cell:
    """The 95 % interval of the one quantity; a dash for several, and where there is none."""
    found = interval_in_range(subject, judged)
    form = form_of(subject, judged.claim)
    if found is None or form.unit == YES_NO:
        return cells.nothing()
    low, high = form.of(found.low), form.of(found.high)
    places = max(low.decimals, high.decimals)
    bounds = (found.low * form.factor, found.high * form.factor)
    return cells.of(subject, Number(bounds, places, form.unit), "value", judged.records)


def limit(subject: Subject, judged: Judged) -> str:
    """What the quantity was held against: the published value and its tolerance, a bound, or an order."""
    claim, s = judged.claim, subject.strings
    form = form_of(subject, claim)
    if claim.kind == "range":
        given = {"low": claim.at_least, "high": claim.at_most}
        shown = {name: _bound(subject, form, bound) for name, bound in given.items() if bound is not None}
        return s(f"claim_limits.{'_and_'.join(shown)}", **shown)
    if claim.tolerance is not None and judged.published is not None:
        reach = form.factor * claim.tolerance.around(judged.published)
        value = subject.numbers.shown(Number(*_plain(form.of(judged.published, form.printed))))
        around = subject.numbers.shown(Number(reach, decimals_for(reach, _REACH_DIGITS), form.unit))
        return s("claim_limits.around", published=value, reach=around)
    return s(f"claim_limits.{'order' if claim.kind in {'order', 'first'} else 'equal'}")


def form_of(subject: Subject, claim: Claim, selector: Selector | None = None) -> Form:
    """Unit and digits of what a selector names: as ``study.toml`` declares them, else as the source prints the value."""
    chosen = selector or next(iter(claim.select), None)
    found = None if claim.published is None else subject.published.find(claim.published)
    printed = None if found is None else found.decimals
    declared = None if chosen is None else subject.study.vocabulary.metrics.get(_quantity(chosen))
    if chosen is None or declared is None:
        more = 0 if claim.kind == "exact" else 1  # a mean has a digit more than a draw, an exact number has none to spare
        return Form(decimals=None if printed is None else printed + more, printed=printed)
    unit, decimals = declared.unit, max(declared.digits, printed or 0)
    return Form(declared.scale / chosen.scale, subject.strings.named("units", unit), decimals, printed, _one(subject, unit))


def _one(subject: Subject, unit: str) -> str:
    """The unit's singular; empty where it has none of its own."""
    key = f"units_one.{unit}"
    return str(subject.strings(key)) if key in subject.strings.texts else ""


def labels(subject: Subject, claim: Claim) -> list[str]:
    """What tells the claim's quantities apart: their models or arms, or, where these are the same, what is measured."""
    variants = [selector.variant for selector in claim.select]
    if len(set(variants)) > 1:
        return [_variant(subject, variant) for variant in variants]
    return [subject.strings.named("metrics", _quantity(selector)) for selector in claim.select]


def _variant(subject: Subject, name: str) -> str:
    """What the study calls a variant: a row of its own, or the model or arm of that key."""
    return subject.study.declared().variant_name(subject, name) or _named(subject, ("models", "arms"), name)


def _named(subject: Subject, groups: tuple[str, ...], key: str) -> str:
    known = (f"{group}.{key}" for group in groups)
    return next((str(subject.strings(name)) for name in known if name in subject.strings.texts), key)


def _quantity(selector: Selector) -> str:
    return selector.quantity or selector.metric or selector.history or ""


def _plain(number: Number) -> tuple[float | tuple[float, float], int]:
    """A number without its unit, which stands once behind the tolerance."""
    return number.value, number.decimals


def _bound(subject: Subject, form: Form, bound: float) -> str:
    """A bound that the claim sets: a round number, printed with the digits that it has."""
    if form.unit == YES_NO:
        return subject.strings("tables.yes" if bound > 0 else "tables.no")
    shown = bound * form.factor
    decimals = 0 if float(shown).is_integer() else decimals_for(shown, 1 if abs(shown) < 1 else 2)
    return subject.numbers.shown(Number(shown, decimals, form.named(shown, decimals)))


def _cell(subject: Subject, form: Form, number: Number, judged: Judged, kind: str) -> Cell:
    """The number as a cell; 1 and 0 of a question are words, and a share between them is printed in percent."""
    records, source = ((), judged.claim.published or judged.claim.id) if kind == "published" else (judged.records, "")
    if form.unit == YES_NO and isinstance(number.value, float | int):
        if number.value in {0, 1}:
            words = subject.strings("tables.yes" if number.value else "tables.no")
            return Cell(words, "published" if kind == "published" else "value", records, source, number=number)
        number = Number(100 * number.value, 0, "%")
    return cells.of(subject, number, "published" if kind == "published" else "value", records, source)
