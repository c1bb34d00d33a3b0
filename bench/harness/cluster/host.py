"""What a worker of the cluster does when the caller asks: say what it is, take files in, run a task in a process of its own.

The task's process is the one of the local executor: a worker that computes can still be heard, its task can be ended, and a
GPU is chosen before torch is imported. Only functions that the caller names come here; Dask carries them by name.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from distributed import Worker, get_worker

from bench.harness.closure import closure_of
from bench.harness.cluster.depot import Depot, checkpoints_in, here, put_checkpoints
from bench.harness.cluster.parcel import Errand, Study, parcel_of
from bench.harness.environment import environment_class
from bench.harness.gpus import VISIBLE, visible_gpus
from bench.harness.local import LocalExecutor
from bench.harness.slots import Ended, Lost, Slot
from bench.harness.worker import Event, Job
from store.canonical import digest_bytes
from store.errors import StudyError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import JsonValue

    from bench.datasets.catalogue import Dataset
    from bench.harness.slots import News

ALIVE_EVERY_S = 2.0  # a task without news says that it is alive, so that a silent worker is known to be frozen or cut off
_UNWANTED = {"cancelled", "released", "forgotten"}  # what Dask calls a task that nobody asks for any more
_executors: dict[str, LocalExecutor] = {}
_scratch: dict[str, Path] = {}
_datasets: dict[str, Dataset] = {}


def greet() -> dict[str, JsonValue]:
    """What the caller must know before it sends anything: may this process have children, and which GPUs it sees."""
    daemon = multiprocessing.current_process().daemon
    return {"daemon": daemon, "gpus": [asdict(gpu) for gpu in visible_gpus()]}


async def inspect(module: str, device: str, threads: int) -> dict[str, dict[str, str]]:
    """Environment class and code digests that this worker would give the module's tasks, as the plan gives them."""
    closure = await asyncio.to_thread(closure_of, module)
    return {"environment": environment_class(device, threads, closure.libraries), "code": closure.code}


async def lacks(digests: list[str]) -> list[str]:
    """Those that this machine has no file of."""
    return await asyncio.to_thread(_depot().lacks, digests)


async def keep(contents: list[bytes]) -> None:
    """Take files in."""
    await asyncio.to_thread(_depot().keep, contents)


async def lacks_data(study: dict[str, JsonValue], digests: dict[str, str]) -> dict[str, str]:
    """The data sets that are not here with these digests, by name, each with what was found instead."""

    def look() -> dict[str, str]:
        found = {name: _dataset(Study.model_validate(study), name, digest) for name, digest in digests.items()}
        return {name: one for name, one in found.items() if isinstance(one, str)}

    return await asyncio.to_thread(look)


async def receive(digest: str, name: str, content: bytes) -> None:
    """Take a data set's file in."""
    await asyncio.to_thread(_depot().receive, digest, name, content)


async def checkpoints(fingerprint: str, known: list[str]) -> dict[str, bytes]:
    """The checkpoints of a task that runs here; none where it does not, or where their digests are the known ones."""
    folder = _scratch.get(fingerprint)
    found = {} if folder is None else await asyncio.to_thread(checkpoints_in, folder)
    return {} if sorted(map(digest_bytes, found.values())) == sorted(known) else found


def conduct(errand: dict[str, JsonValue]) -> dict[str, object]:
    """Run the task in a process of its own and give its parcel, or under ``lost`` or ``error`` what became of it instead.

    It ends early where nobody asks for it any more: the caller has cancelled it, or has gone.
    """
    asked = Errand.model_validate(errand)
    worker = get_worker()
    key = str(worker.get_current_task())
    with _depot().scratch(asked.fingerprint) as scratch:
        if not checkpoints_in(scratch):
            put_checkpoints(scratch, {name: _depot().content(digest) for name, digest in asked.checkpoints.items()})
        _scratch[asked.fingerprint] = scratch
        slot = Slot(f"{asked.device}-{asked.slot}", "worker", gpu=asked.device != "cpu", memory_bytes=0)
        executor = _executor(slot, asked.slot)
        try:
            executor.start(_job(asked, scratch), slot)
            return _relayed(executor, worker, asked, key)
        except StudyError as error:
            return {"error": str(error)}
        except Exception as error:  # noqa: BLE001 - a bug in the program, which the caller raises with its traceback
            notes = "\n".join(getattr(error, "__notes__", []))
            return {"error": f"{type(error).__name__}: {error}\n{notes}"}
        finally:
            executor.cancel(asked.key.id)
            _scratch.pop(asked.fingerprint, None)


def _relayed(executor: LocalExecutor, worker: Worker, asked: Errand, key: str) -> dict[str, object]:
    """Pass the task's events on until it has come to its end; ``told`` is how many there were."""
    told, said = 0, time.monotonic()
    while True:
        for news in executor.news(ALIVE_EVERY_S / 2):
            if not isinstance(news, Event):
                return {**_end(news), "told": told}
            told, said = told + 1, time.monotonic()
            worker.log_event(asked.topic, {"event": asdict(news), "worker": worker.address})
        if time.monotonic() - said >= ALIVE_EVERY_S:
            said = time.monotonic()
            worker.log_event(asked.topic, {"alive": asked.key.id, "worker": worker.address})
        state = worker.state.tasks.get(key)
        if state is None or state.state in _UNWANTED:
            return {"lost": "nobody asks for it any more", "told": told}


def _end(news: News) -> dict[str, object]:
    if isinstance(news, Ended):
        _depot().keep(news.draft.files.values())  # what comes after it here need not be sent back
        return parcel_of(news.draft)
    return {"lost": news.reason if isinstance(news, Lost) else ""}


def _job(asked: Errand, scratch: Path) -> Job:
    datasets = {}
    for name in asked.inputs:
        found = _dataset(asked.study, name, asked.ingredients.inputs[name])
        if isinstance(found, str):
            raise StudyError(f"data set {name} is not on this worker any more: {found}")
        datasets[name] = found
    upstream = {name: _depot().record(record) for name, record in asked.upstream.items()}
    return Job(asked.task(), asked.ingredients, asked.device, asked.threads, datasets, upstream, scratch, capture=asked.capture)


def _dataset(study: Study, name: str, digest: str) -> Dataset | str:
    """Where it lies, looked for once; the task measures it before and after all the same."""
    if digest not in _datasets:
        found = _depot().dataset(study, name, digest)
        if isinstance(found, str):
            return found
        _datasets[digest] = found
    return _datasets[digest]


def _executor(slot: Slot, number: int) -> LocalExecutor:
    """The slot's own, kept from task to task: a process that has loaded torch is worth two seconds."""
    if slot.name not in _executors:
        gpus = visible_gpus()
        variables: Mapping[str, str] = {} if not gpus else {VISIBLE: gpus[number % len(gpus)].uuid if slot.gpu else ""}
        _executors[slot.name] = LocalExecutor({slot: variables})
    return _executors[slot.name]


def _depot() -> Depot:
    return Depot(here().parent / "cluster")
