"""A job under way on a cluster: how long is waited for what, what is sent ahead of it, and what came of it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench.harness.cluster import host

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from distributed import Future

    from bench.harness.slots import Slot
    from bench.harness.worker import Job

_EVENTS_S = 5.0  # a task's end comes by another way than its events, and may be here first
_PART_BYTES = 2**24  # files travel in messages of at most about 16 MB, so that none keeps a worker busy for long


@dataclass(frozen=True, slots=True)
class Patience:
    """How long what is waited for, in seconds.

    ``slot``: for a worker that suits a task, and for a scheduler that has gone; ``silence``: until a task without a sign of
    life counts as lost; ``checkpoint``: how often checkpoints are sent home.
    """

    slot: float = 60.0
    silence: float = 60.0
    checkpoint: float = 120.0


@dataclass(slots=True, eq=False)
class Trip:
    """A job under way: where it is, when it was last heard of, and when its checkpoints came home last.

    ``outages`` counts how often the scheduler had gone when it started: a job that lives through one more is not to blame.
    ``told`` counts its events, and ``event`` is set by each.
    """

    job: Job
    slot: Slot
    outages: int
    heard: float = field(default_factory=time.monotonic)
    fetched: float = field(default_factory=time.monotonic)
    told: int = 0
    event: asyncio.Event = field(default_factory=asyncio.Event)
    future: Future[dict[str, Any]] | None = None
    handle: asyncio.Task[None] | None = None

    def hear(self, *, event: bool) -> None:
        """Note a sign of life, and whether it is an event."""
        self.heard = time.monotonic()
        if event:
            self.told += 1
            self.event.set()

    async def catch_up(self, told: int) -> None:
        """Wait until so many events have been heard, but not for ever: one may have been lost on its way."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_EVENTS_S):
                while self.told < told:
                    self.event.clear()
                    await self.event.wait()


async def send(ask: Callable[..., Awaitable[Any]], files: dict[str, bytes]) -> None:
    """Send the worker that ``ask`` asks those of the files that its machine lacks, by their digests."""
    part: list[bytes] = []
    for digest in await ask(host.lacks, list(files)) if files else ():
        part.append(files[digest])
        if sum(map(len, part)) >= _PART_BYTES:
            await ask(host.keep, part)
            part = []
    if part:
        await ask(host.keep, part)


async def outcome_of(future: Future[dict[str, Any]]) -> dict[str, Any]:
    """What ``host.conduct`` gave, or that the task was lost together with the connection or the worker."""
    try:
        result: dict[str, Any] = await future
    except (asyncio.CancelledError, concurrent.futures.CancelledError):
        return {"lost": "the connection to the scheduler was lost", "blamed": False}
    except Exception as error:  # noqa: BLE001 - Dask's own ways to say that nobody will run the task
        return {"lost": f"{type(error).__name__}: {error}", "blamed": True}
    return result
