"""Runs planned tasks in parallel processes and commits each record as it comes; the store is written here alone."""

from __future__ import annotations

import shutil
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.harness.crew import crew_of
from bench.harness.worker import Event, Job, Provenance, unrun_draft
from store.quarantine import set_aside
from store.records import commit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from bench.datasets.catalogue import Dataset
    from bench.harness.crew import Crew
    from bench.harness.planner import Planned
    from store.records import Draft, Stored


@dataclass(frozen=True, slots=True)
class Site:
    """Where and on what the tasks run."""

    root: Path
    device: str
    threads: int
    jobs: int
    datasets: Mapping[str, Dataset]
    provenance: Provenance
    capture: bool = True


@dataclass(slots=True)
class _Board:
    """What is waiting, running and done; ``suspects`` are tasks whose worker died: they run alone from then on."""

    site: Site
    waiting: deque[Planned]
    done: dict[str, Stored]
    listener: Callable[[Event], None]
    running: dict[str, Planned] = field(default_factory=dict)
    suspects: set[str] = field(default_factory=set)


def run_all(planned: Sequence[Planned], site: Site, listener: Callable[[Event], None]) -> dict[str, Stored]:
    """Run what must run, reuse the rest, and return the record of every task by id, failed and skipped ones included.

    ``listener`` hears each event. Raises StoreError where a record cannot be written; what was committed before stays.
    """
    reused = {item.id: item.stored for item in planned if item.stored is not None and item.action == "reuse"}
    board = _Board(site, deque(item for item in planned if item.action == "run"), reused, listener)
    with crew_of(listener) as crew:
        while board.waiting or board.running:
            _start_ready(board, crew)
            for name, draft in crew.ended() if board.running else ():
                item = board.running.pop(name)
                if draft is not None:
                    _commit(board, item, draft)
                else:
                    _take_back(board, item)
    return board.done


def _start_ready(board: _Board, crew: Crew) -> None:
    """Start every task whose upstream is there, up to the number of jobs; skip those whose upstream has no result."""
    for item in list(board.waiting):
        if len(board.running) >= board.site.jobs or board.suspects & board.running.keys():
            return
        if (item.id in board.suspects and board.running) or not all(name in board.done for name in item.task.upstream):
            continue
        reason = _obstacle(board, item)
        if reason:
            _commit(board, item, unrun_draft(_job(board, item), "skipped", reason))
        else:
            crew.start(item.id, _job(board, item))
            board.running[item.id] = item
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
        capture=board.site.capture,
    )


def _scratch(board: _Board, item: Planned) -> Path:
    return board.site.root / "cache" / "scratch" / item.fingerprint[:16]


def _commit(board: _Board, item: Planned, draft: Draft) -> None:
    if draft.quarantined is not None:
        set_aside(board.site.root, draft)
    stored = commit(board.site.root, draft)
    board.done[item.id] = stored
    if stored.record.status in {"ok", "diverged"}:
        shutil.rmtree(_scratch(board, item), ignore_errors=True)
    result = stored.record.result
    board.listener(Event(item.id, result.status, time.time(), values=tuple(result.metrics.items()), detail=result.reason))


def _take_back(board: _Board, item: Planned) -> None:
    """After its worker died (killed, out of memory) a task tries again, alone; the second time it becomes a failed record.

    The system may have ended it for want of the memory that its neighbours had; alone, it was the one that took too much.
    """
    if item.id in board.suspects:
        reason = "the worker process was killed twice (out of memory?); run with fewer --jobs"
        _commit(board, item, unrun_draft(_job(board, item), "failed", reason))
    else:
        board.suspects.add(item.id)
        board.waiting.appendleft(item)
