"""An event loop in a thread of its own, in which the talk with the cluster happens."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

_Answer = TypeVar("_Answer")
_END_S = 10.0


class Background:
    """Starts coroutines from any thread; none of their exceptions is lost."""

    def __init__(self, failed: Callable[[Exception], None], expected: tuple[type[Exception], ...]) -> None:
        """``failed`` hears, in the loop's thread, what has ended a coroutine that nobody waits for, the ``expected`` aside."""
        self._failed, self._expected = failed, expected
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="cluster", daemon=True)
        self._thread.start()

    def wait(self, coroutine: Coroutine[Any, Any, _Answer], timeout_s: float | None = None) -> _Answer:
        """What the coroutine returns; raises what it raises, and TimeoutError."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout_s)

    def call(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Start it from another thread, and do not wait for it."""
        self._loop.call_soon_threadsafe(self.spawn, coroutine)

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start it from within the loop."""
        task = self._loop.create_task(self._guarded(coroutine))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def cancel(self) -> None:
        """End all that was started, from within the loop."""
        for task in list(self._tasks):
            task.cancel()

    def close(self) -> None:
        """End the loop, for good. What becomes of others' futures in it is not printed, as asyncio would."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._loop.set_exception_handler, _hear_nothing)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_END_S)
        if not self._thread.is_alive():
            self._loop.close()

    async def _guarded(self, coroutine: Coroutine[Any, Any, None]) -> None:
        try:
            await coroutine
        except self._expected:
            return
        except Exception as error:  # noqa: BLE001 - raised by whoever listens
            self._failed(error)


def _hear_nothing(*_: object) -> None:
    """Take the place of the handler that prints."""
