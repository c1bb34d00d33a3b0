"""The loop in a thread of its own: what fails in it is heard, what was expected to is not, and its end leaves nothing."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import TYPE_CHECKING

import pytest

from bench.harness.cluster.background import Background

if TYPE_CHECKING:
    from collections.abc import Callable


async def fail(error: Exception) -> None:
    """End as told."""
    raise error


async def settle() -> None:
    """Let everything that can go on go on."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize("starter", ["call", "spawn"])
def test_what_nobody_waits_for_is_heard(starter: str) -> None:
    """A bug is told, a lost connection is not; whoever waits gets what was raised."""
    heard: list[Exception] = []
    background = Background(heard.append, (OSError,))

    async def start(error: Exception) -> None:
        background.spawn(fail(error))

    begin: Callable[[Exception], None] = {
        "call": lambda error: background.call(fail(error)),
        "spawn": lambda error: background.wait(start(error)),
    }[starter]
    try:
        bug = KeyError("a bug")
        begin(ConnectionError("gone"))
        begin(bug)
        background.wait(settle())
        assert heard == [bug]
        with pytest.raises(ConnectionError, match="gone"):
            background.wait(fail(ConnectionError("gone")))
        assert heard == [bug]
    finally:
        background.close()


def test_nothing_is_left_and_nothing_printed(caplog: pytest.LogCaptureFixture) -> None:
    """The thread has ended, a second end is none, and a future that failed unheard says nothing when it goes."""
    before = set(threading.enumerate())
    background = Background(lambda _: None, ())

    background.close()
    background.close()
    assert set(threading.enumerate()) <= before
    other = Background(lambda _: None, ())
    kept: list[asyncio.Future[None]] = []

    async def keep_one() -> None:
        kept.append(asyncio.get_running_loop().create_future())
        kept[0].set_exception(TimeoutError("unheard"))

    other.wait(keep_one())
    other.close()
    kept.clear()
    gc.collect()
    assert caplog.records == []


def test_what_was_started_can_be_ended() -> None:
    """Before the loop ends, all that runs in it is told to."""
    background = Background(lambda _: None, ())
    ended = threading.Event()

    async def run() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def end() -> None:
        background.cancel()
        await settle()

    try:
        background.call(run())
        background.wait(settle())
        background.wait(end())
        assert ended.is_set()
    finally:
        background.close()
