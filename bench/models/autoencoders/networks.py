"""AE and VAE exactly as the published Tables 1 and 2 lay them out; the DAE is the AE network.

Kernel sizes, paddings and activations that the tables leave out are the only 3x3 choices that give their shapes.
"""

from __future__ import annotations

from collections import OrderedDict
from copy import deepcopy
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import Tensor, nn

from bench.models.autoencoders.layers import Conv, Mode, TransposedConv, UpsampledConv
from bench.training.determinism import seeded_initialisation

if TYPE_CHECKING:
    from collections.abc import Callable

Made = TypeVar("Made", bound=nn.Module)
_ENCODED = (32, 4, 4)  # what the VAE's encoder leaves of an image: 512 values


class Autoencoder(nn.Module):
    """Table 1: 28 x 28 pixels to 128 x 3 x 3 values and back; 86,801 parameters."""

    def __init__(self, upsample: Mode) -> None:
        """Build the stages under their names in Table 1; ``upsample`` is the mode of Decoder 5."""
        super().__init__()
        self.encoder = nn.Sequential(
            OrderedDict(
                encoder_1=Conv(1, 8, stride=2),
                encoder_2=Conv(8, 8, stride=1),
                encoder_3=Conv(8, 16, stride=3),
                encoder_4=Conv(16, 32, stride=1),
                encoder_5=Conv(32, 128, stride=2),
            )
        )
        self.decoder = nn.Sequential(
            OrderedDict(
                decoder_1=TransposedConv(128, 32, stride=2),
                decoder_2=Conv(32, 16, stride=1),
                decoder_3=TransposedConv(16, 8, stride=3, extra=1),
                decoder_4=Conv(8, 8, stride=1),
                decoder_5=UpsampledConv(8, 1, upsample),
                output=nn.Sigmoid(),
            )
        )

    def forward(self, images: Tensor) -> Tensor:
        """(N, 1, 28, 28) float32 to a reconstruction of the same shape, in [0, 1]."""
        return self.reconstruct(images)

    def reconstruct(self, images: Tensor) -> Tensor:
        """(N, 1, 28, 28) float32 to a reconstruction of the same shape, in [0, 1]."""
        reconstruction: Tensor = self.decoder(self.encoder(images))
        return reconstruction


class GaussianBottleneck(nn.Module):
    """Two linear heads on the flattened encoding: the mean and the log-variance of the latent."""

    def __init__(self, values: int, latent_dim: int) -> None:
        """Both heads take ``values`` inputs and give ``latent_dim`` outputs."""
        super().__init__()
        self.mu = nn.Linear(values, latent_dim)
        self.logvar = nn.Linear(values, latent_dim)

    def forward(self, encoded: Tensor) -> tuple[Tensor, Tensor]:
        """(N, C, H, W) float32 to mu and logvar, both (N, latent_dim)."""
        flat = encoded.flatten(1)
        return self.mu(flat), self.logvar(flat)


class Reparameterization(nn.Module):
    """Section 2.1: z = mu + sigma * epsilon, epsilon standard normal."""

    def forward(self, mu: Tensor, logvar: Tensor, draw: torch.Generator) -> Tensor:
        """Sample z (N, latent_dim) with noise from ``draw``, which lives on the device of ``mu``."""
        epsilon = torch.randn(mu.shape, generator=draw, device=mu.device)
        return mu + torch.exp(0.5 * logvar) * epsilon


class VariationalAutoencoder(nn.Module):
    """Table 2: 28 x 28 pixels to a Gaussian over ``latent_dim`` values and back."""

    def __init__(self, latent_dim: int) -> None:
        """Build the stages under their names in Table 2."""
        super().__init__()
        channels, height, width = _ENCODED
        values = channels * height * width
        self.encoder = nn.Sequential(
            OrderedDict(
                encoder_1=Conv(1, 8, stride=2),
                encoder_2=Conv(8, 16, stride=2),
                encoder_3=Conv(16, 32, stride=2),
            )
        )
        self.bottleneck = GaussianBottleneck(values, latent_dim)
        self.reparameterization = Reparameterization()
        self.decoder = nn.Sequential(
            OrderedDict(
                decoder_1=nn.Sequential(nn.Linear(latent_dim, values), nn.ReLU(inplace=True), nn.Unflatten(1, _ENCODED)),
                decoder_2=TransposedConv(32, 16, stride=2),
                decoder_3=TransposedConv(16, 8, stride=2, extra=1),
                decoder_4=TransposedConv(8, 1, stride=2, extra=1, relu=False),
                output=nn.Sigmoid(),
            )
        )

    def forward(self, images: Tensor, draw: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """(N, 1, 28, 28) float32 to a sampled reconstruction in [0, 1], mu and logvar (N, latent_dim)."""
        mu, logvar = self.bottleneck(self.encoder(images))
        reconstruction: Tensor = self.decoder(self.reparameterization(mu, logvar, draw))
        return reconstruction, mu, logvar

    def reconstruct(self, images: Tensor) -> Tensor:
        """Decode the mean, without sampling: (N, 1, 28, 28) float32 in [0, 1] for each image."""
        mu, _ = self.bottleneck(self.encoder(images))
        reconstruction: Tensor = self.decoder(mu)
        return reconstruction


Network = Autoencoder | VariationalAutoencoder


def seeded(make: Callable[[], Made], seed: int) -> Made:
    """The network that ``make`` gives, with the seed's initial weights; other random streams stay untouched."""
    with seeded_initialisation(seed, "initialisation"):
        return make()


def latent_values(network: Network) -> int:
    """How many numbers the bottleneck holds for one image."""
    with torch.inference_mode():
        return int(frozen_encoder(network)(torch.zeros(1, 1, 28, 28)).numel())


def frozen_encoder(network: Network) -> nn.Sequential:
    """A copy, without gradients, of the stages that turn an image into its latent (the VAE's mean)."""
    stages = OrderedDict(network.encoder.named_children())
    if isinstance(network, VariationalAutoencoder):
        stages["bottleneck"] = nn.Sequential(OrderedDict(vector=nn.Flatten(), mu=network.bottleneck.mu))
    return deepcopy(nn.Sequential(stages)).requires_grad_(requires_grad=False).eval()


def in_batches(function: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """Apply ``function`` without gradients to 250 images at a time, so that activations stay small, and join the results."""
    with torch.no_grad():  # not inference_mode: a classifier trains on what an encoder gives here
        return torch.cat([function(images[start : start + 250]) for start in range(0, len(images), 250)])


def encode(encoder: nn.Module, images: Tensor) -> Tensor:
    """(N, 1, 28, 28) float32 to flat latents (N, L) float32."""
    return in_batches(lambda batch: encoder(batch).flatten(1), images)
