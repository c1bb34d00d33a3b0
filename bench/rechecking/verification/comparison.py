"""One value of a record beside the same value recomputed, and whether they agree."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pyarrow as pa

    from store.schema import Record

# Means and sums of float64 in another order of addition: the last three of sixteen digits and a wide margin.
RELATIVE = 1e-9
_EXACT = {int, str, type(None)}
_SHOWN = 80  # characters of a value in a message


@dataclass(frozen=True, slots=True)
class Comparison:
    """``stored`` is what the record says, ``recomputed`` what its files give: numbers, texts, None, or lists of them.

    Numbers agree within ``relative`` or ``absolute``, whichever is wider; with neither, they must be equal.
    """

    name: str
    stored: object
    recomputed: object
    relative: float = 0.0
    absolute: float = 0.0


def difference(comparison: Comparison) -> str | None:
    """What differs, for people; None where both agree."""
    stored, recomputed = comparison.stored, comparison.recomputed
    if not isinstance(stored, list) or not isinstance(recomputed, list):
        agree = _agree(stored, recomputed, comparison)
        return None if agree else f"{comparison.name} is {_text(stored)} on record, {_text(recomputed)} recomputed"
    if len(stored) != len(recomputed):
        return f"{comparison.name} has {len(stored)} values on record, {len(recomputed)} recomputed"
    if _plainly_equal(stored, recomputed):
        return None
    rows = [row for row, pair in enumerate(zip(stored, recomputed, strict=True)) if not _agree(*pair, comparison)]
    if not rows:
        return None
    first = f"{_text(stored[rows[0]])} on record, {_text(recomputed[rows[0]])} recomputed"
    return f"{comparison.name} differs in {len(rows)} of {len(stored)} values, first in row {rows[0]}: {first}"


def metrics_against(record: Record, recomputed: Mapping[str, float | None], relative: float = 0.0) -> Iterator[Comparison]:
    """Each recomputed metric beside the record's; None stands for a metric that a record must not have."""
    for name, value in recomputed.items():
        yield Comparison(f"metric {name}", record.result.metrics.get(name), value, relative)


def table_against(
    name: str, stored: pa.Table, recomputed: Mapping[str, list[object]], relative: float = 0.0
) -> Iterator[Comparison]:
    """Each recomputed column beside the file's; a column that the file lacks counts as empty."""
    for column, values in recomputed.items():
        found = stored.column(column).to_pylist() if column in stored.column_names else []
        yield Comparison(f"column {column} of {name}", found, values, relative)


def holds(name: str, conditions: Iterable[bool]) -> Comparison:
    """A statement that must be true of every value."""
    return Comparison(name, "so", "so" if all(conditions) else "not so")


def _plainly_equal(stored: list[object], recomputed: list[object]) -> bool:
    """Whether two lists hold the same values of one kind, in a tenth of the time that it takes to look at each."""
    kinds = {*map(type, stored), *map(type, recomputed)}
    if not (kinds <= _EXACT or kinds == {float}):  # True is 1 for Python, and a number that is none equals itself in a list
        return False
    return stored == recomputed and not any(value != value for value in stored)  # noqa: PLR0124 - so are those found


def _agree(stored: object, recomputed: object, comparison: Comparison) -> bool:
    if isinstance(stored, list) and isinstance(recomputed, list):
        return len(stored) == len(recomputed) and all(
            _agree(one, other, comparison) for one, other in zip(stored, recomputed, strict=True)
        )
    if isinstance(stored, bool) or isinstance(recomputed, bool):
        return stored is recomputed
    tolerant = comparison.relative or comparison.absolute
    if tolerant and isinstance(stored, int | float) and isinstance(recomputed, int | float):
        return math.isclose(stored, recomputed, rel_tol=comparison.relative, abs_tol=comparison.absolute)
    return stored == recomputed


def _text(value: object) -> str:
    text = "missing" if value is None else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
