"""The training loop is Adam on seeded batches, repeats bit for bit, resumes bit for bit, and says when it diverges."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor, nn

from bench.studies.assignment_2.autoencoders import Shape, build, objective_of
from bench.training import loop
from bench.training.chain import Chain
from bench.training.checkpoint import NAME
from bench.training.determinism import stream
from bench.training.flat import flatten
from bench.training.loop import Examples, Objective, Schedule, Surroundings, Training, evaluate, fit
from store.errors import IntegrityError

if TYPE_CHECKING:
    from pathlib import Path

IMAGES = torch.rand(50, 1, 28, 28, generator=torch.Generator().manual_seed(3))
EXAMPLES = Examples((IMAGES[:37],), (IMAGES[37:],))  # 37 = 2 batches of 16 and a rest of 5
EPOCHS = 3


@pytest.fixture(autouse=True)
def a_checkpoint_after_each_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """These epochs are shorter than any wait between checkpoints."""
    monkeypatch.setattr(loop, "SAVE_EVERY_S", 0.0)


class Interruption(Exception):  # noqa: N818 - it stands for a signal, not for an error
    """Ends a training from outside."""


def quiet(_step: int, _total: int, **_values: float) -> None:
    """Nobody watches."""


def train(variant: str, scratch: Path, *, seed: int = 0, progress: object = quiet) -> tuple[nn.Module, Training]:
    """A short training of a real network; returns it with its history."""
    assert callable(progress)
    network = build(variant, Shape(), seed)
    objective = objective_of(variant, network, noise_factor=0.5, beta=0.5)
    scratch.mkdir(exist_ok=True)
    training = fit(network, objective, EXAMPLES, Schedule(EPOCHS, 16, 1e-3), Surroundings(seed, scratch, progress))
    return network, training


def same_tensors(one: nn.Module, other: nn.Module) -> bool:
    """Bit for bit."""
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("variant", ["ae", "vae", "dae"])
def test_a_resumed_training_equals_an_undisturbed_one(variant: str, tmp_path: Path) -> None:
    """Interrupted after the first epoch and started again: weights and history are the same bits."""

    def interrupt(step: int, _total: int, **_values: float) -> None:
        if step == 1:
            raise Interruption

    network, undisturbed = train(variant, tmp_path / "whole")
    with pytest.raises(Interruption):
        train(variant, tmp_path / "cut", progress=interrupt)
    steps: list[int] = []
    resumed_network, resumed = train(variant, tmp_path / "cut", progress=lambda step, _total, **_values: steps.append(step))
    assert steps == [2, 3]
    assert resumed.history == undisturbed.history
    assert same_tensors(resumed_network, network)
    assert resumed.chain == undisturbed.chain
    assert len(resumed.chain.links) == 1 + EPOCHS


def test_short_epochs_share_a_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None is written before its time; the training then starts over, and ends in the same bits."""
    monkeypatch.setattr(loop, "SAVE_EVERY_S", math.inf)

    def interrupt(_step: int, _total: int, **_values: float) -> None:
        raise Interruption

    with pytest.raises(Interruption):
        train("ae", tmp_path / "cut", progress=interrupt)
    assert not (tmp_path / "cut" / NAME).exists()
    steps: list[int] = []
    again, _ = train("ae", tmp_path / "cut", progress=lambda step, _total, **_values: steps.append(step))
    assert steps == [1, 2, 3]
    assert same_tensors(again, train("ae", tmp_path / "whole")[0])


def test_seeds_repeat_and_differ(tmp_path: Path) -> None:
    """One seed gives the same bits twice, another seed another history."""
    network, first = train("dae", tmp_path / "first")
    again_network, again = train("dae", tmp_path / "again")
    _, other = train("dae", tmp_path / "other", seed=1)
    assert first.history == again.history
    assert same_tensors(network, again_network)
    assert first.history != other.history
    assert first.chain == again.chain
    for one, two in zip(first.chain.links, other.chain.links, strict=True):
        differing = [name for name, value in one.parts().items() if two.parts()[name] != value]
        # Before the first epoch nothing was drawn and no step was made, whatever the seed.
        assert differing == (["rng", "weights"] if one is first.chain.links[0] else ["order", "rng", "weights", "optimizer"])


def test_it_is_plain_adam_on_the_seeds_batches(tmp_path: Path) -> None:
    """A loop written out with torch's own layers and optimizer gives the same losses and weights, to rounding."""
    network, training = train("ae", tmp_path)
    plain = build("ae", Shape(), seed=0)
    optimizer = torch.optim.Adam(plain.parameters(), lr=1e-3)
    (images,) = EXAMPLES.train
    for epoch in range(1, EPOCHS + 1):
        order = torch.randperm(len(images), generator=stream(0, f"batches/epoch-{epoch}"))
        total = 0.0
        for indices in order.split(16):
            loss = F.mse_loss(plain.reconstruct(images[indices]), images[indices])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(indices)
        assert training.history["train_mse_per_pixel"][epoch - 1] == pytest.approx(total / len(images), rel=1e-4)
    for one, other in zip(network.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)


