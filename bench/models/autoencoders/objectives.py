"""What autoencoders minimise: plain functions from a batch to the loss and its reported terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it

from bench.models.autoencoders.images import noisy

if TYPE_CHECKING:
    from torch import Tensor

    from bench.models.autoencoders.networks import Autoencoder, VariationalAutoencoder
    from bench.training.loop import Loss
    from bench.training.steps import Batch


def reconstruction_mse(network: Autoencoder, batch: Batch, _draw: torch.Generator) -> Loss:
    """Squared error between image and reconstruction, mean over pixels and images."""
    (clean,) = batch
    loss = F.mse_loss(network.reconstruct(clean), clean)
    return loss, loss.detach()


def denoising_mse(network: Autoencoder, noise_factor: float, batch: Batch, draw: torch.Generator) -> Loss:
    """Squared error between the clean image and the reconstruction of its noisy copy, mean over pixels and images."""
    (clean,) = batch
    loss = F.mse_loss(network.reconstruct(noisy(clean, noise_factor, draw)), clean)
    return loss, loss.detach()


def negative_elbo(network: VariationalAutoencoder, beta: float, batch: Batch, draw: torch.Generator) -> Loss:
    """Squared error summed over pixels plus ``beta`` times the KL divergence from N(0, I), mean over images."""
    (clean,) = batch
    reconstruction, mu, logvar = network(clean, draw)
    sse = F.mse_loss(reconstruction, clean, reduction="sum") / len(clean)
    kl = -0.5 * (1.0 + logvar - mu.square() - logvar.exp()).sum() / len(clean)
    loss: Tensor = sse + beta * kl
    return loss, torch.stack((loss, sse, kl)).detach()
