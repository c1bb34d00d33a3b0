"""What the records of a run took: computing time, memory, and energy where their machines told it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from store.extent import read_plain_document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import JsonValue

    from store.records import Stored
    from store.schema import Record

ENERGY = "energy_j"  # among a record's facts of the machine: joules by device, of those that are known
_CARD = "gpu"
_TIMING = "timing.json"
_PEAK = "peak_memory_bytes"  # how the memory of a task's own processes beside the worker ends, such as a trainer's
_EPOCHS = ("epoch_seconds", "seconds_per_epoch")
_ROUNDED_S = 1.0  # beginnings are kept in whole seconds


@dataclass(frozen=True, slots=True)
class Costs:
    """Sums over the records, and the longest and largest of them; ``energy_j`` is that of the ``metered`` ones alone.

    It is ``at_most`` that, where tasks shared a graphics card: each of them was given all that the card took meanwhile.
    """

    records: int
    duration_s: float
    longest_s: float
    peak_memory_bytes: int
    energy_j: float
    metered: int
    at_most: bool


def costs_of(everything: Sequence[Stored]) -> Costs:
    """What these took together; raises IntegrityError where a file of durations cannot be read."""
    records = [stored.record for stored in everything]
    known = [joules for record in records if (joules := _joules(record)) is not None]
    timings = list(map(_timing, everything))
    durations = list(map(_duration_s, records, timings))
    return Costs(
        records=len(records),
        duration_s=math.fsum(durations),
        longest_s=max(durations, default=0.0),
        peak_memory_bytes=max(map(_peak_memory_bytes, records, timings), default=0),
        energy_j=math.fsum(known),
        metered=len(known),
        at_most=_card_was_shared(records),
    )


def _duration_s(record: Record, told: Mapping[str, JsonValue]) -> float:
    """Seconds of computing; a training that was killed and resumed also took the epochs before that."""
    lists = [value for value in map(told.get, _EPOCHS) if isinstance(value, list)]
    epochs = [math.fsum(each for each in value if isinstance(each, int | float)) for value in lists]
    return max(record.execution.duration_s, *epochs, 0.0)


def _peak_memory_bytes(record: Record, told: Mapping[str, JsonValue]) -> int:
    """The larger of the worker's and of those that the task's own processes had."""
    own = [value for name, value in told.items() if name.endswith(_PEAK) and isinstance(value, int)]
    return max(record.execution.peak_memory_bytes, *own, 0)


def _timing(stored: Stored) -> dict[str, JsonValue]:
    if _TIMING not in {entry.name for entry in stored.record.files}:
        return {}
    told = read_plain_document(stored.file(_TIMING))
    return told if isinstance(told, dict) else {}


def _card_was_shared(records: Sequence[Record]) -> bool:
    """Whether two tasks that a card's counter was read for ran at the same time; on which of several cards is not told."""
    spans = sorted(_span(record) for record in records if _CARD in _told(record) and _joules(record) is not None)
    return any(after < end - _ROUNDED_S for (_begin, end), (after, _end) in pairwise(spans))


def _span(record: Record) -> tuple[float, float]:
    begin = datetime.fromisoformat(record.execution.started_at).timestamp()
    return begin, begin + record.execution.duration_s


def _told(record: Record) -> dict[str, JsonValue]:
    found = record.execution.machine.get(ENERGY)
    return found if isinstance(found, dict) else {}


def _joules(record: Record) -> float | None:
    """The record's energy over all devices; None where none is told, or where something else stands in its place."""
    values = list(_told(record).values())
    numbers = [
        float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    ]
    return math.fsum(numbers) if numbers and len(numbers) == len(values) else None
