"""Limits that a test holds a piece of code to."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 60


@contextmanager
def a_minute() -> Iterator[None]:
    """Fail where the block takes longer."""

    def late(_signal: int, _frame: object) -> None:
        raise TimeoutError(f"it takes more than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
