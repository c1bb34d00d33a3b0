"""What the records of a run took: computing time, memory, and energy where their machines told it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store.schema import Record

ENERGY = "energy_j"  # among a record's facts of the machine: joules by device, of those that are known


@dataclass(frozen=True, slots=True)
class Costs:
    """Sums over the records, and the largest of their peak memories; ``energy_j`` is that of the ``metered`` ones alone."""

    records: int
    duration_s: float
    peak_memory_bytes: int
    energy_j: float
    metered: int


def costs_of(records: Sequence[Record]) -> Costs:
    """What these took together."""
    known = [joules for record in records if (joules := _joules(record)) is not None]
    return Costs(
        records=len(records),
        duration_s=math.fsum(record.execution.duration_s for record in records),
        peak_memory_bytes=max((record.execution.peak_memory_bytes for record in records), default=0),
        energy_j=math.fsum(known),
        metered=len(known),
    )


def _joules(record: Record) -> float | None:
    """The record's energy over all devices; None where none is told, or where something else stands in its place."""
    told = record.execution.machine.get(ENERGY)
    values = list(told.values()) if isinstance(told, dict) else []
    numbers = [
        float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    ]
    return math.fsum(numbers) if numbers and len(numbers) == len(values) else None