def test_validation_follows_the_last_step_with_the_same_noise(tmp_path: Path) -> None:
    """The last validation value can be computed again from the trained network; two calls agree exactly."""
    network, training = train("dae", tmp_path)
    objective = objective_of("dae", network, noise_factor=0.5, beta=0.0)
    values = [evaluate(objective, EXAMPLES.validation, seed=0) for _ in range(2)]
    assert values[0] == values[1] == [training.history["validation_mse_per_pixel"][-1]]


def test_means_are_over_images_not_over_batches() -> None:
    """A last batch that is smaller counts for its images only, beyond one evaluation batch too."""
    numbers = torch.arange(300, dtype=torch.float32)

    def mean_number(batch: tuple[Tensor, ...], _draw: torch.Generator) -> tuple[Tensor, Tensor]:
        return batch[0].mean(), batch[0].mean()

    assert evaluate(Objective(("number",), mean_number), (numbers,), seed=0) == [149.5]


def test_a_loss_that_is_not_finite_stops_the_training(tmp_path: Path) -> None:
    """The history ends with the epoch that diverged, null where a number was not finite, and no epoch follows."""
    weight = nn.Linear(1, 1, bias=False)
    nn.init.ones_(weight.weight)

    def exploding(batch: tuple[Tensor, ...], _draw: torch.Generator) -> tuple[Tensor, Tensor]:
        loss = torch.exp(weight(batch[0]).square().mean())
        return loss, torch.stack((loss.detach(), torch.tensor(2.0)))

    told: list[dict[str, float]] = []
    data = Examples((torch.ones(8, 1),), (torch.ones(4, 1),))
    surroundings = Surroundings(0, tmp_path, lambda _step, _total, **values: told.append(values))
    training = fit(weight, Objective(("loss", "constant"), exploding), data, Schedule(5, 4, 100.0), surroundings)
    assert training.diverged_in == 1
    assert training.history["validation_loss"] == [None]
    assert training.history["validation_constant"] == [2.0]
    assert training.last_row()["train_constant"] == 2.0
    assert "validation_loss" not in training.last_row()
    assert all(math.isfinite(value) for values in told for value in values.values())
    again = fit(weight, Objective(("loss", "constant"), exploding), data, Schedule(5, 4, 100.0), surroundings)
    assert again.diverged_in == 1


def test_progress_counts_epochs_and_carries_losses(tmp_path: Path) -> None:
    """One call an epoch with the losses by their column names; the best epoch is the lowest."""
    told: list[tuple[int, int, dict[str, float]]] = []
    _, training = train("vae", tmp_path, progress=lambda step, total, **values: told.append((step, total, values)))
    assert [(step, total) for step, total, _ in told] == [(1, 3), (2, 3), (3, 3)]
    assert told[-1][2] == {name: value for name, value in training.last_row().items() if name != "learning_rate"}
    assert training.history["learning_rate"] == [1e-3] * 3
    column = training.history["validation_loss_per_image"]
    assert column[training.best_epoch("validation_loss_per_image") - 1] == min(value for value in column if value is not None)
    assert len(training.epoch_seconds) == EPOCHS


@pytest.mark.parametrize("damage", [b"", b"not a checkpoint", b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "])
def test_a_damaged_checkpoint_is_named(damage: bytes, tmp_path: Path) -> None:
    """The error says which file and what to do."""
    (tmp_path / NAME).write_bytes(damage)
    with pytest.raises(IntegrityError, match="checkpoint") as caught:
        train("ae", tmp_path)
    assert NAME in caught.value.where
    assert "delete" in caught.value.cure


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    """It is not loaded in part."""
    train("ae", tmp_path)
    with pytest.raises(IntegrityError, match="checkpoint"):
        train("vae", tmp_path)


def test_flattening_keeps_values_and_joins_gradients() -> None:
    """Trainable parameters keep their values, become views of one vector, and their gradients fill its gradient."""
    module = nn.Sequential(
        nn.Conv2d(2, 3, 3), nn.Flatten(), nn.Linear(3, 2), nn.Linear(2, 1).requires_grad_(requires_grad=False)
    )
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    flat = flatten(module)
    assert flat.numel() == 3 * 2 * 9 + 3 + 3 * 2 + 2
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())
    module(torch.ones(1, 2, 3, 3)).sum().backward()
    assert flat.grad is not None
    joined = sum(p.grad.sum().item() for p in module.parameters() if p.grad is not None)
    assert flat.grad.sum().item() == pytest.approx(joined, rel=1e-5)
    with torch.no_grad():
        flat.zero_()
    assert module[0].weight.abs().max().item() == 0.0


def test_the_best_epoch_is_the_first_of_equals() -> None:
    """Two epochs with the lowest value: training longer for nothing is no better; a null is never the best."""
    column: list[float | None] = [0.4, None, 0.2, 0.3, 0.2]
    training = Training({"validation_loss": column}, [], None, Chain())
    assert training.best_epoch("validation_loss") == 3
