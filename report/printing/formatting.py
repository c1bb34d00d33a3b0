"""Turns numbers into text: the only place where a digit is dropped."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from report.inference.statistics import Interval
    from report.printing.strings import Strings
    from report.printing.table import Number

MINUS = "\N{MINUS SIGN}"
_THIN = "\N{NARROW NO-BREAK SPACE}"
_TIMES = "\N{MULTIPLICATION SIGN}"
_KIBI = 1024
_SMALLEST_P = 0.001
_MINUTE, _HOUR = 60, 3600


@dataclass(frozen=True, slots=True)
class Formatter:
    """Number formats of one language: its marks, also between two numbers, and from where on thousands are set apart."""

    decimal_mark: str = "."
    group_mark: str = ","
    list_mark: str = ", "
    grouped_from: int = 1000

    def fixed(self, value: float, decimals: int) -> str:
        """``value`` with ``decimals`` places, grouped thousands and the true minus sign; a rounded zero has no sign."""
        text = f"{abs(value):,.{decimals}f}"
        negative = value < 0 and any(digit in "123456789" for digit in text)
        group_mark = self.group_mark if abs(value) >= self.grouped_from else ""
        plain = text.replace(",", "\0").replace(".", self.decimal_mark).replace("\0", group_mark)
        return (MINUS if negative else "") + plain

    def integer(self, value: float) -> str:
        """A count with grouped thousands."""
        return self.fixed(value, 0)

    def significant(self, value: float, digits: int = 3) -> str:
        """``value`` with so many significant digits, never in exponent form."""
        return self.fixed(value, decimals_for(value, digits))

    def signed(self, value: float, decimals: int) -> str:
        """A difference, always with its sign; a rounded zero has none."""
        text = self.fixed(value, decimals)
        return f"+{text}" if value > 0 and any(digit in "123456789" for digit in text) else text

    def p_value(self, p: float) -> tuple[str, bool]:
        """``p`` with three decimals, or the smallest number that these can print, and whether ``p`` lies below it."""
        return self.fixed(max(p, _SMALLEST_P), 3), p < _SMALLEST_P

    def percent(self, fraction: float, decimals: int = 2) -> str:
        """A fraction in [0, 1] as a percentage."""
        return f"{self.fixed(100 * fraction, decimals)}{_THIN}%"

    def interval(self, interval: Interval, decimals: int, scale: float = 1.0) -> str:
        """``[low, high]``, both times ``scale``."""
        return self.between(scale * interval.low, scale * interval.high, decimals)

    def between(self, low: float, high: float, decimals: int) -> str:
        """Two bounds in brackets."""
        return f"[{self.listed((self.fixed(low, decimals), self.fixed(high, decimals)))}]"

    def listed(self, numbers: Iterable[str]) -> str:
        """Printed numbers in a row, set apart by what cannot be a decimal mark."""
        return self.list_mark.join(numbers)

    def shown(self, number: Number) -> str:
        """A cell's number as text: an interval in brackets, a difference with its sign, the unit behind it."""
        if isinstance(number.value, tuple):
            text = self.between(*number.value, number.decimals)
        else:
            text = (self.signed if number.signed else self.fixed)(number.value, number.decimals)
        return f"{text}{_THIN}{number.unit}" if number.unit else text

    def shape(self, shape: tuple[int, ...]) -> str:
        """Sizes with multiplication signs between them."""
        return _TIMES.join(str(size) for size in shape)

    def duration(self, seconds: float) -> str:
        """Seconds below a minute, else minutes and seconds, else hours and minutes."""
        if seconds < _MINUTE:
            return f"{self.significant(seconds, 2)}{_THIN}s"
        whole = round(seconds)
        if whole < _HOUR:
            return f"{whole // _MINUTE}{_THIN}min {whole % _MINUTE:02d}{_THIN}s"
        return f"{whole // _HOUR}{_THIN}h {whole % _HOUR // _MINUTE:02d}{_THIN}min"

    def milliseconds(self, seconds: float) -> str:
        """Seconds as milliseconds with three digits."""
        return f"{self.significant(1000 * seconds)}{_THIN}ms"

    def size(self, size_bytes: int) -> str:
        """Bytes in MiB, one place."""
        return f"{self.fixed(size_bytes / _KIBI**2, 1)}{_THIN}MiB"


def decimals_for(value: float, digits: int = 3) -> int:
    """Decimal places that show ``digits`` significant digits of ``value`` (at least 0)."""
    if value == 0:
        return digits - 1
    return max(0, digits - 1 - math.floor(math.log10(abs(value))))


def formatter_of(strings: Strings) -> Formatter:
    """The number formats that the language's strings ask for."""
    decimal_mark, group_mark, list_mark = (strings.texts[f"numbers.{name}_mark"] for name in ("decimal", "group", "list"))
    return Formatter(decimal_mark, group_mark, list_mark, int(strings.texts["numbers.grouped_from"]))
