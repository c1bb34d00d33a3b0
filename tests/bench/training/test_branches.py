"""A convolution whose gradients are computed on branches is the same function, and everything it forks is joined."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it

from bench.studies.assignment_2.autoencoders import Shape, build, objective_of
from bench.training import branches, loop, steps
from bench.training.branches import BIASES, WEIGHTS, Kind, branching, convolve
from bench.training.flat import copying, flatten
from tests.bench.training.recorded import Recorder
from tests.bench.training.test_steps import train

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch import Tensor

KINDS = [Kind((1, 1), (1, 1)), Kind((3, 3), (1, 1)), Kind((2, 2), (1, 1), (0, 0)), Kind((3, 3), (1, 1), (1, 1))]


class Forks:
    """Stands for the streams of a GPU: notes what was forked since the last join."""

    def __init__(self, _device: torch.device | None = None) -> None:
        """Nothing yet."""
        self.open: list[int] = []
        self.joined: list[int] = []

    @contextmanager
    def fork(self, branch: int, *read: Tensor) -> Iterator[None]:
        """Compute at once."""
        assert read
        self.open.append(branch)
        yield

    def join(self) -> None:
        """All forks so far."""
        self.joined += self.open
        self.open = []


@pytest.mark.parametrize("kind", KINDS)
def test_branches_give_the_gradients_of_the_plain_form(kind: Kind) -> None:
    """Output and all three gradients, strided and transposed."""
    draw = torch.Generator().manual_seed(0)
    images = torch.randn(4, 6, 9, 9, generator=draw, dtype=torch.float64, requires_grad=True)
    weight = torch.randn((5, 6, 3, 3) if kind.extra is None else (6, 5, 3, 3), generator=draw, dtype=torch.float64)
    bias = torch.randn(5, generator=draw, dtype=torch.float64)
    leaves = (images, weight.requires_grad_(), bias.requires_grad_())
    if kind.extra is None:
        expected = F.conv2d(images, weight, bias, kind.stride, kind.padding)
    else:
        expected = F.conv_transpose2d(images, weight, bias, kind.stride, kind.padding, kind.extra)
    outer = torch.randn(expected.shape, generator=draw, dtype=torch.float64)
    gradients = torch.autograd.grad(expected, leaves, outer)
    torch.testing.assert_close(convolve(*leaves, kind), expected)
    forks = Forks()
    with branching(forks):  # type: ignore[arg-type]
        found = convolve(*leaves, kind)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(torch.autograd.grad(found, leaves, outer), gradients)
    assert forks.open == [WEIGHTS, BIASES]


def test_all_forks_are_joined_before_the_optimizer_steps() -> None:
    """Copying the gradients waits for them: nine of the AE's ten convolutions, as the upsampling one is not forked."""
    network = build("ae", Shape(), seed=0)
    flatten(network)
    backward = copying(network)
    forks = Forks()
    with branching(forks):  # type: ignore[arg-type]
        loss, _ = objective_of("ae", network, noise_factor=0.0, beta=0.0).evaluate(
            (torch.rand(4, 1, 28, 28),), torch.Generator()
        )
        backward(loss)
    assert (forks.open, sorted(forks.joined)) == ([], [WEIGHTS] * 9 + [BIASES] * 9)
    assert branches._open == []


@pytest.mark.parametrize("name", ["ae", "vae", "dae", "head"])
def test_a_training_recorded_with_branches_goes_the_same_way(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each epoch's losses are those of the plain training, to rounding."""
    monkeypatch.setattr(steps, "BRANCHING", True)
    monkeypatch.setattr(steps, "Branches", Forks)
    monkeypatch.setattr(loop, "recording", Recorder().recording)
    _, plain = train(name, tmp_path / "plain", capture=False)
    _, recorded = train(name, tmp_path / "recorded", capture=True)
    for column, values in plain.history.items():
        assert recorded.history[column] == pytest.approx(values, rel=1e-5)
