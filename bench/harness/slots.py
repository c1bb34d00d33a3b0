"""What runs tasks, seen from the harness: slots that jobs are started on, and news of them; one machine or many.

Whoever implements ``Executor`` decides where slots come from; which task goes where is decided in one place, by the board.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from bench.harness.worker import Event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.harness.worker import Job
    from store.records import Draft


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one task at a time, with a GPU of its own or share of one, or without.

    Slots of one ``pool`` (a machine, or a worker of a cluster) share ``memory_bytes``. A task that asks for more than all
    of it is started there, alone, where the pool is ``elastic``, and nowhere else.
    """

    name: str
    pool: str
    gpu: bool
    memory_bytes: int
    elastic: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """A job has come to its end: the draft of its record."""

    task_id: str
    draft: Draft


@dataclass(frozen=True, slots=True)
class Lost:
    """A job has no worker any more. ``blamed`` is false where the job cannot be the reason, as when a network is cut."""

    task_id: str
    reason: str
    blamed: bool = True


News: TypeAlias = Event | Ended | Lost


class Executor(Protocol):
    """Runs jobs on slots. After ``losses_before_alone`` lost workers a task runs alone; lost once more, it has failed."""

    losses_before_alone: int
    wait_s: float
    """How long a task may wait for a slot that suits it while nothing runs, before that is an error."""

    def slots(self) -> Sequence[Slot]:
        """All that there are now, busy ones too, in the order in which they should be filled."""

    def suits(self, job: Job, slot: Slot) -> bool:
        """Whether the slot can run the job at all; what speaks against it has been said."""

    def start(self, job: Job, slot: Slot) -> None:
        """Run the job on a free slot and return at once; what comes of it is news."""

    def news(self, timeout_s: float | None) -> Sequence[News]:
        """Wait until something has happened, at most ``timeout_s`` seconds, and give what has, in order.

        Raises what a worker could not make a failed draft of.
        """

    def complaint(self) -> str:
        """Why there are not more slots, as far as it is known: for the error when none suits a task."""

    def cancel(self, task_id: str) -> None:
        """End the job without news of it; nothing happens where it has ended."""

    def close(self) -> None:
        """End what still runs, at once, and free everything."""
