"""Image quality of a batch against its reference: MSE, PSNR, SSIM per image, and sharpness."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor

_WINDOW = 7
_C1 = 0.01**2  # the stabilising constants of Wang et al. (2004) for images in [0, 1]
_C2 = 0.03**2


def mse_per_image(images: Tensor, reference: Tensor) -> Tensor:
    """(N, 1, H, W) float32 twice to (N,) float64: squared error, mean over pixels."""
    return (images - reference).square_().flatten(1).mean(1, dtype=torch.float64)


def psnr_db(mse: Tensor) -> Tensor:
    """(N,) mean squared errors of images in [0, 1] to decibels; infinite where the error is 0."""
    return -10.0 * torch.log10(mse)


def ssim_per_image(images: Tensor, reference: Tensor) -> Tensor:
    """(N, 1, H, W) float32 in [0, 1] twice to (N,) float64: structural similarity, mean over pixels.

    Uniform 7 x 7 window inside the image and unbiased covariance, as scikit-image computes it by default.
    """
    starts = range(0, len(images), 250)  # ten float64 maps of 250 images still fit a core's cache
    return torch.cat([_ssim(images[start : start + 250], reference[start : start + 250]) for start in starts])


def _ssim(images: Tensor, reference: Tensor) -> Tensor:
    x, y = images.double(), reference.double()  # E[x^2] - E[x]^2 cancels: float32 would lose flat regions
    mean_x, mean_y = _box_mean(x), _box_mean(y)
    unbiased = _WINDOW**2 / (_WINDOW**2 - 1)
    variance_x = unbiased * (_box_mean(x * x) - mean_x * mean_x)
    variance_y = unbiased * (_box_mean(y * y) - mean_y * mean_y)
    covariance = unbiased * (_box_mean(x * y) - mean_x * mean_y)
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    structure = (2 * covariance + _C2) / (variance_x + variance_y + _C2)
    return (luminance * structure).flatten(1).mean(1)


def laplacian_variance(images: Tensor) -> Tensor:
    """(N, 1, H, W) float32 to (N,) float64: variance of the Laplacian inside the image; blur lowers it."""
    kernel = torch.tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]], device=images.device)
    edges = F.conv2d(images, kernel.view(1, 1, 3, 3)).flatten(1).double()
    return edges.var(1, correction=0)


def _box_mean(images: Tensor) -> Tensor:
    """Mean over each 7 x 7 window that lies inside the image, one axis after the other: 14 additions, not 49."""
    rows = F.avg_pool2d(images, (_WINDOW, 1), stride=1)
    return F.avg_pool2d(rows, (1, _WINDOW), stride=1)
