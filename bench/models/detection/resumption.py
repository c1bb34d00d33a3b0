"""Brings a resumed run to where the undisturbed one stood between two epochs: the shuffler, and the next optimizer step."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch.utils.data import DataLoader

_NEVER = 1 << 30  # an accumulation length that no number of batches reaches


def wind(loader: DataLoader[object], epochs: Sequence[int]) -> None:
    """Let the loader's next iterator skip the batches of earlier epochs, and load none of them.

    ``epochs`` are the numbers of epochs that each earlier iterator served: making one draws from the shuffler as well.
    """
    make = loader._get_iterator  # noqa: SLF001 - the loader has no other hook

    def make_wound() -> object:
        del loader._get_iterator  # noqa: SLF001
        for served in epochs:
            iterator = make()
            for _ in range(served * len(loader)):
                next(iterator._sampler_iter)  # noqa: SLF001 - the indices without their images
        return iterator

    loader._get_iterator = make_wound  # type: ignore[method-assign, assignment] # noqa: SLF001


class StepClock:
    """Counts batches over all epochs and says how many the optimizer has to wait for.

    The trainer's loop remembers the last step only within a run: in a resumed one it believes that none was ever made,
    and would step at the first batch. ``accumulation`` then holds it until the undisturbed run would step.
    """

    def __init__(self) -> None:
        """No batch and no step yet."""
        self.batch, self.last_step = -1, -1
        self._holding = False
        self._nominal = 1

    def resume(self, batch: int, last_step: int, nominal: int) -> None:
        """Go on after ``batch``; ``nominal`` is the accumulation length outside the warm-up."""
        self.batch, self.last_step, self._nominal = batch, last_step, nominal
        self._holding = True

    def accumulation(self, current: int) -> int:
        """Count a batch; ``current`` is the accumulation length that the trainer means to use for it."""
        self.batch += 1
        if not self._holding:
            return current
        self._nominal = self._nominal if current == _NEVER else current
        return self._nominal if self.batch - self.last_step >= self._nominal else _NEVER

    def stepped(self) -> None:
        """The optimizer has stepped: from now on the trainer's own memory is right."""
        self.last_step, self._holding = self.batch, False
