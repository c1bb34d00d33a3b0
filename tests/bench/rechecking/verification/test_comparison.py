"""Stored and recomputed values agree within the stated tolerance, and a difference says where it is."""

from __future__ import annotations

import math

import pytest

from bench.rechecking.verification.comparison import Comparison, difference, holds


@pytest.mark.parametrize(
    ("stored", "recomputed", "relative", "agrees"),
    [
        (1, 1, 0.0, True),
        (1, 1.0, 0.0, True),
        (0.1 + 0.2, 0.3, 0.0, False),
        (0.1 + 0.2, 0.3, 1e-9, True),
        (1.0, 1.0 + 1e-8, 1e-9, False),
        (0.0, 1e-12, 1e-9, False),
        (None, None, 0.0, True),
        (None, 0.0, 1e-9, False),
        (True, 1, 1e-9, False),
        ("a", "a", 1e-9, True),
        ([[1, 2], [3, 4]], [[1, 2], [3, 5]], 0.0, False),
        ([0.3], [0.1 + 0.2], 1e-9, True),
        ([1], [1, 2], 0.0, False),
        ([float("nan")], [0.5], 1e-9, False),
        ([math.nan], [math.nan], 1e-9, False),
        ([True, None], [1, None], 0.0, False),
        ([1, "a", None], [1, "a", None], 0.0, True),
        ([1, 2.0], [1.0, 2], 0.0, True),
    ],
)
def test_agreement(stored: object, recomputed: object, relative: float, *, agrees: bool) -> None:
    """Exact without a tolerance; kinds are never mixed; a hole agrees with a hole only."""
    assert (difference(Comparison("x", stored, recomputed, relative)) is None) == agrees


def test_difference_says_what_and_where() -> None:
    """A number with both values; a column with how many rows, and the first of them."""
    assert difference(Comparison("metric f1", None, 0.5)) == "metric f1 is missing on record, 0.5 recomputed"
    found = difference(Comparison("column f1", [1, 2, 3], [1, 5, 6]))
    assert found == "column f1 differs in 2 of 3 values, first in row 1: 2 on record, 5 recomputed"
    assert len(difference(Comparison("fact", "x" * 1000, "y")) or "") < 200


def test_statement_holds_of_all_or_fails() -> None:
    """One exception is enough."""
    assert difference(holds("all are so", [True, True])) is None
    assert "all are so" in (difference(holds("all are so", [True, False])) or "")
