"""Runs jobs on the workers of a Dask cluster: places nothing and writes nothing, it sends, listens, and tells what is lost.

All talk with the cluster happens in an event loop of its own thread; the board hears of it through a queue.
"""

from __future__ import annotations

import asyncio
import queue
import time
import uuid
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.harness.cluster import host
from bench.harness.cluster.background import Background
from bench.harness.cluster.depot import checkpoints_in, put_checkpoints
from bench.harness.cluster.link import Link, quiet
from bench.harness.cluster.parcel import draft_of, errand_of
from bench.harness.cluster.roster import Roster, kind_of
from bench.harness.cluster.trips import Patience, Trip, outcome_of, send
from bench.harness.slots import Ended, Lost
from bench.harness.worker import Event
from store.canonical import digest_bytes
from store.errors import StudyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.harness.cluster.link import Access
    from bench.harness.cluster.parcel import Study
    from bench.harness.cluster.roster import Member
    from bench.harness.gpus import Gpu
    from bench.harness.slots import News, Slot
    from bench.harness.worker import Job

_REFRESH_S = 0.5
_LEAVE_S = 10.0
_GONE = (OSError, TimeoutError)


class DaskExecutor:
    """The executor; it has slots once it is connected."""

    losses_before_alone = 2

    def __init__(self, access: Access, study: Study, patience: Patience, *, send_data: bool) -> None:
        """Nothing is connected before ``connect``."""
        self.wait_s = patience.slot
        self._patience, self._study = patience, study
        self._topic = f"bench-{uuid.uuid4().hex[:12]}"
        self._news: queue.SimpleQueue[News | Exception | None] = queue.SimpleQueue()
        self._link = Link(access, self._topic, self._heard)
        self._background = Background(self._news.put, _GONE)  # a bug in there is raised where the board waits for news
        self._roster = Roster(self._link, study, self._background.spawn, send_data=send_data)
        self._trips: dict[str, Trip] = {}
        self._slots: tuple[Slot, ...] = ()
        self._trouble, self._outages = "", 0

    def connect(self) -> None:
        """Reach the scheduler and greet its workers; raises StudyError where it does not answer."""
        quiet()
        try:
            self._background.wait(self._arrive())
        except _GONE as error:
            self.close()
            cure = "start it, or correct --scheduler and the TLS files"
            raise StudyError(f"the scheduler does not answer: {error}", where=self._link.access.address, cure=cure) from error

    def slots(self) -> Sequence[Slot]:
        """Of the workers that are there now and may run anything."""
        return self._slots

    def gpus(self) -> tuple[Gpu, ...]:
        """Of all workers that offer a slot with one."""
        offering = [member for member in self._roster.members.values() if any(slot.gpu for slot in member.slots)]
        return tuple(gpu for member in offering for gpu in member.gpus)

    def suits(self, job: Job, slot: Slot) -> bool:
        """Whether the slot's worker has the plan's code, environment and data; where that is unknown yet, not now."""
        member = self._roster.members.get(slot.pool)
        if member is None:
            return False
        kind = kind_of(job)
        if kind not in member.refusals:
            if kind not in member.judging:  # one that does not answer would be asked again and again
                member.judging.add(kind)
                self._background.call(self._judge(member, job))
            return False
        return not member.refusals[kind]

    def start(self, job: Job, slot: Slot) -> None:
        """Send the job on its way."""
        self._background.call(self._travel(Trip(job, slot, self._outages)))

    def news(self, timeout_s: float | None) -> Sequence[News]:
        """What has come in."""
        found: list[News] = []
        with suppress(queue.Empty):
            item = self._news.get(timeout=timeout_s)
            while True:
                if isinstance(item, Exception):
                    raise item
                if item is not None:  # None only wakes the board: there are other slots now
                    found.append(item)
                item = self._news.get_nowait()
        return found

    def complaint(self) -> str:
        """The scheduler's state and what was said against its workers."""
        who = f"{len(self._roster.members)} usable workers at {self._link.access.address}"
        return "; ".join([self._trouble or who, *self._roster.complaints])

    def cancel(self, task_id: str) -> None:
        """Forget the job: its worker ends the process within a second or two."""
        self._background.call(self._recall(task_id))

    def close(self) -> None:
        """Cancel what runs, let go of the cluster and end the loop."""
        with suppress(*_GONE):
            self._background.wait(self._leave(), _LEAVE_S)
        self._background.close()

    async def _arrive(self) -> None:
        await self._link.connect()
        await self._roster.refresh()
        await self._roster.greeted()
        self._slots = self._roster.slots()
        self._background.spawn(self._watch())

    async def _leave(self) -> None:
        for trip in self._trips.values():
            if trip.future is not None:
                trip.future.release()
        self._background.cancel()
        await self._link.close()

    async def _watch(self) -> None:
        """Keep the connection and the list of workers up to date, for as long as the run lasts."""
        while True:
            try:
                await self._link.connect()
                await self._roster.refresh()
                self._trouble = ""
            except _GONE as error:
                self._trouble = f"the scheduler does not answer ({error}); start it again"
                self._roster.clear()
                self._outages += 1
                for trip in self._trips.values():
                    trip.heard = time.monotonic()  # nobody can be heard: that says nothing against any worker
            slots = self._roster.slots()
            if slots != self._slots:
                self._slots = slots
                self._news.put(None)
            await asyncio.sleep(_REFRESH_S)

    async def _judge(self, member: Member, job: Job) -> None:
        try:
            await self._roster.judge(member, job)
        finally:
            member.judging.discard(kind_of(job))
        self._news.put(None)

    async def _travel(self, trip: Trip) -> None:
        """Send what the worker lacks, submit the job, and wait for its end; whatever happens becomes news."""
        name = trip.job.task.key.id
        trip.handle = asyncio.current_task()
        self._trips[name] = trip
        try:
            await self._submit(trip)
            await self._follow(trip)
        except _GONE as error:
            blamed = trip.slot.pool in self._roster.members  # it is there and yet could not take the task, time and again
            self._lose(trip, f"worker {trip.slot.pool} could not be sent the task: {error}", blamed=blamed)

    async def _submit(self, trip: Trip) -> None:
        job, slot = trip.job, trip.slot
        member = self._roster.members.get(slot.pool)
        if member is None or self._link.client is None:
            raise OSError("it has left")
        home = checkpoints_in(job.scratch)
        files = {digest_bytes(content): content for content in home.values()}
        for stored in job.upstream.values():
            files |= {entry.sha256: (stored.folder / entry.name).read_bytes() for entry in stored.record.files}
        async with member.lock:  # two tasks that need the same files send them once
            await send(partial(self._roster.ask, member), files)
        errand = errand_of(job, self._study, member.slots[slot], self._topic, {k: digest_bytes(v) for k, v in home.items()})
        trip.heard = trip.fetched = time.monotonic()
        trip.future = self._link.client.submit(
            host.conduct,
            errand,
            key=f"{job.task.key.id}-{uuid.uuid4().hex[:8]}",
            workers=[slot.pool],
            allow_other_workers=False,
            pure=False,
            resources={"GPU": 1} if slot.gpu else None,
        )

    async def _follow(self, trip: Trip) -> None:
        """Until the job has ended, its worker has left, or nothing was heard of it for too long."""
        future = trip.future
        assert future is not None  # noqa: S101 - submitted just now
        waiting = asyncio.ensure_future(outcome_of(future))
        while not (await asyncio.wait({waiting}, timeout=_REFRESH_S))[0]:
            if self._link.up and trip.slot.pool not in self._roster.members and not self._trouble:
                waiting.cancel()
                future.release()
                self._lose(trip, f"worker {trip.slot.pool} has left the cluster", blamed=True)
                return
            if time.monotonic() - trip.heard > self._patience.silence:
                self._background.spawn(self._wait_for_twin(trip, waiting))
                self._silence(trip)
                return
            if time.monotonic() - trip.fetched > self._patience.checkpoint:
                trip.fetched = time.monotonic()
                self._background.spawn(self._fetch(trip))  # a worker that does not answer must not keep this from noticing it
        outcome = waiting.result()
        await trip.catch_up(outcome.pop("told", 0))
        self._arrived(trip, outcome)

    def _arrived(self, trip: Trip, outcome: dict[str, Any]) -> None:
        name = trip.job.task.key.id
        if "lost" in outcome:
            self._lose(trip, outcome["lost"], blamed=outcome.get("blamed", True))
        elif "error" in outcome:
            raise RuntimeError(f"{name} failed on worker {trip.slot.pool}: {outcome['error']}")
        else:
            self._forget(trip)
            self._news.put(Ended(name, draft_of(outcome, trip.job)))

    def _lose(self, trip: Trip, reason: str, *, blamed: bool) -> None:
        if self._forget(trip):
            self._news.put(Lost(trip.job.task.key.id, reason, blamed and trip.outages == self._outages))

    def _forget(self, trip: Trip) -> bool:
        """Whether it was this trip that the board knows of."""
        name = trip.job.task.key.id
        if self._trips.get(name) is not trip:
            return False
        del self._trips[name]
        return True

    def _silence(self, trip: Trip) -> None:
        """Give the worker nothing more until it is heard again, and its task to another one; both may come back."""
        member = self._roster.members.get(trip.slot.pool)
        if member is not None:
            member.silent = True
        self._lose(trip, f"worker {trip.slot.pool} was silent for {self._patience.silence:.0f} s", blamed=True)

    async def _wait_for_twin(self, trip: Trip, waiting: asyncio.Future[dict[str, Any]]) -> None:
        """What comes back late is news as well: the board compares it with what has taken its place."""
        outcome = await waiting
        outcome.pop("told", None)
        if not outcome.keys() & {"lost", "error"}:
            self._news.put(Ended(trip.job.task.key.id, draft_of(outcome, trip.job)))

    async def _fetch(self, trip: Trip) -> None:
        """Bring the job's checkpoints home."""
        known = [digest_bytes(content) for content in checkpoints_in(trip.job.scratch).values()]
        fingerprint = trip.job.ingredients.fingerprint(trip.job.task.key)
        found = await self._link.ask(trip.slot.pool, host.checkpoints, fingerprint, known)
        if found and self._trips.get(trip.job.task.key.id) is trip:
            put_checkpoints(trip.job.scratch, found)

    async def _recall(self, task_id: str) -> None:
        trip = self._trips.pop(task_id, None)
        if trip is not None and trip.handle is not None:
            trip.handle.cancel()
            if trip.future is not None:
                await trip.future.cancel()

    def _heard(self, message: dict[str, Any]) -> None:
        """A worker's message: it is alive, or an event of its task."""
        fields = message.get("event")
        name = message.get("alive") if fields is None else fields["task_id"]
        address = message.get("worker")
        member = self._roster.members.get(str(address))
        if member is not None:
            member.silent = False
        trip = self._trips.get(str(name))
        if trip is None or trip.slot.pool != address:
            return
        trip.hear(event=fields is not None)
        if fields is not None:
            values = tuple((str(key), float(value)) for key, value in fields["values"])
            self._news.put(Event(**{**fields, "values": values}))
