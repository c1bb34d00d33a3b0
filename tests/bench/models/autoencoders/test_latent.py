"""The numbers on class separation tell separated classes from mixed ones, and the plane repeats."""

from __future__ import annotations

import numpy as np
import pytest

from bench.models.autoencoders.latent import Plane, Settings, embed, knn_accuracy, separation

SETTINGS = Settings(random_state=42, perplexity=30.0, neighbours=5, metric_images=80)


def clusters(spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Ten classes of ten points around ten centres in six dimensions."""
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(10), 10).astype(np.uint8)
    centres = random.normal(size=(10, 6)) * 10
    return (centres[labels] + random.normal(size=(100, 6)) * spread).astype(np.float32), labels


def test_separated_classes_score_high_and_mixed_ones_low() -> None:
    """Tight clusters are told apart by every number; with a spread far beyond the distances none is."""
    tight, labels = clusters(0.1)
    loose, _ = clusters(1000.0)
    scores = {}
    for name, points in (("tight", tight), ("loose", loose)):
        scores[name] = separation(points, Plane(points[:, :2].copy(), 0.5), labels, SETTINGS)
    assert scores["tight"]["knn_accuracy_latent"] == 1.0
    assert scores["loose"]["knn_accuracy_latent"] < 0.3
    assert scores["tight"]["silhouette_latent"] > 0.9
    assert scores["loose"]["silhouette_latent"] < 0.1
    assert scores["tight"]["kl_divergence_tsne"] == 0.5
    assert scores["tight"]["latent_values"] == 6
    assert scores["tight"]["images"] == 100


def test_no_point_votes_for_itself() -> None:
    """Pairs of equal points with different labels: each point's only near neighbour has the other label."""
    points = np.repeat(np.arange(10, dtype=np.float32), 2)[:, None] * 100
    labels = np.tile(np.array([0, 1], dtype=np.uint8), 10)
    assert knn_accuracy(points, labels, neighbours=1) == 0.0


@pytest.mark.filterwarnings("error")
def test_the_plane_repeats_and_takes_few_points() -> None:
    """Two embeddings are equal bit for bit; a perplexity beyond the number of points is lowered."""
    points, _ = clusters(0.1)
    first, again = embed(points, SETTINGS), embed(points, SETTINGS)
    assert first.coordinates.shape == (100, 2)
    assert first.coordinates.dtype == np.float32
    assert np.array_equal(first.coordinates, again.coordinates)
    assert np.isfinite(embed(points[:12], SETTINGS).coordinates).all()
