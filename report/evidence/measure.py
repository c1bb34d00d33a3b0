"""One measured quantity of the run: its summary over seeds, an interval where one can be had, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from report.evidence.records import reference
from report.inference.statistics import Summary, summarise

if TYPE_CHECKING:
    from collections.abc import Callable

    from report.evidence.records import Evidence
    from report.inference.statistics import Interval
    from store.records import Stored


@dataclass(frozen=True, slots=True)
class Measurement:
    """A quantity over seeds. ``summary`` is None where no seed gave a value.

    ``records`` are those that did, ``values`` what each gave (empty for a comparison, which has two records a value);
    ``incomplete`` are tasks that did not succeed, and ``undefined`` are records of tasks that did, but in which the quantity
    has no value (the precision of a class that is never predicted). ``name`` is the metric's in ``study.toml``, whose range
    bounds what is shown of the interval; empty where it has none there, as a difference has.
    """

    summary: Summary | None
    records: tuple[Stored, ...]
    incomplete: tuple[Stored, ...]
    undefined: tuple[Stored, ...] = ()
    values: tuple[float, ...] = ()
    name: str = ""

    @property
    def references(self) -> tuple[str, ...]:
        """The records that the summary is made of."""
        return tuple(reference(stored) for stored in self.records)

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval, over seeds or (one seed) over test images; None where there is none."""
        return self.summary.interval if self.summary else None


def measure(
    evidence: Evidence,
    experiment: str,
    variant: str,
    value: Callable[[Stored], float | None],
    alone: Callable[[Stored], Interval] | None = None,
    name: str = "",
) -> Measurement:
    """``value`` of every successful record, None where undefined; ``alone`` gives one seed's interval over test images."""
    values = [(stored, value(stored)) for stored in evidence.complete(experiment, variant)]
    known = [(stored, number) for stored, number in values if number is not None]
    undefined = tuple(stored for stored, number in values if number is None)
    incomplete = evidence.incomplete(experiment, variant)
    if not known:
        return Measurement(None, (), incomplete, undefined, name=name)
    summary = summarise([number for _, number in known])
    if summary.n == 1 and alone is not None:
        summary = replace(summary, interval=alone(known[0][0]))
    records, numbers = zip(*known, strict=True)
    return Measurement(summary, records, incomplete, undefined, numbers, name)


def paired(
    evidence: Evidence, experiment: str, variants: tuple[str, str], compare: Callable[[Stored, Stored], float | None]
) -> Measurement:
    """``compare`` of two variants seed by seed, None where undefined: they had the same data and the same cut.

    ``records`` are those of both variants, so ``summary.n`` counts the pairs.
    """
    first, second = ({stored.record.task.seed: stored for stored in evidence.complete(experiment, name)} for name in variants)
    pairs = [(first[seed], second[seed]) for seed in first if seed in second]
    values = [(pair, compare(*pair)) for pair in pairs]
    known = [(pair, number) for pair, number in values if number is not None]
    undefined = tuple(stored for pair, number in values if number is None for stored in pair)
    incomplete = tuple(stored for name in variants for stored in evidence.incomplete(experiment, name))
    if not known:
        return Measurement(None, (), incomplete, undefined)
    records = tuple(stored for pair, _ in known for stored in pair)
    return Measurement(summarise([number for _, number in known]), records, incomplete, undefined)


def metric(evidence: Evidence, experiment: str, variant: str, name: str) -> Measurement:
    """A metric of the records, with an interval over seeds only; undefined where a record says that it cannot be known."""
    read = metric_reader(name)
    return measure(
        evidence, experiment, variant, lambda stored: None if _is_undefined(stored, name) else read(stored), name=name
    )


def metric_reader(name: str) -> Callable[[Stored], float]:
    """Reads one metric of a record."""
    return lambda stored: float(stored.record.result.metrics[name])


def _is_undefined(stored: Stored, name: str) -> bool:
    """Whether the fact ``undefined_metrics`` names the metric, and the record has none of that name."""
    undefined = stored.record.result.facts.get("undefined_metrics")
    return isinstance(undefined, list) and name in undefined and name not in stored.record.result.metrics
