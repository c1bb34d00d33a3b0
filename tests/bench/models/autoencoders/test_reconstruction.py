"""Errors, pairs and the noise sweep say what they are called, on networks whose output is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from bench.models.autoencoders.networks import Autoencoder
from bench.models.autoencoders.reconstruction import Subject, error_metrics, pairs, reconstruct, robustness, unit_noise


class Copying(Autoencoder):
    """Reproduces its input, as the study says that the AE does with noise."""

    def __init__(self) -> None:
        """The layers are there and unused."""
        super().__init__("nearest")

    def reconstruct(self, images: torch.Tensor) -> torch.Tensor:
        """Give the images back."""
        return images


def copying_subject() -> Subject:
    """A copying network with 300 images: more than one batch."""
    clean = torch.rand(300, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    return Subject(Copying(), clean, unit_noise(clean, seed=0))


def test_copying_removes_no_noise_and_loses_no_sharpness() -> None:
    """Clean images come back without error, noisy ones with the whole of it."""
    subject = copying_subject()
    plain, noisy = reconstruct(subject, 0.0), reconstruct(subject, 0.5)
    metrics = error_metrics(subject, plain, noisy)
    assert metrics["test_mse_per_pixel_clean_input"] == 0.0
    assert metrics["noise_removed_fraction"] == pytest.approx(0.0, abs=1e-12)
    assert metrics["sharpness_ratio"] == pytest.approx(1.0)
    errors = noisy.mse.numpy()
    assert metrics["test_mse_per_pixel_noisy_input"] == pytest.approx(errors.mean())
    assert metrics["median_mse_per_pixel_noisy_input"] == pytest.approx(np.median(errors))
    assert metrics["p95_mse_per_pixel_noisy_input"] == pytest.approx(np.quantile(errors, 0.95))


def test_the_noise_is_the_seeds_and_scales() -> None:
    """Two variants of a seed see the same noise, another seed's differ; more noise, more error."""
    clean = torch.rand(3, 1, 28, 28)
    assert torch.equal(unit_noise(clean, seed=0), unit_noise(clean, seed=0))
    assert not torch.equal(unit_noise(clean, seed=0), unit_noise(clean, seed=1))
    subject = copying_subject()
    assert (reconstruct(subject, 0.2).mse < reconstruct(subject, 0.4).mse).all()


def test_the_sweep_compares_output_and_input_with_the_clean_image() -> None:
    """For a copying network both sides agree; without noise PSNR has no value and SSIM is one."""
    told: list[int] = []
    table = robustness(copying_subject(), (0.0, 0.5), told.append)
    assert told == [1, 2]
    assert table["noise_factor"] == [0.0, 0.5]
    assert table["psnr_db"][0] is None
    assert table["ssim"][0] == pytest.approx(1.0)
    for name in ("mse_per_pixel", "psnr_db", "ssim"):
        assert table[name] == table[f"input_{name}"]
    assert table["mse_per_pixel"][1] == pytest.approx(reconstruct(copying_subject(), 0.5).mse.mean().item())


def test_pairs_hold_the_chosen_images() -> None:
    """Index, label and the four images of each choice, float32 without the channel axis."""
    subject = copying_subject()
    plain, noisy = reconstruct(subject, 0.0), reconstruct(subject, 0.5)
    labels = (np.arange(300) % 10).astype(np.uint8)
    arrays = pairs(subject, labels, (7, 255), plain, noisy)
    assert arrays["index"].tolist() == [7, 255]
    assert arrays["label"].tolist() == [7, 5]
    assert arrays["original"].shape == (2, 28, 28)
    assert arrays["original"].dtype == np.float32
    assert np.array_equal(arrays["original"][1], subject.clean[255, 0].numpy())
    assert np.array_equal(arrays["noisy"], arrays["reconstruction_of_noisy"])
    assert not np.array_equal(arrays["noisy"], arrays["original"])
