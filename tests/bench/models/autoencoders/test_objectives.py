"""The three losses are the formulas of section 2.1, with the noise they are given."""

from __future__ import annotations

import torch
from torch.distributions import Normal, kl_divergence

from bench.models.autoencoders.images import noisy
from bench.models.autoencoders.networks import Autoencoder, VariationalAutoencoder
from bench.studies.assignment_2.autoencoders import Shape, build, objective_of
from bench.training.determinism import stream

IMAGES = torch.rand(6, 1, 28, 28, generator=torch.Generator().manual_seed(1))


def test_ae_minimises_the_error_per_pixel() -> None:
    """Loss and term are the mean squared error over pixels and images."""
    network = build("ae", Shape(), seed=0)
    objective = objective_of("ae", network, noise_factor=0.5, beta=0.5)
    loss, terms = objective.evaluate((IMAGES,), stream(0, "noise"))
    assert objective.terms == ("mse_per_pixel",)
    torch.testing.assert_close(loss, (network.reconstruct(IMAGES) - IMAGES).square().mean())
    assert terms.item() == loss.item()
    assert not terms.requires_grad


def test_dae_reconstructs_the_clean_image_from_the_noisy_one() -> None:
    """The input is noisy and clamped, the target is clean; another stream gives another loss."""
    network = build("dae", Shape(), seed=0)
    assert isinstance(network, Autoencoder)
    objective = objective_of("dae", network, noise_factor=0.5, beta=0.5)
    loss, _ = objective.evaluate((IMAGES,), stream(0, "noise"))
    expected = (network(noisy(IMAGES, 0.5, stream(0, "noise"))) - IMAGES).square().mean()
    torch.testing.assert_close(loss, expected)
    assert objective.evaluate((IMAGES,), stream(1, "noise"))[0] != loss


def test_vae_adds_beta_times_the_divergence() -> None:
    """Squared error summed over pixels plus beta times the KL divergence from the standard normal, means over images."""
    network = build("vae", Shape(), seed=0)
    assert isinstance(network, VariationalAutoencoder)
    objective = objective_of("vae", network, noise_factor=0.5, beta=0.25)
    loss, terms = objective.evaluate((IMAGES,), stream(0, "noise"))
    reconstruction, mu, logvar = network(IMAGES, stream(0, "noise"))
    sse = (reconstruction - IMAGES).square().sum() / len(IMAGES)
    kl = kl_divergence(Normal(mu, (0.5 * logvar).exp()), Normal(0.0, 1.0)).sum() / len(IMAGES)
    assert objective.terms == ("loss_per_image", "sse_per_image", "kl_nats_per_image")
    torch.testing.assert_close(terms, torch.stack((sse + 0.25 * kl, sse, kl)).detach(), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(loss.detach(), terms[0])
