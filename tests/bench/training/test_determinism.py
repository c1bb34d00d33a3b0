"""Random streams are named and independent, and configuring the process makes it repeatable."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
import torch

from bench.training.determinism import configure, seeded_initialisation, stream

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def restored() -> Iterator[None]:
    """Put torch's global switches back as they were."""
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(mode=deterministic)


def draw(seed: int, name: str) -> list[float]:
    """A few numbers of a stream."""
    return torch.rand(4, generator=stream(seed, name)).tolist()


def test_a_stream_depends_on_seed_and_name() -> None:
    """Equal seed and name give equal numbers; another seed or name gives others."""
    assert draw(0, "split") == draw(0, "split")
    assert len({tuple(draw(seed, name)) for seed in (0, 1, 10) for name in ("split", "noise", "0/split")}) == 9


def test_initialisation_leaves_the_default_stream_alone() -> None:
    """Building a network inside the block repeats, and does not move what others draw afterwards."""
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    with seeded_initialisation(0, "initialisation"):
        first = torch.nn.Linear(4, 4).weight
    assert torch.equal(torch.rand(3), expected)
    with seeded_initialisation(0, "initialisation"):
        assert torch.equal(torch.nn.Linear(4, 4).weight, first)
    with seeded_initialisation(1, "initialisation"):
        assert not torch.equal(torch.nn.Linear(4, 4).weight, first)


@pytest.mark.usefixtures("restored")
def test_configuring_forbids_what_would_not_repeat() -> None:
    """Deterministic algorithms are on, TF32 is off, and the thread count is the one asked for."""
    torch.backends.cuda.matmul.allow_tf32 = True
    device = configure("cpu", threads=1)
    assert device == torch.device("cpu")
    assert torch.are_deterministic_algorithms_enabled()
    assert torch.get_num_threads() == 1
    assert not torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cudnn.benchmark


@pytest.mark.usefixtures("restored")
def test_the_cublas_workspace_is_fixed_before_cuda_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a CUDA device the setting is made; where CUDA already runs without it, that is an error and not a silence."""
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
    configure("cuda", threads=1)
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    with pytest.raises(RuntimeError, match="CUBLAS_WORKSPACE_CONFIG"):
        configure("cuda", threads=1)
