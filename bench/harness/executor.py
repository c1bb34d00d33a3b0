"""Runs planned tasks on an executor's slots and commits each record as it comes; the store is written here alone."""

from __future__ import annotations

import logging
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.harness.board import Board, job_of
from bench.harness.slots import Ended, Lost
from bench.harness.worker import Event
from store.errors import StudyError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from bench.datasets.catalogue import Dataset
    from bench.harness.planner import Planned
    from bench.harness.slots import Executor, News
    from store.records import Stored

_LOG = logging.getLogger(__name__)
_LOOK_EVERY_S = 1.0  # how often an executor whose slots come and go is asked for new ones, while nothing else happens
_SAY_AFTER_S = 5.0  # asking a worker what it is takes less; a longer wait is worth a line


@dataclass(frozen=True, slots=True)
class Site:
    """Where and on what the tasks run: the store, the data here, and ``open`` for the executor; ``jobs`` at a time at most."""

    root: Path
    threads: int
    datasets: Mapping[str, Dataset]
    open: Callable[[], Executor]
    jobs: int | None = None
    capture: bool = True


def run_all(planned: Sequence[Planned], site: Site, listener: Callable[[Event], None]) -> dict[str, Stored]:
    """Run what must run, reuse the rest, and return the record of every task by id, failed and skipped ones included.

    ``listener`` hears each event. Raises StoreError where a record cannot be written, and StudyError where a task has waited
    in vain for a slot that suits it, IntegrityError where two attempts of one task differ; what was committed before stays.
    """
    board = Board(planned, site, listener)
    with closing(site.open()) as executor:
        board.open()
        idle_since: float | None = None
        while board.unfinished:
            _start_ready(board, executor)
            if board.running:
                idle_since = None
            elif board.unfinished:
                idle_since = _still_waiting(board, executor, idle_since)
            for news in executor.news(_LOOK_EVERY_S) if board.unfinished else ():
                _take(board, news, executor)
    board.check_twins()
    return board.done


def _start_ready(board: Board, executor: Executor) -> None:
    """Start all that is ready and finds a slot, those first that must run alone."""
    slots = executor.slots()
    for item in board.startable():
        if not board.has_room(slots):
            return
        job = job_of(board, item)
        slot = board.slot_for(item, [slot for slot in slots if slot.gpu == item.on_gpu and executor.suits(job, slot)])
        if slot is not None:
            executor.start(job, slot)
            board.started(item, slot)


def _take(board: Board, news: News, executor: Executor) -> None:
    if isinstance(news, Event):
        board.listener(news)
    elif isinstance(news, Lost):
        board.lost(news, executor.losses_before_alone)
    elif isinstance(news, Ended):
        board.ended(news)
        executor.cancel(news.task_id)  # a second attempt is not needed any more


def _still_waiting(board: Board, executor: Executor, since: float | None) -> float:
    """Since when nothing could be started. Raises StudyError once that is longer than the executor's wait."""
    now = time.monotonic()
    if since is not None and executor.wait_s and now - since >= _SAY_AFTER_S > now - since - _LOOK_EVERY_S:
        _LOG.warning("waiting up to %.0f s for a slot that suits %s", executor.wait_s, board.needs_text())
    if now - (since or now) >= executor.wait_s:
        message = f"no slot suits {board.needs_text()}: waited {executor.wait_s:.0f} s"
        cure = "start a worker that offers this, then run again: finished tasks are kept"
        raise StudyError(message, where=executor.complaint(), cure=cure)
    return since or now
