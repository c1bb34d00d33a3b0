"""FashionMNIST as tensors on the device, and the seeded cut into training and validation images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from bench.training.determinism import stream
from store.canonical import digest_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Indices into the training images, int64, ascending; ``digest`` is SHA-256 over both."""

    train: Tensor
    validation: Tensor
    digest: str


def image_tensor(images: NDArray[np.uint8], device: torch.device | str = "cpu") -> Tensor:
    """(N, 28, 28) uint8 to (N, 1, 28, 28) float32 in [0, 1] on ``device``."""
    return torch.tensor(images, device=device).unsqueeze(1).to(torch.float32).div_(255.0)


def split(count: int, validation_fraction: float, seed: int) -> Split:
    """Cut ``count`` images; a seed gives every variant the same cut."""
    order = torch.randperm(count, generator=stream(seed, "split"))
    held_out = round(count * validation_fraction)
    validation, train = order[:held_out].sort().values, order[held_out:].sort().values
    content = b"".join(part.numpy().astype("<i8").tobytes() for part in (train, validation))
    return Split(train, validation, digest_bytes(content))


def noisy(clean: Tensor, noise_factor: float, draw: torch.Generator) -> Tensor:
    """Add Gaussian noise of standard deviation ``noise_factor`` from ``draw``, then clamp to [0, 1]."""
    noise = torch.randn(clean.shape, generator=draw, device=clean.device)
    return noise.mul_(noise_factor).add_(clean).clamp_(0.0, 1.0)
