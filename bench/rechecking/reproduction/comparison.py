"""Compares a task's second record with its stored one, and says where they part."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.rechecking.reproduction.files import file_differences
from store.certificates import Tolerance
from store.chain import CHAIN, first_divergence, read_chain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydantic import JsonValue

    from store.certificates import Verdict
    from store.records import Stored
    from store.schema import Record

# 4 sample standard deviations are 2.8 of the difference of two runs: one pair in 200 differs by more where all is well.
# The cap keeps a metric that varies much between seeds (a detector's first epochs) from being excused whatever it is.
TOLERANCE = Tolerance(relative=1e-3, deviations=4.0, seeds=3, cap=0.05)
RESUMED = "resumed_from_epochs"
_UNCOMPARED = {"best_epoch"}  # the place of a minimum on a flat curve moves with the last digit


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict with what it rests on; the fields are those of ``TaskVerdict``."""

    verdict: Verdict
    reason: str = ""
    epoch: int | None = None
    parts: tuple[str, ...] = ()
    tensors: tuple[str, ...] = ()
    what: str = ""
    differences: tuple[str, ...] = ()
    stored: JsonValue = None
    again: JsonValue = None


def compare(stored: Stored, again: Stored, *, elsewhere: bool, spread: Mapping[str, float]) -> Finding:
    """The verdict on ``again``; ``elsewhere``: made in another environment class, ``spread``: deviations of metrics over seeds.

    A record may differ in which epochs a training was resumed from, and in its upstream's digest, and still be the same
    result: an upstream's own result is compared on its own. Raises IntegrityError where a chain or a file is not sound.
    """
    one, other = stored.record, again.record
    if other.status == "failed":
        return Finding("failed", reason=other.result.reason)
    if other.status == "skipped":
        return Finding("skipped", reason=other.result.reason)
    difference = next(_differences(one, other), None)
    if difference is None:
        return Finding("bit_identical")
    outside = next(_outside(one, other, spread), None) if elsewhere else None
    parted = None if elsewhere else _parted(stored, again)
    if parted is not None:
        return parted
    what, left, right = outside or difference
    verdict: Verdict = "consistent" if elsewhere and outside is None else "different"
    return Finding(verdict, what=what, differences=file_differences(stored, again), stored=left, again=right)


def spread_of(records: Iterable[Record]) -> dict[str, float]:
    """The sample standard deviation of each metric over what several seeds gave now; none with too few of them."""
    found = [record.result.metrics for record in records if record.status == "ok"]
    if len(found) < TOLERANCE.seeds:
        return {}
    shared = set.intersection(*(set(metrics) for metrics in found))
    return {name: statistics.stdev(metrics[name] for metrics in found) for name in shared}


def resumed(record: Record) -> tuple[int, ...]:
    """The epochs after which a training was taken up again; empty for an undisturbed one and for other tasks."""
    epochs = record.result.facts.get(RESUMED)
    return tuple(epoch for epoch in epochs if isinstance(epoch, int)) if isinstance(epochs, list) else ()


def is_training(record: Record) -> bool:
    """Whether the record's task trained something: then it kept a chain of digests."""
    return CHAIN in {entry.name for entry in record.files}


def _parted(stored: Stored, again: Stored) -> Finding | None:
    """Where the chains part; None where there is none, or where only what was computed after the training differs."""
    one, other = read_chain(stored), read_chain(again)
    parting = first_divergence(one, other) if one is not None and other is not None else None
    if parting is None or one is None or other is None:
        return None
    if not parting.parts:
        return Finding("divergence", epoch=parting.epoch, what="epochs", stored=len(one) - 1, again=len(other) - 1)
    return Finding("divergence", epoch=parting.epoch, parts=parting.parts, tensors=parting.tensors)


def _differences(one: Record, other: Record) -> Iterator[tuple[str, JsonValue, JsonValue]]:
    """Name and both values of everything that differs: status, metrics, facts, then files."""
    if one.status != other.status:
        yield "status", one.status, other.status
    if one.result.reason != other.result.reason:
        yield "reason", one.result.reason, other.result.reason
    yield from _unequal("metrics", dict(one.result.metrics), dict(other.result.metrics))
    facts = [{name: value for name, value in record.result.facts.items() if name != RESUMED} for record in (one, other)]
    yield from _unequal("facts", facts[0], facts[1])
    files = [{entry.name: entry.sha256 for entry in record.files if not entry.volatile} for record in (one, other)]
    yield from _unequal("files", dict(files[0]), dict(files[1]))


def _unequal(
    kind: str, one: Mapping[str, JsonValue], other: Mapping[str, JsonValue]
) -> Iterator[tuple[str, JsonValue, JsonValue]]:
    for name in sorted(one.keys() | other.keys()):
        left, right = one.get(name), other.get(name)
        if left != right:
            yield f"{kind}.{name}", left, right


def _outside(one: Record, other: Record, spread: Mapping[str, float]) -> Iterator[tuple[str, JsonValue, JsonValue]]:
    """The status, where it differs, and the metrics that differ by more than is tolerated."""
    if one.status != other.status:
        yield "status", one.status, other.status
    for what, left, right in _unequal("metrics", dict(one.result.metrics), dict(other.result.metrics)):
        name = what.removeprefix("metrics.")
        if name not in _UNCOMPARED and not is_close(left, right, spread.get(name, 0.0)):
            yield what, left, right


def is_close(stored: JsonValue, again: JsonValue, deviation: float) -> bool:
    """Whether a metric lies within the tolerance around what came out now; ``deviation`` over the seeds that ran again."""
    if not (isinstance(stored, float) and isinstance(again, float)):
        return False  # a count that differs, or a metric that only one of the two has
    size = abs(again)
    return abs(stored - again) <= max(TOLERANCE.relative * size, min(TOLERANCE.deviations * deviation, TOLERANCE.cap * size))
