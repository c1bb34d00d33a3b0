"""Images become tensors in [0, 1], the cut is seeded and complete, noise is clamped."""

from __future__ import annotations

import numpy as np
import torch

from bench.models.autoencoders.images import image_tensor, noisy, split
from bench.training.determinism import stream


def test_pixels_are_divided_by_255() -> None:
    """Every uint8 value maps to itself over 255, as ToTensor does."""
    images = np.arange(2 * 28 * 28, dtype=np.int64).reshape(2, 28, 28).astype(np.uint8)
    tensor = image_tensor(images)
    assert tensor.shape == (2, 1, 28, 28)
    assert torch.equal(tensor[:, 0], torch.from_numpy(images) / 255)


def test_the_cut_is_complete_and_seeded() -> None:
    """48,000 and 12,000 different images; a seed repeats its cut and its digest, another makes another."""
    cut, again, other = split(60_000, 0.2, seed=0), split(60_000, 0.2, seed=0), split(60_000, 0.2, seed=1)
    assert (len(cut.train), len(cut.validation)) == (48_000, 12_000)
    assert torch.equal(torch.cat((cut.train, cut.validation)).sort().values, torch.arange(60_000))
    assert cut.digest == again.digest
    assert cut.digest != other.digest
    assert not torch.equal(cut.validation, other.validation)


def test_noise_has_its_factor_and_stays_within_the_image_range() -> None:
    """In mid-grey, where little is clamped, the noise has the standard deviation asked for; the range is [0, 1]."""
    grey = torch.full((50, 1, 28, 28), 0.5)
    assert abs((noisy(grey, 0.1, stream(0, "noise")) - grey).std().item() - 0.1) < 0.002
    loud = noisy(grey, 5.0, stream(0, "noise"))
    assert loud.min().item() == 0.0
    assert loud.max().item() == 1.0
    assert torch.equal(grey, torch.full_like(grey, 0.5))
