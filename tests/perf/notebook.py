"""The plain way that notebooks teach: the network as one layer after the other, and its epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Sequence

    Loader = torch.utils.data.DataLoader[Sequence[Tensor]]


class NotebookAutoencoder(nn.Sequential):
    """Table 1 as it is usually written down: one plain layer after the other."""

    def __init__(self) -> None:
        """Kernels as bench.models.autoencoders has them."""
        super().__init__(
            *(nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.ReLU()),
            *(nn.Conv2d(8, 8, 3, stride=1, padding=1), nn.ReLU()),
            *(nn.Conv2d(8, 16, 3, stride=3, padding=1), nn.ReLU()),
            *(nn.Conv2d(16, 32, 3, stride=1, padding=1), nn.ReLU()),
            *(nn.Conv2d(32, 128, 3, stride=2, padding=1), nn.ReLU()),
            *(nn.ConvTranspose2d(128, 32, 3, stride=2, padding=1), nn.ReLU()),
            *(nn.Conv2d(32, 16, 3, stride=1, padding=1), nn.ReLU()),
            *(nn.ConvTranspose2d(16, 8, 3, stride=3, padding=1, output_padding=1), nn.ReLU()),
            *(nn.Conv2d(8, 8, 3, stride=1, padding=1), nn.ReLU()),
            *(nn.Upsample(size=(28, 28)), nn.Conv2d(8, 1, 3, padding=1), nn.Sigmoid()),
        )


def notebook_epoch(
    network: nn.Module, optimizer: torch.optim.Optimizer, loaders: tuple[Loader, Loader], device: str = "cpu"
) -> dict[str, list[float]]:
    """One epoch of the loop that notebooks teach, with its validation pass; the losses of all batches."""
    network.train()
    losses: dict[str, list[float]] = {"train": [], "validation": []}
    for batch in loaders[0]:
        images = batch[0].to(device)
        loss = F.mse_loss(network(images), images)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses["train"].append(loss.item())
    network.eval()
    with torch.no_grad():
        for batch in loaders[1]:
            images = batch[0].to(device)
            losses["validation"].append(F.mse_loss(network(images), images).item())
    return losses
