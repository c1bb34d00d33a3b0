"""Image quality agrees with scikit-image, and sharpness falls with blur."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from bench.models.autoencoders.images import noisy
from bench.models.autoencoders.quality import laplacian_variance, mse_per_image, psnr_db, ssim_per_image
from bench.training.determinism import stream


def shapes_with_noise(noise_factor: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Images with flat and structured regions, and their noisy copies."""
    clean = torch.zeros(260, 1, 28, 28)
    clean[:, :, 4:20, 6:22] = torch.linspace(0.2, 1.0, 260).view(-1, 1, 1, 1)
    clean[:, :, 8:12] *= torch.rand(260, 1, 4, 28, generator=stream(0, "texture"))
    return clean, noisy(clean, noise_factor, stream(0, "noise"))


@pytest.mark.parametrize("noise_factor", [0.01, 0.3, 0.8])
def test_quality_is_scikit_images(noise_factor: float) -> None:
    """SSIM and PSNR of single images are those of scikit-image at its defaults."""
    clean, damaged = shapes_with_noise(noise_factor)
    ssim, psnr = ssim_per_image(damaged, clean), psnr_db(mse_per_image(damaged, clean))
    for i in (0, 100, 259):
        one, reference = damaged[i, 0].double().numpy(), clean[i, 0].double().numpy()
        assert ssim[i].item() == pytest.approx(structural_similarity(one, reference, data_range=1.0), abs=1e-9)
        assert psnr[i].item() == pytest.approx(peak_signal_noise_ratio(reference, one, data_range=1.0), abs=1e-5)


def test_an_image_equals_itself() -> None:
    """No error, similarity one, and a ratio without bound."""
    clean, _ = shapes_with_noise(0.1)
    assert mse_per_image(clean, clean).max().item() == 0.0
    assert torch.allclose(ssim_per_image(clean, clean), torch.ones(260, dtype=torch.float64))
    assert psnr_db(torch.zeros(1)).item() == math.inf


def test_blur_lowers_sharpness() -> None:
    """A flat image has none; a blurred one has less than its original."""
    clean, _ = shapes_with_noise(0.1)
    blurred = F.avg_pool2d(clean, 3, stride=1, padding=1)
    assert laplacian_variance(torch.full((1, 1, 28, 28), 0.7)).item() < 1e-12
    assert (laplacian_variance(blurred) < laplacian_variance(clean)).all()
