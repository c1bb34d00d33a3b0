"""What waits, runs and is done in one invocation, and which task may go to which slot."""

from __future__ import annotations

import shutil
import time
from bisect import insort
from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.harness.worker import Event, Job, unrun_draft
from store.errors import IntegrityError
from store.quarantine import Quarantined, set_aside
from store.records import commit, folder_of, result_digest_of
from store.runs import clear_endless

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from bench.harness.executor import Site
    from bench.harness.planner import Planned
    from bench.harness.slots import Ended, Lost, Slot
    from store.records import Draft, Stored

_LOOK_AHEAD = 32  # a task that finds no slot, for want of memory, lets so many behind it go first


class Board:
    """The tasks of one invocation. ``alone`` are those whose workers died so often that they run beside no other."""

    def __init__(self, planned: Sequence[Planned], site: Site, listener: Callable[[Event], None]) -> None:
        """Take the records that are reused as done; ``open`` queues what has all its upstream records."""
        self.site, self.listener = site, listener
        self.items = {item.id: item for item in planned if item.action == "run"}
        self.done: dict[str, Stored] = {item.id: item.stored for item in planned if item.stored and item.action == "reuse"}
        self.running: dict[str, Slot] = {}
        self.alone: set[str] = set()
        self.twins: list[str] = []
        self._order = {name: number for number, name in enumerate(self.items)}
        self._ready: dict[bool, list[tuple[int, str]]] = {True: [], False: []}  # by whether they use a GPU, in plan order
        self._missing: dict[str, set[str]] = {}
        self._after: dict[str, list[str]] = defaultdict(list)
        self._losses: Counter[str] = Counter()
        self._lost_in: dict[str, set[str]] = defaultdict(set)
        for item in self.items.values():
            self._missing[item.id] = {name for name in item.task.upstream if name not in self.done}
            for name in self._missing[item.id]:
                self._after[name].append(item.id)

    def open(self) -> None:
        """Queue what waits for nothing."""
        for item in [item for item in self.items.values() if not self._missing[item.id]]:
            self._make_ready(item)

    @property
    def unfinished(self) -> bool:
        """Whether anything waits or runs."""
        return bool(self._missing)

    def has_room(self, slots: Sequence[Slot]) -> bool:
        """Whether one more task may run at a time, and one of the slots is free."""
        busy = set(self.running.values())
        limited = self.site.jobs is not None and len(self.running) >= self.site.jobs
        return not limited and any(slot not in busy for slot in slots)

    def startable(self) -> Iterator[Planned]:
        """What is ready, in the order in which it should be started: lonely ones, then those for GPUs, then the rest."""
        heads = [[name for _, name in queue[:_LOOK_AHEAD]] for queue in self._ready.values()]
        lonely = [name for name in self.alone if name not in self.running]
        for name in dict.fromkeys([*lonely, *(name for head in heads for name in head)]):
            yield self.items[name]

    def slot_for(self, item: Planned, slots: Sequence[Slot]) -> Slot | None:
        """A free one of these slots that suit the task, in a pool that has not lost it before, where there is such a pool."""
        busy = set(self.running.values())
        elsewhere = [slot for slot in slots if slot.pool not in self._lost_in[item.id]]
        return next((slot for slot in elsewhere or slots if slot not in busy and self._fits(item, slot)), None)

    def started(self, item: Planned, slot: Slot) -> None:
        """Note that the task runs on the slot."""
        self._ready[item.on_gpu].remove((self._order[item.id], item.id))
        self.running[item.id] = slot

    def ended(self, news: Ended) -> None:
        """Write the record, and let tasks go on that waited for it; of two attempts the first to end counts.

        The draft of one that had been given up is compared with what took its place, and set aside where it differs.
        """
        item = self.items[news.task_id]
        if item.id in self.done:
            self._compare(item, news.draft)
            return
        if self.running.pop(item.id, None) is None:
            self._ready[item.on_gpu].remove((self._order[item.id], item.id))
        self._commit(item, news.draft)

    def lost(self, news: Lost, before_alone: int) -> None:
        """Try a task again whose worker died, alone in the end; lost once more it becomes a failed record.

        The system may have ended the worker for want of the memory that its neighbours had; a task that is alone was the
        one that took too much.
        """
        slot, item = self.running.pop(news.task_id), self.items[news.task_id]
        self._lost_in[item.id].add(slot.pool)
        self._losses[item.id] += news.blamed
        losses = self._losses[item.id]
        if losses > before_alone:
            reason = f"lost {losses} times, the last time alone: {news.reason}"
            self._commit(item, unrun_draft(job_of(self, item), "failed", reason))
            return
        if losses == before_alone:
            self.alone.add(item.id)
        self._make_ready(item)

    def check_twins(self) -> None:
        """Raises IntegrityError where two attempts of one task gave different results."""
        if self.twins:
            message = f"two attempts of {len(self.twins)} task(s) gave different results: {', '.join(self.twins)}"
            cure = "compare the record with what was set aside; one of the two machines does not compute as the other"
            raise IntegrityError(message, where=str(self.site.root / "quarantine"), cure=cure)

    def needs_text(self) -> str:
        """What the first task that waits asks for, and how many there are with it."""
        waiting = [item for queue in self._ready.values() for _, name in queue for item in [self.items[name]]]
        first = waiting[0]
        gpu = "a GPU and " if first.on_gpu else ""
        others = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
        return f"{first.id}{others} ({gpu}{first.task.needs.memory_mb} MB)"

    def _fits(self, item: Planned, slot: Slot) -> bool:
        """Whether the slot's pool has the memory that the task needs, and nobody in it whom it must not run beside."""
        inside = [self.items[name] for name, other in self.running.items() if other.pool == slot.pool]
        if not inside:
            return slot.elastic or _bytes(item) <= slot.memory_bytes
        if item.id in self.alone or any(other.id in self.alone for other in inside):
            return False
        return _bytes(item) + sum(map(_bytes, inside)) <= slot.memory_bytes

    def _compare(self, item: Planned, late: Draft) -> None:
        finished = {"ok", "diverged"}
        found = self.done[item.id].record
        if late.result.status in finished and found.status in finished and result_digest_of(late) != found.result_digest:
            set_aside(self.site.root, replace(late, quarantined=Quarantined(late.result, late.files)))
            self.twins.append(item.id)

    def _make_ready(self, item: Planned) -> None:
        """Queue the task, or write at once why it cannot run: data that are not there, or upstream tasks without a result."""
        datasets = self.site.datasets
        absent = [datasets[name].absent for name in item.task.inputs if datasets[name].absent]
        bad = [name for name in item.task.upstream if self.done[name].record.status != "ok"]
        reasons = [*absent, *(f"upstream {name} {self.done[name].record.status}" for name in bad)]
        if reasons:
            self._commit(item, unrun_draft(job_of(self, item), "skipped", "; ".join(reasons)))
        else:
            insort(self._ready[item.on_gpu], (self._order[item.id], item.id))

    def _commit(self, item: Planned, draft: Draft) -> None:
        if draft.quarantined is not None:
            set_aside(self.site.root, draft)
        clear_endless(folder_of(self.site.root, item.task.key, item.fingerprint))
        stored = commit(self.site.root, draft)
        self.done[item.id] = stored
        self.alone.discard(item.id)
        del self._missing[item.id]
        if stored.record.status in {"ok", "diverged"}:
            shutil.rmtree(_scratch(self, item), ignore_errors=True)
        result = stored.record.result
        values = tuple(result.metrics.items())
        self.listener(Event(item.id, result.status, time.time(), values=values, detail=result.reason))
        for name in self._after.pop(item.id, ()):
            self._missing[name].discard(item.id)
            if not self._missing[name]:
                self._make_ready(self.items[name])


def job_of(board: Board, item: Planned) -> Job:
    """All that a worker needs for the task."""
    return Job(
        task=item.task,
        ingredients=item.ingredients,
        device="cuda" if item.on_gpu else "cpu",  # a slot's worker sees no other GPU than its own
        threads=board.site.threads,
        datasets={name: board.site.datasets[name] for name in item.task.inputs},
        upstream={name: board.done[name] for name in item.task.upstream},
        scratch=_scratch(board, item),
        capture=board.site.capture,
    )


def _scratch(board: Board, item: Planned) -> Path:
    return board.site.root / "cache" / "scratch" / item.fingerprint[:16]


def _bytes(item: Planned) -> int:
    return item.task.needs.memory_mb * 2**20
