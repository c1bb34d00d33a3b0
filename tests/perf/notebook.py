"""The plain way that notebooks teach: networks as one layer after the other, their epochs, and Part I as one notebook does it.

``python -m tests.perf.notebook DIR SEEDS EPOCHS`` runs Part I so on all cores, with torchvision's data in DIR, and prints
seconds as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    LossOf = Callable[[nn.Module, Sequence[Tensor]], Tensor]
    Loader = torch.utils.data.DataLoader[Sequence[Tensor]]

NOISE_FACTOR = 0.5
BETA = 0.5
LATENT_DIM = 20
LEARNING_RATE = 1e-3
BATCH_SIZES = {"autoencoder": 32, "classifier": 64}


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


def ae_loss(network: nn.Module, batch: Sequence[Tensor]) -> Tensor:
    """Mean squared error a pixel."""
    return F.mse_loss(network(batch[0]), batch[0])


def notebook_epoch(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    loaders: tuple[Loader, Loader],
    device: str = "cpu",
    loss_of: LossOf = ae_loss,
) -> dict[str, list[float]]:
    """One epoch of the loop that notebooks teach, with its validation pass; the losses of all batches."""
    network.train()
    losses: dict[str, list[float]] = {"train": [], "validation": []}
    for batch in loaders[0]:
        loss = loss_of(network, [batch[0].to(device), *batch[1:]])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses["train"].append(loss.item())
    network.eval()
    with torch.no_grad():
        for batch in loaders[1]:
            losses["validation"].append(loss_of(network, [batch[0].to(device), *batch[1:]]).item())
    return losses


class NotebookVariational(nn.Module):
    """Table 2 as it is usually written down."""

    def __init__(self) -> None:
        """Kernels as bench.models.autoencoders has them."""
        super().__init__()
        self.encoder = nn.Sequential(
            *(nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.ReLU()),
            *(nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.ReLU()),
            *(nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU()),
            nn.Flatten(),
        )
        self.mu, self.logvar = nn.Linear(512, LATENT_DIM), nn.Linear(512, LATENT_DIM)
        self.decoder = nn.Sequential(
            *(nn.Linear(LATENT_DIM, 512), nn.ReLU(), nn.Unflatten(1, (32, 4, 4))),
            *(nn.ConvTranspose2d(32, 16, 3, stride=2, padding=1), nn.ReLU()),
            *(nn.ConvTranspose2d(16, 8, 3, stride=2, padding=1, output_padding=1), nn.ReLU()),
            *(nn.ConvTranspose2d(8, 1, 3, stride=2, padding=1, output_padding=1), nn.Sigmoid()),
        )

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(N, 1, 28, 28) to a sampled reconstruction, mu and logvar."""
        encoded = self.encoder(images)
        mu, logvar = self.mu(encoded), self.logvar(encoded)
        return self.decoder(mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)), mu, logvar


class NotebookClassifier(nn.Module):
    """A head on a trained encoder that stays as it is."""

    def __init__(self, trained: nn.Module) -> None:
        """The bottleneck's values of an AE, the means of a VAE."""
        super().__init__()
        if isinstance(trained, NotebookVariational):
            self.encoder = nn.Sequential(trained.encoder, trained.mu)
            values = LATENT_DIM
        else:
            assert isinstance(trained, NotebookAutoencoder)
            self.encoder = nn.Sequential(*list(trained)[:10], nn.Flatten())
            values = 1152
        self.encoder.requires_grad_(requires_grad=False)
        self.head = nn.Sequential(
            *(nn.Linear(values, 256), nn.ReLU()),
            *(nn.Linear(256, 128), nn.ReLU()),
            nn.Linear(128, 10),
        )

    def forward(self, images: Tensor) -> Tensor:
        """(N, 1, 28, 28) to the logits (N, 10)."""
        logits: Tensor = self.head(self.encoder(images))
        return logits


def dae_loss(network: nn.Module, batch: Sequence[Tensor]) -> Tensor:
    """The same, from a noisy image to the clean one."""
    noisy = (batch[0] + NOISE_FACTOR * torch.randn_like(batch[0])).clamp(0, 1)
    return F.mse_loss(network(noisy), batch[0])


def vae_loss(network: nn.Module, batch: Sequence[Tensor]) -> Tensor:
    """Squared error summed over the pixels, plus the weighted divergence; a mean over the images."""
    output, mu, logvar = network(batch[0])
    divergence = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    total: Tensor = F.mse_loss(output, batch[0], reduction="sum") + BETA * divergence
    return total / len(batch[0])


def class_loss(network: nn.Module, batch: Sequence[Tensor]) -> Tensor:
    """Cross-entropy of the logits."""
    return F.cross_entropy(network(batch[0]), batch[1])


MODELS: dict[str, tuple[Callable[[], nn.Module], LossOf]] = {
    "ae": (NotebookAutoencoder, ae_loss),
    "vae": (NotebookVariational, vae_loss),
    "dae": (NotebookAutoencoder, dae_loss),
}


def train(network: nn.Module, loss_of: LossOf, loaders: tuple[Loader, Loader], epochs: int) -> None:
    """Epochs of the usual loop, each with its validation pass."""
    optimizer = torch.optim.Adam((one for one in network.parameters() if one.requires_grad), lr=LEARNING_RATE)
    for _ in range(epochs):
        notebook_epoch(network, optimizer, loaders, loss_of=loss_of)


def part_one(folder: str, seeds: int, epochs: int) -> dict[str, float]:
    """Three models, their classifiers and t-SNE planes for so many seeds, one after the other; seconds of each kind of work."""
    from sklearn.manifold import TSNE
    from torchvision.datasets import FashionMNIST
    from torchvision.transforms import ToTensor

    spent: dict[str, float] = {}

    @contextmanager
    def timed(kind: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        spent[kind] = spent.get(kind, 0.0) + time.perf_counter() - begin

    known, unseen = (FashionMNIST(folder, train=part, transform=ToTensor()) for part in (True, False))
    tests = torch.cat([images for images, _ in torch.utils.data.DataLoader(unseen, batch_size=1000)])
    with timed("latent"):
        TSNE(n_components=2, random_state=42).fit_transform(tests.flatten(1).numpy())
    for seed in range(seeds):
        torch.manual_seed(seed)
        parts = torch.utils.data.random_split(known, [0.8, 0.2])
        loaders: dict[str, tuple[Loader, Loader]] = {
            kind: (
                torch.utils.data.DataLoader(parts[0], batch_size=size, shuffle=True),
                torch.utils.data.DataLoader(parts[1], batch_size=size),
            )
            for kind, size in BATCH_SIZES.items()
        }
        for build, loss_of in MODELS.values():
            network = build()
            with timed("autoencoder"):
                train(network, loss_of, loaders["autoencoder"], epochs)
            classifier = NotebookClassifier(network)
            with timed("classifier"):
                train(classifier, class_loss, loaders["classifier"], epochs)
            with timed("latent"), torch.no_grad():
                TSNE(n_components=2, random_state=42).fit_transform(classifier.encoder(tests).numpy())
    return spent


def main(folder: str, seeds: str, epochs: str) -> None:
    """Print what it took."""
    from bench.models.vision_compat import enable

    enable()
    begin = time.perf_counter()
    spent = part_one(folder, int(seeds), int(epochs))
    sys.stdout.write(json.dumps({**spent, "whole": time.perf_counter() - begin, "threads": torch.get_num_threads()}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
