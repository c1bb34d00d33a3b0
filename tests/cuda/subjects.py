"""What is trained to try a device: the study's networks on the embedded sample, with whole batches and a rest in both parts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from bench.datasets.fashion.dataset import load
from bench.models.autoencoders.images import image_tensor
from bench.models.autoencoders.weights import tensor_digest
from bench.models.classifier.network import build_head
from bench.models.classifier.objective import classification
from bench.studies.assignment_2.autoencoders import Shape, build, objective_of
from bench.training.chain import digest_of
from bench.training.loop import Examples, Objective, Schedule, Surroundings, Training, fit

if TYPE_CHECKING:
    from torch import Tensor, nn

    from bench.datasets.fashion.dataset import FashionMnist
    from bench.harness.task import Progress

ROOT = Path(__file__).parents[2]
NAMES = ("ae", "vae", "dae", "head", "ae-bilinear")
BATCH_SIZE, LEARNING_RATE = 32, 1e-3


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is computed; ``copies`` is how often the sample is repeated where speed is measured."""

    epochs: int
    train: int
    validation: int
    copies: int
    turns: int


FULL = Scale(epochs=3, train=1208, validation=790, copies=24, turns=3)  # 24 copies of 2,000 images are the 48,000 of the study
TINY = Scale(epochs=2, train=168, validation=2 * 256 + 20, copies=1, turns=1)


def silent(_step: int, _total: int, **_values: float) -> None:
    """Nobody watches."""


@cache
def sample() -> FashionMnist:
    """The embedded part of FashionMNIST."""
    return load(ROOT / "data" / "sample" / "fashion-mnist")


def subject(name: str, images: Tensor, labels: Tensor) -> tuple[nn.Module, Objective, tuple[Tensor, ...]]:
    """A network on the images' device with seed 0, what it minimises, and its examples."""
    if name == "head":
        head = build_head(images[0].numel(), (128,), seed=0).to(images.device)
        return head, classification(head), (images.flatten(1), labels)
    variant, _, mode = name.partition("-")
    network = build(variant, Shape("bilinear" if mode else "nearest"), seed=0).to(images.device)
    return network, objective_of(variant, network, noise_factor=0.5, beta=0.5), (images,)


def batch_of(device: torch.device, scale: Scale) -> tuple[Tensor, Tensor]:
    """Images and labels of both parts, training first."""
    data, end = sample(), scale.train + scale.validation
    images = image_tensor(data.train_images[:end], device)
    return images, torch.tensor(data.train_labels[:end], dtype=torch.int64, device=device)


def train(
    name: str, device: torch.device, scratch: Path, scale: Scale, *, capture: bool = True, progress: Progress = silent
) -> tuple[nn.Module, Training]:
    """A short training on the sample, from the checkpoint in ``scratch`` where there is one."""
    network, objective, tensors = subject(name, *batch_of(device, scale))
    examples = Examples(tuple(t[: scale.train] for t in tensors), tuple(t[scale.train :] for t in tensors))
    scratch.mkdir(exist_ok=True)
    surroundings = Surroundings(0, scratch, progress, capture)
    return network, fit(network, objective, examples, Schedule(scale.epochs, BATCH_SIZE, LEARNING_RATE), surroundings)


def fingerprint(network: nn.Module, training: Training) -> dict[str, str]:
    """Digests of all that two equal trainings have in common."""
    return {
        "chain": digest_of(training.chain.packed()),
        "history": digest_of(training.history),
        "weights": tensor_digest(network),
    }
