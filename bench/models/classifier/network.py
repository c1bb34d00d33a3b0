"""The classifier of section 2.4: a frozen encoder, Flatten, dense layers with ReLU, an output per class."""

from __future__ import annotations

from collections import OrderedDict
from itertools import pairwise
from typing import TYPE_CHECKING

from torch import Tensor, nn

from bench.training.determinism import seeded_initialisation

if TYPE_CHECKING:
    from collections.abc import Sequence

CLASSES = 10


class Classifier(nn.Module):
    """``encoder`` gives features and is never trained; ``head`` turns them into class logits."""

    def __init__(self, encoder: nn.Module, head: nn.Module) -> None:
        """Put both together."""
        super().__init__()
        self.encoder = encoder
        self.head = head

    def forward(self, images: Tensor) -> Tensor:
        """(N, 1, 28, 28) float32 to logits (N, 10) float32."""
        logits: Tensor = self.head(self.encoder(images))
        return logits


def build_head(features: int, hidden_units: Sequence[int], seed: int) -> nn.Sequential:
    """The trained part, with the seed's initial weights; other random streams stay untouched.

    ``dense_1`` and so on have ``hidden_units`` outputs each, with ReLU; the last one has an output per class.
    """
    widths = (features, *hidden_units)
    with seeded_initialisation(seed, "initialisation/classifier"):
        dense: list[nn.Module] = [nn.Sequential(nn.Linear(*pair), nn.ReLU()) for pair in pairwise(widths)]
        dense.append(nn.Linear(widths[-1], CLASSES))
    layers = {f"dense_{number}": layer for number, layer in enumerate(dense, start=1)}
    return nn.Sequential(OrderedDict(flatten=nn.Flatten(), **layers))
