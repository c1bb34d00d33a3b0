"""The measure of memory that the scaling figures rest on."""

from __future__ import annotations

from tests.perf.test_scaling import peak_of


def test_what_the_caller_holds_is_not_counted() -> None:
    """A process starts with the marks of the one that started it; a small program's memory is its own all the same."""
    held = bytearray(b"x" * 2**28)
    assert 0 < peak_of("this") < len(held) // 2
