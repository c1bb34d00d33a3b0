"""Networks to and from stored weights, and digests that say whether two sets of tensors are equal."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import torch
from torch import nn

from store.canonical import digest_bytes
from store.formats import read_weights, weight_bytes

if TYPE_CHECKING:
    from pathlib import Path

Built = TypeVar("Built", bound=nn.Module)
WEIGHTS = "weights.safetensors"


def with_weights(network: Built, path: Path) -> Built:
    """The network with the weights of a file, in evaluation mode and without gradients; raises IntegrityError."""
    network.load_state_dict({name: torch.tensor(array) for name, array in read_weights(path).items()})
    return network.requires_grad_(requires_grad=False).eval()


def weights_of(module: nn.Module) -> bytes:
    """The module's tensors as safetensors; equal tensors give equal bytes."""
    return weight_bytes({name: tensor.detach().cpu().numpy() for name, tensor in module.state_dict().items()})


def tensor_digest(module: nn.Module) -> str:
    """SHA-256 over names, shapes and values of the module's tensors."""
    return digest_bytes(weights_of(module))
