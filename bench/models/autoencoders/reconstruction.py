"""How well a trained network reconstructs test images, clean and noisy: errors, pairs, robustness sweep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from bench.models.autoencoders.networks import in_batches
from bench.models.autoencoders.quality import laplacian_variance, mse_per_image, psnr_db, ssim_per_image
from bench.training.determinism import stream

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.models.autoencoders.networks import Network

Level = dict[str, float | None]


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What is examined: a network, the clean test images (N, 1, 28, 28) and unit Gaussian noise of the same shape."""

    network: Network
    clean: Tensor
    noise: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Reconstructed:
    """Inputs, outputs (N, 1, 28, 28) and the outputs' mean squared errors (N,) float64 against the clean images."""

    inputs: Tensor
    outputs: Tensor
    mse: Tensor


def unit_noise(clean: Tensor, seed: int) -> Tensor:
    """The seed's test noise, standard normal: equal for all variants, and scaled alike at every noise factor."""
    return torch.randn(clean.shape, generator=stream(seed, "noise/test", clean.device), device=clean.device)


def reconstruct(subject: Subject, noise_factor: float) -> Reconstructed:
    """Reconstruct every test image from its copy with noise of ``noise_factor``, clamped to [0, 1]."""
    clean = subject.clean
    inputs = clean if noise_factor == 0.0 else (clean + noise_factor * subject.noise).clamp_(0.0, 1.0)
    outputs = in_batches(subject.network.reconstruct, inputs)
    return Reconstructed(inputs, outputs, mse_per_image(outputs, clean))


def error_metrics(subject: Subject, plain: Reconstructed, noisy: Reconstructed) -> dict[str, float]:
    """Mean, median and 95th percentile of the errors on clean and noisy input, noise removed, and sharpness."""
    metrics: dict[str, float] = {}
    for name, mse in (("clean_input", plain.mse), ("noisy_input", noisy.mse)):
        metrics[f"test_mse_per_pixel_{name}"] = mse.mean().item()
        metrics[f"median_mse_per_pixel_{name}"] = mse.quantile(0.5).item()
        metrics[f"p95_mse_per_pixel_{name}"] = mse.quantile(0.95).item()
    added = mse_per_image(noisy.inputs, subject.clean).mean()
    if added > 0:
        metrics["noise_removed_fraction"] = (1.0 - noisy.mse.mean() / added).item()
    original = laplacian_variance(subject.clean).mean()
    metrics["sharpness_ratio"] = (laplacian_variance(plain.outputs).mean() / original).item()
    return metrics


def pairs(
    subject: Subject, labels: NDArray[np.uint8], index: tuple[int, ...], plain: Reconstructed, noisy: Reconstructed
) -> dict[str, NDArray[np.generic]]:
    """The test images ``index`` as (P, 28, 28) float32: original, noisy, and the reconstruction of each."""
    chosen = torch.tensor(index, dtype=torch.int64)
    shown = {
        "original": subject.clean,
        "noisy": noisy.inputs,
        "reconstruction": plain.outputs,
        "reconstruction_of_noisy": noisy.outputs,
    }
    arrays = {name: images.cpu()[chosen].squeeze(1).numpy() for name, images in shown.items()}
    return {"index": chosen.numpy(), "label": labels[chosen.numpy()].astype("int64"), **arrays}


def robustness(subject: Subject, factors: tuple[float, ...], progress: Callable[[int], None]) -> dict[str, list[float | None]]:
    """Quality of output and input against the clean image at each noise factor, means over the test images, by column."""
    columns: dict[str, list[float | None]] = {}
    for step, factor in enumerate(factors, start=1):
        for name, value in _level(subject, factor).items():
            columns.setdefault(name, []).append(value)
        progress(step)
    return columns


def _level(subject: Subject, factor: float) -> Level:
    found = reconstruct(subject, factor)
    level: Level = {"noise_factor": factor}
    for prefix, images in (("", found.outputs), ("input_", found.inputs)):
        mse = mse_per_image(images, subject.clean)
        psnr = psnr_db(mse)
        finite = psnr[psnr.isfinite()]
        ssim = ssim_per_image(images, subject.clean)
        level[f"{prefix}mse_per_pixel"] = mse.mean().item()
        level[f"{prefix}psnr_db"] = finite.mean().item() if len(finite) else None
        level[f"{prefix}ssim"] = ssim.mean().item()
    return level
