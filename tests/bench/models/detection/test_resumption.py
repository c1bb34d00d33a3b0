"""Tests of what lets a resumed run continue as if it had never stopped."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch.utils.data import BatchSampler, DataLoader, RandomSampler

from bench.models.detection.resumption import StepClock, wind
from bench.models.detection.state import digest_of_tensors, random_streams, read_tensors, set_random_streams, write_state

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Repeated:
    """Batches of indices without end, as the trainer's loader draws them."""

    def __init__(self, batches: BatchSampler) -> None:
        """Repeat these batches, shuffled anew each time."""
        self.batches = batches

    def __len__(self) -> int:
        """Batches in an epoch."""
        return len(self.batches)

    def __iter__(self) -> Iterator[list[int]]:
        """Epoch after epoch."""
        while True:
            yield from self.batches


class Endless(DataLoader[int]):
    """A loader that keeps one iterator over all epochs until it is reset, like the trainer's; always from one seed."""

    def __init__(self, size: int) -> None:
        """Shuffle ``size`` numbers into batches of four."""
        generator = torch.Generator().manual_seed(7)
        numbers = list(range(size))
        sampler = RandomSampler(numbers, generator=generator)
        super().__init__(numbers, batch_sampler=Repeated(BatchSampler(sampler, 4, drop_last=False)), generator=generator)
        self.current = None

    def epoch(self) -> list[list[int]]:
        """The next epoch's batches."""
        self.current = self.current or self._get_iterator()
        return [next(self.current).tolist() for _ in range(len(self))]


@pytest.mark.parametrize("size", [8, 10], ids=["whole batches", "a part batch last"])
@pytest.mark.parametrize(
    "served", [[1], [3], [2, 0], [2, 1]], ids=["one", "three", "then a new iterator", "and an epoch of it"]
)
def test_a_wound_loader_goes_on_as_the_undisturbed_one(size: int, served: list[int]) -> None:
    """The order of the images is that of the epochs to come, although none of the earlier was loaded."""
    undisturbed = Endless(size)
    for count in served:
        undisturbed.current = None
        for _ in range(count):
            undisturbed.epoch()
    if served[-1] == 0:
        undisturbed.current = None
    resumed = Endless(size)
    wind(resumed, served)
    assert [resumed.epoch(), resumed.epoch()] == [undisturbed.epoch(), undisturbed.epoch()]


def steps_of(clock: StepClock, lengths: list[int], last_step: int, first: int = 0) -> list[int]:
    """Batches after which a loop like the trainer's steps; ``lengths`` are the accumulation lengths it means to use."""
    steps, wanted = [], lengths[first]
    for batch in range(first, len(lengths)):
        wanted = clock.accumulation(lengths[batch])
        if batch - last_step >= wanted:
            clock.stepped()
            last_step = batch
            steps.append(batch)
    return steps


@pytest.mark.parametrize("lengths", [[4] * 24, [1, 1, 2, 2, 3, 3, *[4] * 18]], ids=["constant", "warm-up"])
@pytest.mark.parametrize("first", [3, 6, 9, 12])
def test_a_resumed_run_steps_when_the_undisturbed_one_does(lengths: list[int], first: int) -> None:
    """The loop forgets its last step over an interruption; the clock makes up for it."""
    clock = StepClock()
    undisturbed = steps_of(clock, lengths, -1)
    last_step = max((step for step in undisturbed if step < first), default=-1)
    resumed = StepClock()
    resumed.resume(first - 1, last_step, 4)
    assert steps_of(resumed, lengths, -1, first) == [step for step in undisturbed if step >= first]


def test_random_streams_go_on_where_they_were(tmp_path: Path) -> None:
    """Python, numpy and torch draw the same numbers after the streams went through a file."""
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002 - the stream under test
    torch.manual_seed(1)
    random.gauss(0, 1)  # leaves a spare number behind, as numpy's below
    np.random.randn()  # noqa: NPY002
    path = tmp_path / "streams.pt"
    torch.save(random_streams(), path)
    expected = draw()
    draw()
    set_random_streams(torch.load(path, weights_only=True))
    assert draw() == expected


def draw() -> tuple[float, ...]:
    """Two numbers of each kind from each global stream."""
    own = random.gauss(0, 1), random.random()  # noqa: S311 - the stream under test
    legacy = float(np.random.randn()), float(np.random.rand())  # noqa: NPY002 - the stream under test
    return (*own, *legacy, float(torch.rand(())), float(torch.randn(())))


def test_a_digest_covers_names_values_types_and_shapes_but_no_order() -> None:
    """Two networks with equal tensors have one digest, any difference another."""
    one = {"a": torch.arange(4.0), "b": torch.tensor(1)}
    assert digest_of_tensors(one) == digest_of_tensors(dict(reversed(one.items())))
    others = [
        {"a": torch.arange(4.0), "c": torch.tensor(1)},
        {"a": torch.arange(4.0).half(), "b": torch.tensor(1)},
        {"a": torch.arange(4.0).reshape(2, 2), "b": torch.tensor(1)},
        {"a": torch.arange(4.0) + 1, "b": torch.tensor(1)},
    ]
    assert len({digest_of_tensors(item) for item in [one, *others]}) == 5


def test_a_failed_write_leaves_the_earlier_state(tmp_path: Path) -> None:
    """The file is replaced only when the new one is whole."""
    path = tmp_path / "state.pt"
    write_state(path, {"a": torch.ones(2)})

    class Unwritable:
        def __reduce__(self) -> tuple[object, ...]:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_state(path, {"a": torch.zeros(2), "b": Unwritable()})  # type: ignore[dict-item]
    assert read_tensors(path)["a"].tolist() == [1, 1]
