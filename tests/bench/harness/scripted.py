"""An executor for tests of the board: it runs jobs in this process, and loses those that its script names."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bench.harness.slots import Ended, Lost, News, Slot
from bench.harness.worker import execute

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.harness.worker import Job


class ScriptedExecutor:
    """``loses`` says how a job's n-th start (from 1) ends: with a loss, or None where it comes to its end."""

    wait_s = 0.0

    def __init__(self, slots: Sequence[Slot], loses: Callable[[str, int], Lost | None], losses_before_alone: int = 1) -> None:
        """Remember who was beside whom: ``beside`` holds for each start its task, its slot, and who ran already."""
        self._slots = tuple(slots)
        self._loses = loses
        self.losses_before_alone = losses_before_alone
        self.running: dict[str, tuple[Job, Slot]] = {}
        self.beside: list[tuple[str, Slot, tuple[str, ...]]] = []
        self.starts: Counter[str] = Counter()
        self.closed = False

    def slots(self) -> Sequence[Slot]:
        """Always the same."""
        return self._slots

    def suits(self, job: Job, slot: Slot) -> bool:  # noqa: ARG002 - the protocol's form
        """Everywhere."""
        return True

    def start(self, job: Job, slot: Slot) -> None:
        """Note it; the work is done when news are asked for."""
        name = job.task.key.id
        assert slot not in [other for _, other in self.running.values()]
        self.beside.append((name, slot, tuple(self.running)))
        self.running[name] = (job, slot)
        self.starts[name] += 1

    def news(self, timeout_s: float | None) -> Sequence[News]:  # noqa: ARG002 - nothing here takes time
        """The job that has run longest comes to its end, or is lost."""
        name = next(iter(self.running))
        job, _ = self.running.pop(name)
        return [self._loses(name, self.starts[name]) or Ended(name, execute(job))]

    def complaint(self) -> str:
        """Where the slots are."""
        return "script"

    def cancel(self, task_id: str) -> None:
        """Forget it."""
        self.running.pop(task_id, None)

    def close(self) -> None:
        """Note it."""
        self.closed = True
