"""What the name of an autoencoder stands for: its network, from the configuration of its task, and what it minimises."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from bench.models.autoencoders.layers import Mode  # noqa: TC001 - read when a Shape is validated
from bench.models.autoencoders.networks import Autoencoder, VariationalAutoencoder, seeded
from bench.models.autoencoders.objectives import denoising_mse, negative_elbo, reconstruction_mse
from bench.models.autoencoders.weights import WEIGHTS, with_weights
from bench.training.loop import Objective

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from pydantic import JsonValue

    from bench.models.autoencoders.networks import Network
    from store.records import Stored


@dataclass(frozen=True, slots=True)
class Shape:
    """What of the configuration decides the network: Table 1's upsampling mode and Table 2's latent size."""

    upsample: Mode = "nearest"
    latent_dim: int = 20


def read_shape(config: Mapping[str, JsonValue]) -> Shape:
    """Collect from a task's configuration what decides its network; sections that it does not have keep the defaults."""
    chosen: dict[str, JsonValue] = {}
    for section, name in (("autoencoder", "upsample"), ("vae", "latent_dim")):
        fields = config.get(section)
        if isinstance(fields, dict) and name in fields:
            chosen[name] = fields[name]
    return TypeAdapter(Shape).validate_python(chosen)


def build(variant: str, shape: Shape, seed: int) -> Network:
    """The network of the variant with the seed's initial weights: that of Table 2 for ``vae``, of Table 1 for all others."""
    if variant == "vae":
        return seeded(partial(VariationalAutoencoder, shape.latent_dim), seed)
    return seeded(partial(Autoencoder, shape.upsample), seed)


def stored_network(stored: Stored, device: torch.device) -> Network:
    """The trained network of an ``autoencoder`` record, on ``device``, in evaluation mode and without gradients."""
    network = build(stored.record.task.base_variant, read_shape(stored.record.ingredients.config), seed=0)
    return with_weights(network, stored.file(WEIGHTS)).to(device)


def objective_of(variant: str, network: Network, **own: float) -> Objective:
    """The loss of a variant from its own settings (``beta`` of ``vae``, ``noise_factor`` of ``dae``).

    The first term is the one that is optimised.
    """
    if isinstance(network, VariationalAutoencoder):
        terms = ("loss_per_image", "sse_per_image", "kl_nats_per_image")
        return Objective(terms, partial(negative_elbo, network, own["beta"]))
    if variant == "dae":
        return Objective(("mse_per_pixel",), partial(denoising_mse, network, own["noise_factor"]))
    return Objective(("mse_per_pixel",), partial(reconstruction_mse, network))
