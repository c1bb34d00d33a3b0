"""Workers that do not answer or leave in the midst of a question: nobody waits for them; without a cluster."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

pytest.importorskip("distributed", reason="the group cluster is not installed")

from bench.harness.closure import closure_of
from bench.harness.cluster import host
from bench.harness.cluster.background import Background
from bench.harness.cluster.executor import DaskExecutor
from bench.harness.cluster.link import Access, Link
from bench.harness.cluster.parcel import Study
from bench.harness.cluster.roster import Roster, kind_of
from bench.harness.cluster.trips import Patience
from tests.bench.harness.cluster.test_travel import MODULE, job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ONE, TWO = "tcp://127.0.0.1:1001", "tcp://127.0.0.1:1002"
FACTS = {"nthreads": 1, "memory_limit": 0}
STUDY = Study(name="none", config={})


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


@pytest.fixture
def background() -> Iterator[Background]:
    """The loop in which the stories take place, where lost connections are expected, as the executor does."""
    bugs: list[Exception] = []
    found = Background(bugs.append, (OSError, TimeoutError))
    yield found
    found.close()
    assert bugs == []


async def roster_of(link: _Link, background: Background) -> Roster:
    """A roster on that link, which has greeted those who answer."""
    roster = Roster(cast("Link", link), STUDY, background.spawn, send_data=False)
    await roster.refresh()
    await settle()
    return roster


async def settle() -> None:
    """Let everything that can go on go on."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_whoever_does_not_answer_the_greeting_keeps_nobody_waiting(background: Background) -> None:
    """The others are members at once, and are forgotten when they leave, while one has not said a word."""

    async def story() -> None:
        link = _Link(mute={ONE})
        roster = await roster_of(link, background)
        for _ in range(2):
            await roster.refresh()
            await settle()
        assert list(roster.members) == [TWO]
        assert link.asked == [(ONE, "greet"), (TWO, "greet")]
        link.there.discard(TWO)
        await roster.refresh()
        assert not roster.members

    background.wait(story())


def test_a_question_ends_when_its_worker_leaves(background: Background) -> None:
    """So do all that wait behind it, without a question of their own."""

    async def story() -> None:
        link = _Link()
        roster = await roster_of(link, background)
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

    background.wait(story())


def test_one_that_gave_no_answer_is_asked_nothing_more_until_it_answers_a_greeting(background: Background) -> None:
    """It offers no slot meanwhile, and what waits for it ends at once."""

    async def story() -> None:
        link = _Link()
        roster = await roster_of(link, background)
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

    background.wait(story())


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
        member = roster.members[ONE]
        member.refusals.clear()
        link.mute, link.patient = {ONE}, False
        assert not executor.suits(one, slot)
        done(settle())
        assert member.silent
        link.mute.clear()
        done(roster.refresh())
        done(roster.greeted())
        assert not executor.suits(one, slot)
        done(settle())
        assert (roster.members[ONE], executor.suits(one, slot)) == (member, True)
    finally:
        executor.close()
