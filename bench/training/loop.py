"""The training loop: data on the device, seeded batches, Adam, a row of losses per epoch, and checkpoints."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from bench.training.checkpoint import Progressed, restore, save
from bench.training.determinism import restart, stream
from bench.training.flat import backward_of, flatten
from bench.training.steps import Pass, Work, recording, with_optimizer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import Tensor, nn

    from bench.harness.task import Progress
    from bench.training.chain import Chain
    from bench.training.steps import Batch, Record

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
    """Seed of all streams, where the checkpoint lies, whom to tell, and whether CUDA replays recorded steps."""

    seed: int
    scratch: Path
    progress: Progress
    capture: bool = True


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
    columns = [f"{part}_{term}" for part in ("train", "validation") for term in objective.terms]
    saved = time.perf_counter()
    with recording(flat.device, capture=surroundings.capture) as record:
        work = _training_work(objective, optimizer, backward_of(module, flat))
        train = Pass(examples.train, schedule.batch_size, work, with_optimizer(record, optimizer))
        validation = _validation(objective, examples.validation, record)
        if not done.chain.links:
            restart(train.draw, surroundings.seed, "train/epoch-0")
            _link(done, module, optimizer, train, train.order[:0])
        while len(done.rows) < schedule.epochs and _finite(done):
            epoch = len(done.rows) + 1
            begin = time.perf_counter()
            _shuffle(train, surroundings.seed, epoch)
            train.run()
            done.rows.append(train.means() + _validate(validation, surroundings.seed))
            done.seconds.append(time.perf_counter() - begin)
            _link(done, module, optimizer, train, train.order)
            if time.perf_counter() - saved >= SAVE_EVERY_S:
                save(surroundings.scratch, flat, optimizer, done)
                saved = time.perf_counter()
            shown = {name: value for name, value in zip(columns, done.rows[-1], strict=True) if math.isfinite(value)}
            surroundings.progress(epoch, schedule.epochs, **shown)
    return _training(done, columns, schedule)


def evaluate(objective: Objective, examples: Batch, seed: int) -> list[float]:
    """Each term's mean over ``examples``; the noise, where there is any, is the same in every call."""
    return _validate(_validation(objective, examples, None), seed)


def _training_work(objective: Objective, optimizer: torch.optim.Adam, backward: Callable[[Tensor], None]) -> Work:
    """A step of Adam on each batch."""
    device = optimizer.param_groups[0]["params"][0].device

    def step(batch: Batch, draw: torch.Generator) -> Tensor:
        loss, terms = objective.evaluate(batch, draw)
        backward(loss)
        optimizer.step()
        return terms

    return Work(step, torch.Generator(device), len(objective.terms))


def _validation(objective: Objective, examples: Batch, record: Record | None) -> Pass:
    """The terms of each batch, and nothing else."""
    work = Work(
        lambda batch, draw: objective.evaluate(batch, draw)[1], torch.Generator(examples[0].device), len(objective.terms)
    )
    return Pass(examples, EVALUATION_BATCH, work, record)


def _validate(validation: Pass, seed: int) -> list[float]:
    restart(validation.draw, seed, "validation")
    with torch.inference_mode():
        validation.run()
        return validation.means()


def _shuffle(train: Pass, seed: int, epoch: int) -> None:
    """Draw the epoch's order, and start the stream that all else in it is drawn from."""
    train.order.copy_(torch.randperm(len(train.order), generator=stream(seed, f"batches/epoch-{epoch}")))
    restart(train.draw, seed, f"train/epoch-{epoch}")


def _link(done: Progressed, module: nn.Module, optimizer: torch.optim.Adam, train: Pass, order: Tensor) -> None:
    """Add the epoch to the chain; epoch 0 has no examples and a stream that nothing was drawn from."""
    state = {"optimizer": optimizer.state_dict(), "rng": train.draw.get_state(), "order": order}
    done.chain.add(module.state_dict(), **state)


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
