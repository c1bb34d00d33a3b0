"""Workers that do not answer or leave in the midst of a question: nobody waits for them; without a cluster."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

pytest.importorskip("distributed", reason="the group cluster is not installed")

from bench.harness.closure import closure_of
from bench.harness.cluster import host
from bench.harness.cluster.executor import DaskExecutor
from bench.harness.cluster.link import Access, Link
from bench.harness.cluster.parcel import Study
from bench.harness.cluster.roster import Roster, kind_of
from bench.harness.cluster.trips import Patience
from bench.harness.task import Task
from bench.harness.worker import Job
from store.schema import Ingredients, TaskKey

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

MODULE = "tests.bench.harness.stand_in"
ONE, TWO = "tcp://127.0.0.1:1001", "tcp://127.0.0.1:1002"
FACTS = {"nthreads": 1, "memory_limit": 0}


@dataclass
class _Link:
    """A scheduler that is told who is there; ``mute`` workers never answer, or give up at once where ``patient`` is not set."""

    there: set[str] = field(default_factory=lambda: {ONE, TWO})
    mute: set[str] = field(default_factory=set)
    patient: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def identity(self) -> dict[str, Any]:
        """All who are there."""
        return {"workers": dict.fromkeys(sorted(self.there), FACTS)}

    async def ask(self, address: str, function: Callable[..., Any], *_: object) -> object:
        """What a worker of the same program says."""
        self.asked.append((address, function.__name__))
        if address in self.mute:
            if not self.patient:
                raise TimeoutError
            await asyncio.Event().wait()
        if function is host.greet:
            return {"daemon": False, "gpus": []}
        return {"environment": {"device": "cpu"}, "code": closure_of(MODULE).code} if function is host.inspect else {}


def spawn(coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Start it, and let it fail as the executor does."""

    async def guarded() -> None:
        with suppress(OSError, TimeoutError):
            await coroutine

    return asyncio.get_running_loop().create_task(guarded())


def roster_of(link: _Link) -> Roster:
    """A roster on that link."""
    return Roster(cast("Link", link), STUDY, spawn, send_data=False)


STUDY = Study(name="none", config={})


def job(tmp_path: Path) -> Job:
    """A stand-in job."""
    task = Task(TaskKey(experiment="stand-in", variant="a", seed=0), MODULE, {"behaviour": "ok"})
    ingredients = Ingredients(config={}, code=closure_of(MODULE).code, inputs={}, upstream={}, environment={"device": "cpu"})
    return Job(task, ingredients, "cpu", 1, {}, {}, tmp_path / "scratch")


async def settle() -> None:
    """Let everything that can go on go on."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_whoever_does_not_answer_the_greeting_keeps_nobody_waiting() -> None:
    """The others are members at once, and are forgotten when they leave, while one has not said a word."""

    async def story() -> None:
        link = _Link(mute={ONE})
        roster = roster_of(link)
        for _ in range(3):
            await roster.refresh()
            await settle()
        assert list(roster.members) == [TWO]
        assert link.asked == [(ONE, "greet"), (TWO, "greet")]
        link.there.discard(TWO)
        await roster.refresh()
        assert not roster.members

    asyncio.run(story())


def test_a_question_ends_when_its_worker_leaves() -> None:
    """So do all that wait behind it, without a question of their own."""

    async def story() -> None:
        link = _Link()
        roster = roster_of(link)
        await roster.refresh()
        await roster.greeted()
        link.mute.add(ONE)
        member = roster.members[ONE]

        async def asks() -> None:
            async with member.lock:
                await roster.ask(member, host.lacks, [])

        waiting = [asyncio.ensure_future(asks()) for _ in range(5)]
        await settle()
        link.there.discard(ONE)
        await roster.refresh()
        await settle()
        assert [str(one.exception()) for one in waiting] == [f"worker {ONE} has left"] * 5

    asyncio.run(story())


def test_one_that_gave_no_answer_is_asked_nothing_more_until_it_answers_a_greeting() -> None:
    """It offers no slot meanwhile, and what waits for it ends at once."""

    async def story() -> None:
        link = _Link()
        roster = roster_of(link)
        await roster.refresh()
        await roster.greeted()
        link.mute, link.patient = {ONE}, False
        member = roster.members[ONE]
        with pytest.raises(TimeoutError):
            await roster.ask(member, host.lacks, [])
        with pytest.raises(OSError, match="does not answer"):
            await roster.ask(member, host.lacks, [])
        assert link.asked.count((ONE, "lacks")) == 1
        assert {slot.pool for slot in roster.slots()} == {TWO}
        await roster.refresh()
        await roster.greeted()
        assert {slot.pool for slot in roster.slots()} == {TWO}
        link.mute.clear()
        await roster.refresh()
        await roster.greeted()
        assert {slot.pool for slot in roster.slots()} == {ONE, TWO}
        assert roster.members[ONE] is member

    asyncio.run(story())


def test_a_worker_is_asked_once_whether_it_suits(tmp_path: Path) -> None:
    """However often the board wants to know, while the answer is awaited; and again where the question came to nothing."""
    executor = DaskExecutor(Access("tcp://127.0.0.1:1"), STUDY, Patience(), send_data=False)
    link = _Link()
    executor._roster = roster = Roster(cast("Link", link), STUDY, executor._background.spawn, send_data=False)
    one = job(tmp_path)

    done = executor._background.wait
    try:
        done(roster.refresh())
        done(roster.greeted())
        (slot,) = roster.members[ONE].slots
        link.mute.add(ONE)
        assert [executor.suits(one, slot) for _ in range(5)] == [False] * 5
        done(settle())
        assert link.asked.count((ONE, "inspect")) == 1
        link.there.discard(ONE)
        done(roster.refresh())
        done(settle())
        link.mute.clear()
        link.there.add(ONE)
        done(roster.refresh())
        done(roster.greeted())
        assert not executor.suits(one, slot)
        done(settle())
        assert roster.members[ONE].refusals == {kind_of(one): ""}
        assert executor.suits(one, slot)
        assert link.asked.count((ONE, "inspect")) == 2
    finally:
        executor.close()
