"""Whether what comes after training - latents, reconstructions, scores - is on a device what it is on the CPU, and repeats."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import numpy as np

from bench.models.autoencoders.images import image_tensor
from bench.models.autoencoders.latent import Settings, embed, separation
from bench.models.autoencoders.networks import encode, frozen_encoder
from bench.models.autoencoders.reconstruction import Subject, error_metrics, reconstruct, robustness, unit_noise
from bench.models.classifier.network import build_head
from bench.scoring.classification import predict, table_metrics
from bench.training.determinism import configure
from tests.cuda.subjects import Scale, sample, train

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from pydantic import JsonValue

    from bench.models.autoencoders.networks import Network

METRIC_TOLERANCE = 1e-4  # relative, of each mean over the test images
LATENT_TOLERANCE = 1e-4  # of the largest latent: the last of 24 bits, over sums of up to 288 products in five layers
NOISE_SWEEP = (0.0, 0.4, 0.8)


def beside_the_cpu(device: str, scale: Scale, folder: Path) -> dict[str, JsonValue]:
    """One trained network of each kind, examined on both: latents, errors, the noise sweep, t-SNE, and class predictions."""
    found: dict[str, JsonValue] = {"metric_tolerance": METRIC_TOLERANCE, "latent_tolerance": LATENT_TOLERANCE}
    for name in ("ae", "vae"):
        cpu = configure("cpu", threads=1)
        network, _ = train(name, cpu, folder / name, scale)
        ours = _examined(network, cpu)
        chosen = configure(device, threads=1)
        theirs, again = (_examined(deepcopy(network).to(chosen), chosen) for _ in range(2))
        metrics = {key: abs(ours[0][key] - theirs[0][key]) / max(abs(ours[0][key]), 1e-12) for key in ours[0]}
        latents = float(np.abs(ours[1] - theirs[1]).max() / np.abs(ours[1]).max())
        found[name] = {
            "largest_relative_metric": max(metrics.values()),
            "of": max(metrics, key=metrics.__getitem__),
            "largest_relative_latent": latents,
            "predictions_that_differ": int((ours[2] != theirs[2]).sum()),
            "within": max(metrics.values()) <= METRIC_TOLERANCE and latents <= LATENT_TOLERANCE,
            "twice": theirs[0] == again[0] and bool((theirs[1] == again[1]).all()),
            "knn_accuracy_plane": {"cpu": _knn(ours[1]), "device": _knn(theirs[1])},
        }
    return found


def _examined(network: torch.nn.Module, device: torch.device) -> tuple[dict[str, float], np.ndarray, np.ndarray]:
    """Numbers by name, latents (N, L), and the classes that an untrained head of seed 0 predicts."""
    autoencoder: Network = network.requires_grad_(requires_grad=False).eval()  # type: ignore[assignment]
    data = sample()
    clean = image_tensor(data.test_images, device)
    # the CPU's noise: another device draws another
    subject = Subject(autoencoder, clean, unit_noise(image_tensor(data.test_images), 0).to(device))
    plain, noisy = reconstruct(subject, 0.0), reconstruct(subject, 0.5)
    metrics = error_metrics(subject, plain, noisy)
    for name, values in robustness(subject, NOISE_SWEEP, lambda _step: None).items():
        metrics |= {f"{name}_{index}": value for index, value in enumerate(values) if value is not None}
    latents = encode(frozen_encoder(autoencoder), clean)
    found = predict(build_head(latents.shape[1], (128,), seed=0).to(device), latents, data.test_labels)
    assert 0 <= table_metrics(found)["test_accuracy"] <= 1
    return metrics, latents.cpu().numpy(), found.predicted


def _knn(latents: np.ndarray) -> float:
    """Of the t-SNE plane of these latents."""
    settings = Settings(random_state=42, perplexity=30.0, neighbours=10, metric_images=200)
    return float(separation(latents, embed(latents, settings), sample().test_labels, settings)["knn_accuracy_plane"])
