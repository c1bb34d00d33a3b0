"""Runs planned tasks in parallel processes and commits each record as it comes; the store is written here alone."""

from __future__ import annotations

import multiprocessing
import shutil
import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING

from bench.worker import Event, Job, Provenance, execute, start_worker, unrun_draft
from store.quarantine import set_aside
from store.records import commit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from multiprocessing.queues import Queue
    from pathlib import Path

    from bench.datasets import Dataset
    from bench.planner import Planned
    from store.records import Draft, Stored

_MAX_LOSSES = 2  # the second time, the task ran alone: it was the one that killed its worker


@dataclass(frozen=True, slots=True)
class Site:
    """Where and on what the tasks run."""

    root: Path
    device: str
    threads: int
    jobs: int
    datasets: Mapping[str, Dataset]
    provenance: Provenance


@dataclass(slots=True)
class _Board:
    """What is waiting and done; ``suspects`` were in flight when a worker died and run alone from then on."""

    site: Site
    waiting: deque[Planned]
    done: dict[str, Stored]
    losses: dict[str, int] = field(default_factory=dict)
    suspects: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Crew:
    """The worker pool, what it works on, and the queue to the listener."""

    pool: ProcessPoolExecutor
    events: Queue[Event | None]
    running: dict[Future[Draft], Planned] = field(default_factory=dict)


def run_all(planned: Sequence[Planned], site: Site, listener: Callable[[Event], None]) -> dict[str, Stored]:
    """Run what must run, reuse the rest, and return the record of every task by id, failed and skipped ones included.

    ``listener`` hears each event in a thread of its own. Raises StoreError where a record cannot be written; what was
    committed before stays.
    """
    reused = {item.id: item.stored for item in planned if item.stored is not None and item.action == "reuse"}
    board = _Board(site, deque(item for item in planned if item.action == "run"), reused)
    while board.waiting:
        with _crew(site.jobs, listener) as crew:
            _work(board, crew)
    return board.done


def _work(board: _Board, crew: _Crew) -> None:
    """Feed the pool until nothing is left, or until a worker dies: then what was in flight goes back to wait."""
    while True:
        _start_ready(board, crew)
        if not crew.running:
            return
        lost = _collect(board, crew, wait(crew.running, return_when=FIRST_COMPLETED).done)
        if lost:  # the pool is broken: what else was in flight has either ended or is lost too
            _take_back(board, crew, [*lost, *_collect(board, crew, wait(crew.running).done)])
            return


def _collect(board: _Board, crew: _Crew, finished: Iterable[Future[Draft]]) -> list[Planned]:
    """Commit what the workers sent back; return the tasks whose worker died."""
    lost: list[Planned] = []
    for future in finished:
        item = crew.running.pop(future)
        try:
            draft = future.result()
        except BrokenProcessPool:
            lost.append(item)
        else:
            _commit(board, crew, item, draft)
    return lost


def _start_ready(board: _Board, crew: _Crew) -> None:
    """Start every task whose upstream is there, up to the number of jobs; skip those whose upstream has no result."""
    for item in list(board.waiting):
        if len(crew.running) >= board.site.jobs or any(other.id in board.suspects for other in crew.running.values()):
            return
        if (item.id in board.suspects and crew.running) or not all(name in board.done for name in item.task.upstream):
            continue
        reason = _obstacle(board, item)
        if reason:
            _commit(board, crew, item, unrun_draft(_job(board, item), "skipped", reason))
        else:
            try:
                crew.running[crew.pool.submit(execute, _job(board, item))] = item
            except BrokenProcessPool:
                return  # a worker died while it was idle: the task stays in the queue of the next pool
        board.waiting.remove(item)


def _obstacle(board: _Board, item: Planned) -> str:
    """Why the task cannot run: a data set that is not there, or upstream tasks without a result; empty if it can."""
    absent = [board.site.datasets[name].absent for name in item.task.inputs if board.site.datasets[name].absent]
    bad = [name for name in item.task.upstream if board.done[name].record.status != "ok"]
    return "; ".join([*absent, *(f"upstream {name} {board.done[name].record.status}" for name in bad)])


def _job(board: _Board, item: Planned) -> Job:
    return Job(
        task=item.task,
        ingredients=item.ingredients,
        device=board.site.device,
        threads=board.site.threads,
        datasets={name: board.site.datasets[name] for name in item.task.inputs},
        upstream={name: board.done[name] for name in item.task.upstream},
        scratch=_scratch(board, item),
        provenance=board.site.provenance,
    )


def _scratch(board: _Board, item: Planned) -> Path:
    return board.site.root / "cache" / "scratch" / item.fingerprint[:16]


def _commit(board: _Board, crew: _Crew, item: Planned, draft: Draft) -> None:
    if draft.quarantined is not None:
        set_aside(board.site.root, draft)
    stored = commit(board.site.root, draft)
    board.done[item.id] = stored
    if stored.record.status in {"ok", "diverged"}:
        shutil.rmtree(_scratch(board, item), ignore_errors=True)
    result = stored.record.result
    crew.events.put(Event(item.id, result.status, time.time(), values=tuple(result.metrics.items()), detail=result.reason))


def _take_back(board: _Board, crew: _Crew, items: Sequence[Planned]) -> None:
    """After a worker died (killed, out of memory): its neighbours try again, a repeated offender becomes a failed record."""
    for item in items:
        board.losses[item.id] = board.losses.get(item.id, 0) + 1
        if board.losses[item.id] >= _MAX_LOSSES:
            reason = "the worker process was killed twice (out of memory?); run with fewer --jobs"
            _commit(board, crew, item, unrun_draft(_job(board, item), "failed", reason))
        else:
            board.suspects.add(item.id)
            board.waiting.appendleft(item)


@contextmanager
def _crew(jobs: int, listener: Callable[[Event], None]) -> Iterator[_Crew]:
    """Spawned workers (CUDA does not survive a fork) whose events reach ``listener`` through one thread."""
    context = multiprocessing.get_context("spawn")
    events: Queue[Event | None] = context.Queue()
    thread = Thread(target=_listen, args=(events, listener), daemon=True)
    thread.start()
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=start_worker, initargs=(events,))
    try:
        yield _Crew(pool, events)
    except BaseException:
        for child in multiprocessing.active_children():
            child.terminate()  # an interrupt or a full disk must not wait for an epoch to end
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        events.put(None)
        thread.join()


def _listen(events: Queue[Event | None], listener: Callable[[Event], None]) -> None:
    while (event := events.get()) is not None:
        listener(event)
