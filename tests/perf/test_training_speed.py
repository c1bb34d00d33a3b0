"""Training here against the plain notebook way, both in the same run: only their ratio means anything."""

from __future__ import annotations

import gzip
import os
import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor

from bench.datasets.fashion.dataset import TRAIN_IMAGES, TRAIN_LABELS, FashionMnist, load
from bench.models.autoencoders.images import image_tensor, split
from bench.models.autoencoders.networks import encode, frozen_encoder
from bench.models.classifier.network import build_head
from bench.models.classifier.objective import classification
from bench.studies.assignment_2.autoencoders import Shape, build, objective_of
from bench.training.determinism import configure
from bench.training.loop import Examples, Objective, Schedule, Surroundings, fit
from tests.perf.notebook import NotebookAutoencoder, notebook_epoch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

    from bench.training.loop import Loss
    from bench.training.steps import Batch

SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "fashion-mnist"
BATCH_SIZE = 32
LEARNING_RATE = 1e-3
CLASSIFIER_EPOCHS = 10
HIDDEN_UNITS = (256, 128)
TURNS = 2


@pytest.fixture(scope="module")
def data() -> FashionMnist:
    """The full data where BENCH_DATA_DIR names it, else the embedded sample."""
    named = os.environ.get("BENCH_DATA_DIR")
    return load(Path(named) / "fashion-mnist" if named else SAMPLE)


Loader = torch.utils.data.DataLoader[tuple[Tensor, Tensor]]


def notebook_loaders(data: FashionMnist, folder: Path) -> tuple[Loader, Loader]:
    """Training and validation images as torchvision serves them: a PIL image and a ToTensor each, batches of 32."""
    from bench.models.vision_compat import enable

    enable()
    from torchvision.datasets import FashionMNIST
    from torchvision.transforms import ToTensor

    raw = folder / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    images, labels = data.train_images, data.train_labels
    contents = {
        TRAIN_IMAGES: struct.pack(">IIII", 0x803, *images.shape) + images.tobytes(),
        TRAIN_LABELS: struct.pack(">II", 0x801, len(labels)) + labels.tobytes(),
    }
    for name, content in contents.items():
        (raw / name).write_bytes(gzip.compress(content, 1))
        (raw / name.removesuffix(".gz")).write_bytes(content)
    for name in ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"):
        (raw / name).write_bytes(contents[TRAIN_LABELS])  # torchvision asks that they exist, and never reads them here
    dataset = FashionMNIST(str(folder), train=True, transform=ToTensor())
    cut = split(len(images), 0.2, seed=0)
    train, validation = (torch.utils.data.Subset(dataset, part.tolist()) for part in (cut.train, cut.validation))
    return (
        torch.utils.data.DataLoader(train, batch_size=BATCH_SIZE, shuffle=True),
        torch.utils.data.DataLoader(validation, batch_size=BATCH_SIZE),
    )


def schedule(epochs: int) -> Schedule:
    """The published batch size and learning rate."""
    return Schedule(epochs, BATCH_SIZE, LEARNING_RATE)


def seconds(step: Callable[[], object]) -> float:
    """Wall time of one call."""
    begin = time.perf_counter()
    step()
    return time.perf_counter() - begin


def silent(_step: int, _total: int, **_values: float) -> None:
    """Nobody watches."""


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Both sides compute with one thread, as a task of the study does beside its neighbours."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(mode=False)


def examples_of(data: FashionMnist) -> tuple[Examples, Examples]:
    """Images alone, and images with labels, cut as the study cuts them."""
    cut = split(len(data.train_images), 0.2, seed=0)
    parts = []
    for part in (cut.train.numpy(), cut.validation.numpy()):
        labels = torch.tensor(data.train_labels[part], dtype=torch.int64)
        parts.append((image_tensor(data.train_images[part]), labels))
    (train, validation) = parts
    return Examples(train[:1], validation[:1]), Examples(train, validation)


@pytest.mark.usefixtures("one_thread")
def test_an_autoencoder_epoch_beside_the_notebook_loop(benchmark: BenchmarkFixture, data: FashionMnist, tmp_path: Path) -> None:
    """The same network, images and batch size, training and validation, in turns: seconds here and times longer there."""
    torch.manual_seed(0)
    plain = NotebookAutoencoder()
    optimizer = torch.optim.Adam(plain.parameters(), lr=LEARNING_RATE)
    loaders = notebook_loaders(data, tmp_path)
    images, _ = examples_of(data)
    here: list[float] = []
    notebook: list[float] = []

    def both(turn: int) -> None:
        """Turns of one epoch each: what else the machine does then hits both alike."""
        torch.use_deterministic_algorithms(mode=False)
        notebook.append(seconds(lambda: notebook_epoch(plain, optimizer, loaders)))
        configure("cpu", threads=1)
        network = build("ae", Shape(), seed=0)
        objective = objective_of("ae", network, noise_factor=0.0, beta=0.0)
        scratch = tmp_path / f"turn-{turn}"
        scratch.mkdir()
        here.extend(fit(network, objective, images, schedule(1), Surroundings(0, scratch, silent)).epoch_seconds)

    for turn in range(TURNS):
        both(turn)
    benchmark.pedantic(both, args=(TURNS,), rounds=1)
    benchmark.extra_info |= {
        "training_images": len(images.train[0]),
        "epoch_s": min(here),
        "notebook_epoch_s": min(notebook),
        "other_over_here": min(notebook) / min(here),
    }


@pytest.mark.usefixtures("one_thread")
def test_a_classifier_on_kept_features_beside_encoding_in_every_epoch(
    benchmark: BenchmarkFixture, data: FashionMnist, tmp_path: Path
) -> None:
    """Ten epochs of the same head: features computed once, against the frozen encoder in front of every batch."""
    configure("cpu", threads=1)
    encoder = frozen_encoder(build("ae", Shape(), seed=0))
    _, labelled = examples_of(data)
    head = build_head(1152, HIDDEN_UNITS, seed=0)
    plain = classification(head)

    def encoding(batch: Batch, draw: torch.Generator) -> Loss:
        return plain.evaluate((encode(encoder, batch[0]), batch[1]), draw)

    def train(objective: Objective, examples: Examples, name: str) -> None:
        scratch = tmp_path / name
        scratch.mkdir()
        fit(head, objective, examples, schedule(CLASSIFIER_EPOCHS), Surroundings(0, scratch, silent))

    def with_kept_features() -> None:
        parts = ((encode(encoder, part[0]), part[1]) for part in (labelled.train, labelled.validation))
        train(plain, Examples(*parts), "kept")

    again_s = seconds(lambda: train(Objective(plain.terms, encoding), labelled, "again"))
    benchmark.pedantic(with_kept_features, rounds=1)
    kept_s = benchmark.stats.stats.min
    benchmark.extra_info |= {"kept_s": kept_s, "encoding_every_epoch_s": again_s, "other_over_here": again_s / kept_s}
