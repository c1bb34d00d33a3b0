"""``bench verify`` asks here what a record's numbers should be: for each experiment, a function that recomputes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.rechecking.verification.comparison import RELATIVE, Comparison, metrics_against
from store.formats import read_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bench.rechecking.verification.standing import Standing
    from store.records import Stored


def estimate(stored: Stored, _upstream: Mapping[str, Stored]) -> Iterator[Comparison]:
    """Points to the estimate, and the last row of the history to both."""
    metrics = stored.record.result.metrics
    yield from metrics_against(stored.record, {"estimate": 4 * metrics["points_inside"] / metrics["points"]}, RELATIVE)
    last = read_table(stored.file("history.parquet")).to_pylist()[-1]
    yield from metrics_against(stored.record, {"points": last["points"], "estimate": last["estimate"]}, RELATIVE)


RECORDS = {"estimate": estimate}
FIELDS: Mapping[str, Mapping[str, Standing]] = {"estimate": {"metrics.*": "recomputed", "history.parquet:*": "trusted"}}
"""On what each field of a record stands: recomputed above, cross-checked in ``agreeing``, or trusted, which verify says."""


def agreeing(_records: Mapping[str, Stored]) -> Iterator[tuple[str, Comparison]]:
    """What the records of one run say of the same thing; nothing here, as each seed is by itself."""
    return iter(())
