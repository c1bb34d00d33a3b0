"""The networks have the shapes of the published tables, and their seed decides their weights."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from bench.models.autoencoders.describe import layer_rows, parameter_count
from bench.models.autoencoders.networks import Autoencoder, VariationalAutoencoder, encode, frozen_encoder, latent_values
from bench.models.classifier.network import Classifier, build_head
from bench.studies.assignment_2.autoencoders import Shape, build

# Table 1 and Table 2 as printed: layer, operation, stride where printed, output (channels, height, width).
TABLE_1 = [
    ("Input", "Image", None, [1, 28, 28]),
    ("Encoder 1", "Conv2d", 2, [8, 14, 14]),
    ("Encoder 2", "Conv2d", 1, [8, 14, 14]),
    ("Encoder 3", "Conv2d", 3, [16, 5, 5]),
    ("Encoder 4", "Conv2d", 1, [32, 5, 5]),
    ("Encoder 5", "Conv2d", 2, [128, 3, 3]),
    ("Decoder 1", "ConvTranspose2d", 2, [32, 5, 5]),
    ("Decoder 2", "Conv2d", 1, [16, 5, 5]),
    ("Decoder 3", "ConvTranspose2d", 3, [8, 14, 14]),
    ("Decoder 4", "Conv2d", 1, [8, 14, 14]),
    ("Decoder 5", "Upsample + Conv2d", 1, [1, 28, 28]),
    ("Output", "Sigmoid", None, [1, 28, 28]),
]
TABLE_2 = [
    ("Input", "Image", None, [1, 28, 28]),
    ("Encoder 1", "Conv2d", 2, [8, 14, 14]),
    ("Encoder 2", "Conv2d", 2, [16, 7, 7]),
    ("Encoder 3", "Conv2d", 2, [32, 4, 4]),
    ("Bottleneck", "Linear", None, [20]),
    ("Reparameterization", "Reparameterization", None, [20]),
    ("Decoder 1", "Linear", None, [32, 4, 4]),
    ("Decoder 2", "ConvTranspose2d", 2, [16, 7, 7]),
    ("Decoder 3", "ConvTranspose2d", 2, [8, 14, 14]),
    ("Decoder 4", "ConvTranspose2d", 2, [1, 28, 28]),
    ("Output", "Sigmoid", None, [1, 28, 28]),
]


@pytest.mark.parametrize(("variant", "table"), [("ae", TABLE_1), ("dae", TABLE_1), ("vae", TABLE_2)])
def test_every_layer_has_the_published_shape(variant: str, table: list[tuple[str, str, int | None, list[int]]]) -> None:
    """Labels, operations, strides and output shapes, read off the running modules, are those of the tables."""
    rows = layer_rows(build(variant, Shape(), seed=0))
    assert [(row["label"], row["operation"], row["stride"], row["output_shape"]) for row in rows] == table


def test_the_tables_small_print() -> None:
    """Table 2 prints output_padding 1 for Decoders 3 and 4; shapes leave 0 for Decoder 2. Rows join up, ReLU between layers."""
    rows = layer_rows(build("vae", Shape(), seed=0))
    assert {row["label"]: row["output_padding"] for row in rows if row["operation"] == "ConvTranspose2d"} == {
        "Decoder 2": 0,
        "Decoder 3": 1,
        "Decoder 4": 1,
    }
    assert [row["label"] for row in rows if row["activation"] == "ReLU"] == [
        *("Encoder 1", "Encoder 2", "Encoder 3"),
        *("Decoder 1", "Decoder 2", "Decoder 3"),
    ]
    assert all(before["output_shape"] == after["input_shape"] for before, after in pairwise(rows))
    assert rows[4]["detail"] == {"heads": ["mu", "logvar"]}


def test_parameters_are_counted_once() -> None:
    """The AE has the 86,801 parameters of the facts, the VAE two Linear(512, 20) heads, and the rows add up to them."""
    autoencoder, variational = build("ae", Shape(), seed=0), build("vae", Shape(), seed=0)
    assert parameter_count(autoencoder) == 86_801
    assert parameter_count(variational.bottleneck) == 2 * (512 * 20 + 20)
    for network in (autoencoder, variational):
        assert sum(int(str(row["parameters"])) for row in layer_rows(network)) == parameter_count(network)


@pytest.mark.parametrize(("variant", "latents"), [("ae", 1152), ("vae", 20), ("dae", 1152)])
def test_a_classifier_is_a_frozen_encoder_with_a_head(variant: str, latents: int) -> None:
    """Only the head is trainable, building it freezes a copy and not the network, and its rows name the stages."""
    network = build(variant, Shape(), seed=0)
    assert latent_values(network) == latents
    classifier = Classifier(frozen_encoder(network), build_head(latents, (16, 12), seed=0))
    assert parameter_count(classifier, trainable_only=True) == latents * 16 + 16 + 16 * 12 + 12 + 12 * 10 + 10
    assert parameter_count(network, trainable_only=True) == parameter_count(network)
    rows = layer_rows(classifier)
    assert [row["label"] for row in rows[-4:]] == ["Flatten", "Dense 1", "Dense 2", "Dense 3"]
    assert rows[-1]["output_shape"] == [10]
    assert [row["stage"] for row in rows[-3:]] == ["head"] * 3


def test_latents_are_the_bottleneck_and_the_vae_gives_its_mean() -> None:
    """Encoding more images than one batch gives what the modules give, without noise."""
    images = torch.rand(260, 1, 28, 28)
    autoencoder, variational = build("ae", Shape(), seed=0), build("vae", Shape(latent_dim=5), seed=0)
    assert isinstance(autoencoder, Autoencoder)
    assert isinstance(variational, VariationalAutoencoder)
    with torch.no_grad():
        torch.testing.assert_close(encode(frozen_encoder(autoencoder), images), autoencoder.encoder(images).flatten(1))
        mu = variational.bottleneck(variational.encoder(images))[0]
    torch.testing.assert_close(encode(frozen_encoder(variational), images), mu)


def test_the_seed_decides_the_weights() -> None:
    """One seed gives equal weights, AE and DAE share them, another seed gives others."""
    first = build("ae", Shape(), seed=0).state_dict()
    again = build("dae", Shape(), seed=0).state_dict()
    other = build("ae", Shape(), seed=1).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first)


def test_reparameterization_adds_scaled_noise() -> None:
    """With a vanishing variance z is mu; with unit variance its noise has unit variance."""
    network = build("vae", Shape(), seed=0)
    assert isinstance(network, VariationalAutoencoder)
    mu = torch.full((2000, 20), 3.0)
    draw = torch.Generator().manual_seed(0)
    assert torch.allclose(network.reparameterization(mu, torch.full_like(mu, -200.0), draw), mu)
    noise = network.reparameterization(mu, torch.zeros_like(mu), draw) - mu
    assert abs(noise.mean().item()) < 0.02
    assert abs(noise.std().item() - 1) < 0.02
