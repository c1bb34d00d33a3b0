"""Latents of test images, their t-SNE plane, and numbers that say how separated the classes are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from sklearn.manifold import TSNE, trustworthiness
from sklearn.metrics import silhouette_score
from sklearn.neighbors import NearestNeighbors

from bench.training.determinism import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CLASSES = 10


@dataclass(frozen=True, slots=True)
class Settings:
    """The names of the configuration's ``latent`` section."""

    random_state: int
    perplexity: float
    neighbours: int
    metric_images: int


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """t-SNE coordinates (N, 2) float32 and the Kullback-Leibler divergence that it ended at."""

    coordinates: NDArray[np.float32]
    kl_divergence: float


def embed(latents: NDArray[np.float32], settings: Settings) -> Plane:
    """t-SNE of (N, L) to the plane as published: two components and a fixed random state."""
    perplexity = min(settings.perplexity, (len(latents) - 1) / 3)  # more neighbours than images cannot be found
    tsne = TSNE(n_components=2, random_state=settings.random_state, perplexity=perplexity)
    coordinates = tsne.fit_transform(latents)
    return Plane(np.ascontiguousarray(coordinates, dtype=np.float32), float(tsne.kl_divergence_))


def separation(
    latents: NDArray[np.float32], plane: Plane, labels: NDArray[np.uint8], settings: Settings
) -> dict[str, float | int]:
    """Score kNN on all images; silhouette and trustworthiness on a seeded ``metric_images`` of them.

    The last two compare all pairs: the full set would cost four times as much for the third digit.
    """
    order = torch.randperm(len(labels), generator=stream(settings.random_state, "latent/metric-images"))
    some = order[: settings.metric_images].numpy()
    neighbours = min(settings.neighbours, (len(some) - 1) // 2)  # trustworthiness needs fewer than half of the images
    return {
        "knn_accuracy_latent": knn_accuracy(latents, labels, settings.neighbours),
        "knn_accuracy_plane": knn_accuracy(plane.coordinates, labels, settings.neighbours),
        "silhouette_latent": float(silhouette_score(latents[some], labels[some])),
        "silhouette_plane": float(silhouette_score(plane.coordinates[some], labels[some])),
        "trustworthiness": float(trustworthiness(latents[some], plane.coordinates[some], n_neighbors=neighbours)),
        "kl_divergence_tsne": plane.kl_divergence,
        "latent_values": latents.shape[1],
        "images": len(labels),
    }


def knn_accuracy(points: NDArray[np.float32], labels: NDArray[np.uint8], neighbours: int) -> float:
    """Leave-one-out: the share of points whose ``neighbours`` nearest others vote for their class.

    A tied vote goes to the lowest label.
    """
    finder = NearestNeighbors(n_neighbors=min(neighbours, len(points) - 1)).fit(points)
    nearest = finder.kneighbors(return_distance=False)  # without an argument, no point is its own neighbour
    votes = (labels[nearest][:, :, None] == np.arange(_CLASSES)).sum(axis=1)
    return float((votes.argmax(axis=1) == labels).mean())
