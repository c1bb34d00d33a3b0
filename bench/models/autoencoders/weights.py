"""Networks to and from stored weights, and digests that say whether two sets of tensors are equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from pydantic import TypeAdapter

from bench.models.autoencoders.networks import Shape, build
from store.canonical import digest_bytes
from store.formats import read_weights, weight_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue
    from torch import nn

    from bench.models.autoencoders.networks import Network
    from store.records import Stored

WEIGHTS = "weights.safetensors"


def read_shape(config: Mapping[str, JsonValue]) -> Shape:
    """Collect from a task's configuration what decides its network; sections that it does not have keep the defaults."""
    chosen: dict[str, JsonValue] = {}
    for section, name in (("autoencoder", "upsample"), ("vae", "latent_dim")):
        fields = config.get(section)
        if isinstance(fields, dict) and name in fields:
            chosen[name] = fields[name]
    return TypeAdapter(Shape).validate_python(chosen)


def stored_network(stored: Stored, device: torch.device) -> Network:
    """The trained network of an ``autoencoder`` record, on ``device``, in evaluation mode and without gradients."""
    network = build(stored.record.task.base_variant, read_shape(stored.record.ingredients.config), seed=0)
    arrays = read_weights(stored.file(WEIGHTS))
    network.load_state_dict({name: torch.tensor(array) for name, array in arrays.items()})
    return network.to(device).requires_grad_(requires_grad=False).eval()


def weights_of(module: nn.Module) -> bytes:
    """The module's tensors as safetensors; equal tensors give equal bytes."""
    return weight_bytes({name: tensor.detach().cpu().numpy() for name, tensor in module.state_dict().items()})


def tensor_digest(module: nn.Module) -> str:
    """SHA-256 over names, shapes and values of the module's tensors."""
    return digest_bytes(weights_of(module))
