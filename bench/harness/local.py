"""Runs jobs in processes of this machine: CPU slots, and a slot or several for each GPU, of which a worker sees no other.

Each worker is on a connection of its own: one that is killed in the midst of a message keeps nobody waiting. A pool's
shared queue does: its readers wait for the rest of the message, its writers for the lock that the dead one held.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from bench.harness.environment import memory_bytes
from bench.harness.gpus import VISIBLE, chosen_gpus
from bench.harness.slots import Ended, Lost, News, Slot
from bench.harness.worker import Event, serve
from store.surroundings import usable_cores

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from multiprocessing.process import BaseProcess

    from bench.harness.worker import Job

POOL = "this machine"
_ENOUGH_BYTES = 2**60  # where the system does not tell its memory, nothing waits for any
_KILLED = "the worker process was killed (out of memory?); run with fewer --jobs"


def local_executor(device: str, threads: int, jobs: int | None, jobs_per_gpu: int = 1) -> LocalExecutor:
    """Slots for ``device``: ``cpu``, ``cuda`` (all visible GPUs) or ``cuda:0,cuda:2``, and for tasks without a GPU.

    ``jobs`` tasks run at a time at most, without it one for every ``threads`` cores, and on GPUs ``jobs_per_gpu`` each.
    Raises UsageError where a GPU is not there.
    """
    gpus = chosen_gpus(device)
    taken = len(gpus) * jobs_per_gpu
    on_cpu = max(1, usable_cores() // threads - taken) if jobs is None else jobs
    memory = memory_bytes() or _ENOUGH_BYTES
    # A process that is to compute on the CPU beside busy GPUs sees none of them; a run without GPUs changes no variable.
    variables: dict[Slot, Mapping[str, str]] = {}
    for share in range(jobs_per_gpu):
        for number, gpu in enumerate(gpus):
            variables[Slot(f"gpu-{number}.{share}", POOL, gpu=True, memory_bytes=memory, elastic=True)] = {VISIBLE: gpu.uuid}
    for number in range(on_cpu):
        slot = Slot(f"cpu-{number}", POOL, gpu=False, memory_bytes=memory, elastic=True)
        variables[slot] = {VISIBLE: ""} if gpus else {}
    return LocalExecutor(variables)


@dataclass(slots=True, eq=False)
class _Worker:
    """A process, the end of its connection, and the task that it is at."""

    connection: Connection
    process: BaseProcess
    task_id: str | None = None


class LocalExecutor:
    """Worker processes, one for each slot, hired when the slot is first used."""

    losses_before_alone = 1
    wait_s = 0.0

    def __init__(self, variables: Mapping[Slot, Mapping[str, str]]) -> None:
        """``variables`` are the environment variables that the worker of each slot is given."""
        self._variables = dict(variables)
        self._workers: dict[str, _Worker] = {}

    def slots(self) -> Sequence[Slot]:
        """As made; they never change."""
        return tuple(self._variables)

    def suits(self, job: Job, slot: Slot) -> bool:  # noqa: ARG002 - the plan was made on this very machine
        """Every task of the plan runs here."""
        return True

    def start(self, job: Job, slot: Slot) -> None:
        """Give the job to the slot's worker; one that died while it was idle is replaced."""
        worker = self._workers.get(slot.name)
        if worker is not None and not _sent(worker, job):
            self._bury(slot.name)
            worker = None
        if worker is None:
            worker = self._workers[slot.name] = self._hire(self._variables[slot])
            _sent(worker, job)  # where it is dead already, news() will tell
        worker.task_id = job.task.key.id

    def news(self, timeout_s: float | None) -> Sequence[News]:
        """What the workers say. Raises what one of them could not make a failed draft of."""
        busy = {worker.connection: name for name, worker in self._workers.items() if worker.task_id is not None}
        ready = multiprocessing.connection.wait(list(busy), timeout_s)
        return [self._heard(busy[each]) for each in ready if isinstance(each, Connection)]

    def complaint(self) -> str:
        """Which slots there are."""
        return ", ".join(slot.name for slot in self._variables)

    def cancel(self, task_id: str) -> None:
        """Kill the job's worker: no interrupt waits for an epoch's end."""
        for name in [name for name, worker in self._workers.items() if worker.task_id == task_id]:
            self._bury(name)

    def close(self) -> None:
        """Send idle workers home and end busy ones."""
        for worker in self._workers.values():
            if worker.task_id is not None:
                worker.process.terminate()
            worker.connection.close()
        for worker in self._workers.values():
            worker.process.join()
        self._workers.clear()

    def _heard(self, name: str) -> News:
        worker = self._workers[name]
        task_id = worker.task_id or ""
        try:
            message = worker.connection.recv()
        except (EOFError, OSError):  # dead, perhaps in the midst of a message
            self._bury(name)
            return Lost(task_id, _KILLED)
        if isinstance(message, Exception):
            raise message
        if isinstance(message, Event):
            return message
        worker.task_id = None
        return Ended(task_id, message)

    def _hire(self, variables: Mapping[str, str]) -> _Worker:
        context = multiprocessing.get_context("spawn")  # CUDA does not survive a fork
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, dict(variables)))
        process.start()
        theirs.close()  # from now on the worker alone holds its end: when it dies, ours ends
        return _Worker(ours, process)

    def _bury(self, name: str) -> None:
        worker = self._workers.pop(name)
        worker.connection.close()
        worker.process.kill()
        worker.process.join()


def _sent(worker: _Worker, job: Job) -> bool:
    with suppress(OSError):
        worker.connection.send(job)
        return True
    return False
