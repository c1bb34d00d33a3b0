"""The training loop: data on the device, seeded batches, Adam, a row of losses per epoch, and checkpoints."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from bench.training.checkpoint import Progressed, restore, save
from bench.training.determinism import stream
from bench.training.flat import flatten

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import Tensor, nn

    from bench.harness.task import Progress
    from bench.training.chain import Chain

    Batch = tuple[Tensor, ...]
    Loss = tuple[Tensor, Tensor]

SAVE_EVERY_S = 1.0  # a checkpoint waits 5 ms for the disk: after each epoch of the quick profile, that was 6 % of its time
EVALUATION_BATCH = 256  # activations of 256 small images still fit a core's cache


@dataclass(frozen=True, slots=True)
class Objective:
    """``evaluate`` gives a batch's loss and its detached terms, batch means named by ``terms``; the first is the loss.

    It draws all its randomness from the generator that it is given.
    """

    terms: tuple[str, ...]
    evaluate: Callable[[Batch, torch.Generator], Loss]


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast: the names of the configuration."""

    epochs: int
    batch_size: int
    learning_rate: float


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Tensors on the device whose first axis counts examples, the same order in each."""

    train: Batch
    validation: Batch


@dataclass(frozen=True, slots=True)
class Training:
    """The history by column, null where a number was not finite, the epoch in which training diverged, and the chain."""

    history: dict[str, list[float | None]]
    epoch_seconds: list[float]
    diverged_in: int | None
    chain: Chain

    def last_row(self) -> dict[str, float]:
        """The last epoch's finite numbers under their column names."""
        return {name: column[-1] for name, column in self.history.items() if column[-1] is not None}

    def best_epoch(self, column: str) -> int:
        """The epoch, from 1, with the lowest value in ``column``; the first of equals."""
        values = [math.inf if value is None else value for value in self.history[column]]
        return values.index(min(values)) + 1


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Seed of all streams, where the checkpoint lies, and whom to tell."""

    seed: int
    scratch: Path
    progress: Progress


@dataclass(frozen=True, slots=True, eq=False)
class _Draws:
    """What an epoch owes to chance: the order of the examples, and the stream that all else is drawn from."""

    order: Tensor
    stream: torch.Generator


def fit(
    module: nn.Module, objective: Objective, examples: Examples, schedule: Schedule, surroundings: Surroundings
) -> Training:
    """Train ``module`` in place with Adam, going on from a checkpoint where there is one.

    A checkpoint follows an epoch unless the last one is younger than ``SAVE_EVERY_S``: a kill costs an epoch, or a second.
    Stops after the first epoch in which a loss term is not finite. Raises StoreError where a checkpoint cannot be
    written, IntegrityError where one is damaged.
    """
    flat = flatten(module)
    # fused: one kernel for the whole update; the arithmetic is Adam's, float32
    optimizer = torch.optim.Adam([flat], lr=schedule.learning_rate, fused=True)
    done = restore(surroundings.scratch, flat, optimizer)
    if not done.chain.links:
        _link(done, module, optimizer, _draws(surroundings.seed, 0, examples.train[0][:0]))
    columns = [f"{part}_{term}" for part in ("train", "validation") for term in objective.terms]
    saved = time.perf_counter()
    while len(done.rows) < schedule.epochs and _finite(done):
        epoch = len(done.rows) + 1
        begin = time.perf_counter()
        draws = _draws(surroundings.seed, epoch, examples.train[0])
        train = _train_epoch(flat, optimizer, objective, examples.train, (schedule.batch_size, draws))
        row = train + evaluate(objective, examples.validation, surroundings.seed)
        done.rows.append(row)
        done.seconds.append(time.perf_counter() - begin)
        _link(done, module, optimizer, draws)
        if time.perf_counter() - saved >= SAVE_EVERY_S:
            save(surroundings.scratch, flat, optimizer, done)
            saved = time.perf_counter()
        shown = {name: value for name, value in zip(columns, row, strict=True) if math.isfinite(value)}
        surroundings.progress(epoch, schedule.epochs, **shown)
    return _training(done, columns, schedule)


def evaluate(objective: Objective, examples: Batch, seed: int) -> list[float]:
    """Each term's mean over ``examples``; the noise, where there is any, is the same in every call."""
    count = len(examples[0])
    draw = stream(seed, "validation", examples[0].device)
    totals = _totals(objective, examples)
    with torch.inference_mode():
        for start in range(0, count, EVALUATION_BATCH):
            batch = tuple(tensor[start : start + EVALUATION_BATCH] for tensor in examples)
            _, terms = objective.evaluate(batch, draw)
            totals.add_(terms, alpha=len(batch[0]))
    means: list[float] = (totals / count).tolist()
    return means


def _draws(seed: int, epoch: int, examples: Tensor) -> _Draws:
    order = torch.randperm(len(examples), generator=stream(seed, f"batches/epoch-{epoch}"))
    return _Draws(order.to(examples.device), stream(seed, f"train/epoch-{epoch}", examples.device))


def _link(done: Progressed, module: nn.Module, optimizer: torch.optim.Adam, draws: _Draws) -> None:
    """Add the epoch to the chain; epoch 0 has no examples and a stream that nothing was drawn from."""
    state = {"optimizer": optimizer.state_dict(), "rng": draws.stream.get_state(), "order": draws.order}
    done.chain.add(module.state_dict(), **state)


def _train_epoch(
    flat: nn.Parameter, optimizer: torch.optim.Adam, objective: Objective, examples: Batch, step: tuple[int, _Draws]
) -> list[float]:
    """One pass in random order; means over the epoch while the weights change. ``step``: batch size, draws."""
    batch_size, draws = step
    count = len(examples[0])
    totals = _totals(objective, examples)
    gradient = flat.grad
    assert gradient is not None  # noqa: S101 - flatten made it
    for start in range(0, count, batch_size):
        indices = draws.order[start : start + batch_size]
        batch = tuple(tensor.index_select(0, indices) for tensor in examples)
        loss, terms = objective.evaluate(batch, draws.stream)
        gradient.zero_()
        torch.autograd.backward(loss)
        optimizer.step()
        totals.add_(terms, alpha=len(indices))  # stays on the device: reading it back would stall every step
    means: list[float] = (totals / count).tolist()
    return means


def _totals(objective: Objective, examples: Batch) -> Tensor:
    """Float64: summing thousands of float32 batch means in float32 would lose the digits that tell epochs apart."""
    return torch.zeros(len(objective.terms), dtype=torch.float64, device=examples[0].device)


def _finite(done: Progressed) -> bool:
    return not done.rows or all(map(math.isfinite, done.rows[-1]))


def _training(done: Progressed, columns: list[str], schedule: Schedule) -> Training:
    epochs = range(1, len(done.rows) + 1)
    history: dict[str, list[float | None]] = {name: [] for name in columns}
    for row in done.rows:
        for name, value in zip(columns, row, strict=True):
            history[name].append(value if math.isfinite(value) else None)
    history = {"learning_rate": [schedule.learning_rate for _ in epochs], **history}
    return Training(history, done.seconds, None if _finite(done) else len(done.rows), done.chain)
