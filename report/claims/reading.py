"""Reads the quantity that a claim's selector names out of a record, or out of the pair of records that it compares."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from report.claims.schema import unpublished
from report.evidence.records import damaged, frame
from store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from report.claims.schema import Selector
    from report.evidence.published import Published
    from report.evidence.records import Evidence
    from store.records import Stored


class Reading(NamedTuple):
    """What a quantity may look at: the record, its selector, and the study around them.

    ``declared`` are the history columns that ``study.toml`` names.
    """

    stored: Stored
    selector: Selector
    evidence: Evidence
    published: Published
    claim: str
    declared: frozenset[str] = frozenset()

    def metric(self, name: str) -> float:
        """A metric of the record; raises UsageError that names the claim where the record has none such."""
        metrics = self.stored.record.result.metrics
        if name not in metrics:
            raise unresolved(self, f"metric {name}")
        return float(metrics[name])

    def column(self) -> dict[int, float]:
        """Epoch to value of the selector's history column.

        Raises UsageError that names the claim where there is none such, IntegrityError where the study declares the column.
        """
        table = frame(self.stored, "history.parquet")
        if self.selector.history not in table and self.selector.history in self.declared:
            message = f"history.parquet of {self.stored.record.task.id} has no column {self.selector.history}"
            raise damaged(self.stored, message)
        if self.selector.history not in table:
            raise unresolved(self, f"history column {self.selector.history}")
        return dict(zip(table["epoch"].astype(int), table[self.selector.history].astype(float), strict=True))

    def curve(self) -> dict[int, float]:
        """Epoch to value of the selector's published curve."""
        found = self.published.find_curve(self.selector.curve or "")
        if found is None:
            raise unpublished(self.claim, self.selector.curve or "no curve")
        return dict(zip(found.x, found.y, strict=True))

    def beside(self, variant: str | None) -> Stored | None:
        """The complete record of another variant with the same experiment and seed."""
        task = self.stored.record.task
        found = self.evidence.complete(task.experiment, variant or "")
        return next((other for other in found if other.record.task.seed == task.seed), None)


Quantity = Callable[[Reading], float | None]
"""A quantity of a study: what a record gives, None where it leaves it undefined."""


def read(reading: Reading, quantities: Mapping[str, Quantity]) -> float | None:
    """The quantity in its printed unit, by the study's own ``quantities`` where it is one of them; None where it is undefined.

    Raises UsageError that names the claim where the selector resolves to nothing.
    """
    selector = reading.selector
    value: float | None
    if selector.metric is not None:
        undefined = reading.stored.record.result.facts.get("undefined_metrics")
        if isinstance(undefined, list) and selector.metric in undefined:
            return None
        value = reading.metric(selector.metric)
    elif selector.epoch is not None:
        column = reading.column()
        value = column[max(column)] if selector.epoch == "last" else max(column.values())
    elif selector.quantity is not None and selector.quantity in quantities:
        value = quantities[selector.quantity](reading)
    else:
        raise unresolved(reading, f"quantity {selector.quantity}")
    return None if value is None or np.isnan(value) else value * selector.scale


def unresolved(reading: Reading, what: str) -> UsageError:
    """The error of a selector that leads nowhere."""
    message = f"claim {reading.claim} names a quantity that record {reading.stored.record.task.id} does not have: {what}"
    return UsageError(message, where="claims.toml", cure="correct its selector there; docs/records.md lists what records hold")
