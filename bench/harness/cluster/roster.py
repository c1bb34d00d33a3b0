"""The workers of a cluster as the caller sees them: which are there, what slots they offer, and what speaks against one."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from bench.harness.cluster import host
from bench.harness.cluster.link import is_open_to_none
from bench.harness.gpus import Gpu
from bench.harness.slots import Slot

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping
    from pathlib import Path

    from bench.datasets.catalogue import Dataset
    from bench.harness.cluster.link import Link
    from bench.harness.cluster.parcel import Study
    from bench.harness.worker import Job

Spawn: TypeAlias = "Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]"

_LOG = logging.getLogger(__name__)
_GPU = "GPU"  # what a worker's resource is called by convention: dask worker --resources GPU=1
_DAEMON = (
    "its tasks could start no process: distributed.worker.daemon is on; start it with the environment variable"
    " DASK_DISTRIBUTED__WORKER__DAEMON=False"
)
_OPEN = "it is neither encrypted nor on this machine; start it with TLS (docs/how-to/run-on-a-cluster.md)"
_NO_PROGRAM = "it cannot import this program; start it in a checkout of the same commit, with the same packages"
_BRING = "lay it into its data folder (BENCH_DATA_DIR), or run with --send-data if its licence lets you copy it there"


@dataclass(slots=True, eq=False)
class Member:
    """One worker. ``refusals`` say for a kind of task why it gets none, and are empty where it does.

    ``judging`` are the kinds that it is being asked about. It is ``silent`` from the moment when it does not answer, or nothing
    is heard of its task, until it is heard again; ``left`` is set when it is a member no more.
    """

    address: str
    slots: dict[Slot, int]
    gpus: tuple[Gpu, ...] = ()
    refusals: dict[object, str] = field(default_factory=dict)
    judging: set[object] = field(default_factory=set)
    silent: bool = False
    left: asyncio.Event = field(default_factory=asyncio.Event)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Roster:
    """Who is there; asked anew by ``refresh``, in the event loop of the link."""

    def __init__(self, link: Link, study: Study, spawn: Spawn, *, send_data: bool) -> None:
        """``spawn`` starts what nobody waits for; ``send_data`` copies also data sets whose licence leaves that to the user."""
        self.members: dict[str, Member] = {}
        self.complaints: dict[str, None] = {}
        self._link, self._study, self._spawn, self._send_data = link, study, spawn, send_data
        self._refused: set[str] = set()
        self._greetings: dict[str, asyncio.Task[None]] = {}

    async def refresh(self) -> None:
        """Forget who has left, and greet who has come or was silent, without waiting for them.

        Raises OSError or TimeoutError where the scheduler does not answer.
        """
        found = (await self._link.identity())["workers"]
        self._part([address for address in self.members if address not in found])
        self._refused &= found.keys()
        for address, facts in found.items():
            member = self.members.get(address)
            wanted = member.silent if member is not None else address not in self._refused
            if wanted and address not in self._greetings:
                self._greetings[address] = self._spawn(self._greet(address, facts))

    async def greeted(self) -> None:
        """Wait until all who are being greeted have answered, or will not."""
        if self._greetings:
            await asyncio.wait(self._greetings.values())

    def clear(self) -> None:
        """Nobody can be reached any more."""
        self._part(list(self.members))

    async def ask(self, member: Member, function: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401 - what it returns
        """What the function returns on the worker.

        Raises what it raises, OSError as soon as the worker has left and while it is silent, TimeoutError without an answer.
        """
        if member.silent:
            raise OSError(f"worker {member.address} does not answer")
        answer = asyncio.ensure_future(self._link.ask(member.address, function, *arguments))
        leaving = asyncio.ensure_future(member.left.wait())
        try:
            await asyncio.wait({answer, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                raise OSError(f"worker {member.address} has left")
            return answer.result()
        except TimeoutError:
            member.silent = True
            raise
        finally:
            answer.cancel()
            leaving.cancel()

    def slots(self) -> tuple[Slot, ...]:
        """Of all who are there and not silent."""
        return tuple(slot for member in self.members.values() if not member.silent for slot in member.slots)

    async def judge(self, member: Member, job: Job) -> None:
        """Find out whether the worker may run the job: as planned, and with its data, which are sent where that is allowed."""
        kind = kind_of(job)
        async with member.lock:
            if kind not in member.refusals:
                member.refusals[kind] = reason = await self._reason(member, job)
                if reason:
                    self._complain(f"worker {member.address} is refused for {job.task.module}: {reason}")

    def _part(self, addresses: list[str]) -> None:
        for address in addresses:
            self.members.pop(address).left.set()

    async def _greet(self, address: str, facts: Mapping[str, Any]) -> None:
        try:
            await self._welcome(address, facts)
        finally:
            del self._greetings[address]

    async def _welcome(self, address: str, facts: Mapping[str, Any]) -> None:
        if not is_open_to_none(address):
            self._refuse(address, _OPEN)
            return
        try:
            said = await self._link.ask(address, host.greet)
        except (OSError, TimeoutError):
            return  # it has just left, or will be asked again
        except Exception as error:  # noqa: BLE001 - whatever its Python says when it is asked to import this program
            self._refuse(address, f"{_NO_PROGRAM}: {type(error).__name__}: {error}")
            return
        if said["daemon"]:
            self._refuse(address, _DAEMON)
            return
        known = self.members.get(address)
        if known is None:
            self.members[address] = Member(address, dict(_slots(address, facts)), tuple(Gpu(**gpu) for gpu in said["gpus"]))
        else:
            known.silent = False

    def _refuse(self, address: str, reason: str) -> None:
        self._refused.add(address)
        self._complain(f"worker {address} is refused: {reason}")

    def _complain(self, text: str) -> None:
        if text not in self.complaints:
            self.complaints[text] = None
            _LOG.warning("%s", text)

    async def _reason(self, member: Member, job: Job) -> str:
        try:
            found = await self.ask(member, host.inspect, job.task.module, job.device, job.threads)
        except (OSError, TimeoutError):
            raise
        except Exception as error:  # noqa: BLE001 - such as a module that this worker does not have
            return f"{_NO_PROGRAM}: {type(error).__name__}: {error}"
        return _difference(job, found) or await self._data(member, job)

    async def _data(self, member: Member, job: Job) -> str:
        """See to it that the worker has the job's data sets; why it has not, where it may not be sent them."""
        study = self._study.model_dump(mode="json")
        wanted = {name: job.ingredients.inputs[name] for name in job.task.inputs}
        for name, reason in (await self.ask(member, host.lacks_data, study, wanted)).items():
            dataset = job.datasets[name]
            if not dataset.copied and not self._send_data:
                return f"it lacks the data set {name}: {reason}; {_BRING}"
            for relative, path in _files(dataset):
                await self.ask(member, host.receive, dataset.digest, relative, path.read_bytes())
        lacking: dict[str, str] = await self.ask(member, host.lacks_data, study, wanted)
        return "; ".join(f"the data set {name} was sent and did not arrive whole: {reason}" for name, reason in lacking.items())


