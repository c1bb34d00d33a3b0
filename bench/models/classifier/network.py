"""The classifier of section 2.4: a frozen encoder, Flatten, a dense layer with ReLU, an output per class."""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

from bench.training.determinism import seeded_initialisation

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


def build_head(features: int, hidden_units: int, seed: int) -> nn.Sequential:
    """The trained part, with the seed's initial weights; other random streams stay untouched."""
    with seeded_initialisation(seed, "initialisation/classifier"):
        dense_1 = nn.Sequential(nn.Linear(features, hidden_units), nn.ReLU())
        dense_2 = nn.Linear(hidden_units, CLASSES)
    return nn.Sequential(OrderedDict(flatten=nn.Flatten(), dense_1=dense_1, dense_2=dense_2))
