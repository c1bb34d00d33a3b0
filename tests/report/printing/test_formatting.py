"""Numbers become text in one way, with the language's marks."""

from __future__ import annotations

import pytest

from report.inference.statistics import Interval
from report.printing.formatting import MINUS, Formatter

EN = Formatter()
PT = Formatter(decimal_mark=",", group_mark=".")


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(0.00468, 4, "0.0047"), (1234567.891, 2, "1,234,567.89"), (-0.5, 1, f"{MINUS}0.5"), (-0.00001, 3, "0.000"), (0, 0, "0")],
)
def test_fixed_rounds_groups_and_uses_the_true_minus(value: float, decimals: int, text: str) -> None:
    """A number that rounds to zero carries no sign."""
    assert EN.fixed(value, decimals) == text


def test_marks_follow_the_language() -> None:
    """Portuguese swaps comma and point."""
    assert PT.fixed(-12345.6, 1) == f"{MINUS}12.345,6"


@pytest.mark.parametrize(("value", "text"), [(0.0046834, "0.00468"), (20.4469, "20.4"), (0.0, "0.00"), (1152.0, "1,152")])
def test_significant_digits_never_use_exponents(value: float, text: str) -> None:
    """Three digits, whatever the size."""
    assert EN.significant(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0112, "+0.011"), (-0.0112, f"{MINUS}0.011"), (0.0001, "0.000"), (-0.0001, "0.000")]
)
def test_differences_carry_their_sign(value: float, text: str) -> None:
    """Plus and minus are written; a difference that rounds to zero has neither."""
    assert EN.signed(value, 3) == text


def test_intervals_scale_to_the_printed_unit() -> None:
    """A fraction's interval prints in percent."""
    assert EN.interval(Interval(0.8715, 0.8845, "images"), 2, 100) == "[87.15, 88.45]"


@pytest.mark.parametrize(("seconds", "start"), [(0.25, "0.25"), (61.0, "1"), (59.9, "60"), (3700.0, "1")])
def test_durations_choose_their_unit(seconds: float, start: str) -> None:
    """Seconds, then minutes, then hours."""
    text = EN.duration(seconds)
    assert text.startswith(start)
    assert text.endswith("s" if seconds < 3600 else "min")