def kind_of(job: Job) -> object:
    """What a worker is judged for: jobs of one kind run on the same workers."""
    return (job.task.module, job.device, tuple(sorted(job.ingredients.inputs.items())))


def _difference(job: Job, found: Mapping[str, Mapping[str, str]]) -> str:
    """The first key in which the worker differs from the plan, with both values; empty where there is none."""
    planned = {"environment": job.ingredients.environment, "code": job.ingredients.code}
    for part, values in planned.items():
        for key in sorted({*values, *found[part]}):
            here, there = values.get(key, "nothing"), found[part].get(key, "nothing")
            if here != there:
                short = slice(12 if part == "code" else None)
                cure = "check the same commit out there" if part == "code" else "install the versions of constraints.txt there"
                return f"{part} {key} is {there[short]} there, the plan has {here[short]}; {cure}"
    return ""


def _slots(address: str, facts: Mapping[str, Any]) -> Iterator[tuple[Slot, int]]:
    """A slot for each GPU that the worker offers, and for each thread that is left one without."""
    gpus = int(facts.get("resources", {}).get(_GPU, 0))
    threads, memory = int(facts["nthreads"]), int(facts["memory_limit"] or 0)
    kinds = [(f"{address}/gpu-{number}", True, number) for number in range(min(gpus, threads))]
    kinds += [(f"{address}/cpu-{number}", False, number) for number in range(threads - len(kinds))]
    for name, gpu, number in kinds:
        yield Slot(name, address, gpu=gpu, memory_bytes=memory, elastic=not memory), number


def _files(dataset: Dataset) -> Iterator[tuple[str, Path]]:
    """The data set's files under the names by which its finder looks for them below a data folder."""
    if dataset.folder.is_file():
        yield f"{dataset.folder.parent.name}/{dataset.folder.name}", dataset.folder
        return
    names = dataset.copied or sorted(
        str(path.relative_to(dataset.folder)) for path in dataset.folder.rglob("*") if path.is_file()
    )
    for name in names:
        yield f"{dataset.name}/{name}", dataset.folder / name
