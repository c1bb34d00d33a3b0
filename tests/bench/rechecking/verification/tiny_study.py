"""A real study of seconds: every experiment on a few tiny images, run by the command line as a user runs it."""

from __future__ import annotations

import gzip
import struct
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.cli import main
from bench.datasets.catalogue import Dataset
from bench.datasets.fashion.dataset import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS
from bench.studies.assignment_2.datasets import DATASETS
from store.canonical import digest_bytes

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = (
    "autoencoder.epochs=2",
    "autoencoder.batch_size=16",
    "classifier.epochs=2",
    "classifier.hidden_units=[12, 11]",
    "latent.perplexity=5.0",
    "latent.neighbours=3",
    "latent.metric_images=50",
    "reconstruction.pairs=[0, 7]",
    "reconstruction.noise_sweep=[0.0, 0.5]",
    "detection.images=10",
    "detection.image_size=64",
    "detection.batch_size=4",
    "detection.epochs=1",
    'detection.arms=["scratch-3class", "transfer-car"]',
    "detection.pretrained=coco",  # of which there are none, so that the transfer arm is skipped
    'sensitivity.alternatives=["vae.beta=1.0", "classifier.hidden_units=[8]"]',
)


def write_images(folder: Path, train: int = 80, test: int = 50) -> None:
    """So many training and test images in FashionMNIST's files: a bright square whose place is the class."""
    for count, images_name, labels_name in ((train, TRAIN_IMAGES, TRAIN_LABELS), (test, TEST_IMAGES, TEST_LABELS)):
        labels = (np.arange(count) % 10).astype(np.uint8)
        images = np.random.default_rng(count).integers(0, 40, (count, 28, 28), dtype=np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[2 * label : 2 * label + 8, 4:20] += 180
        (folder / images_name).write_bytes(gzip.compress(struct.pack(">IIII", 0x803, count, 28, 28) + images.tobytes()))
        (folder / labels_name).write_bytes(gzip.compress(struct.pack(">II", 0x801, count) + labels.tobytes()))


def run_study(root: Path, images: Path) -> None:
    """Run the study into ``root``; the transfer arm is skipped, for there are no pretrained weights."""
    write_images(images)
    content = digest_bytes(b"".join(path.read_bytes() for path in sorted(images.iterdir())))
    tiny = Dataset("fashion-mnist", images, content, partial(str, content))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("BENCH_DATA_DIR", "BENCH_ARTIFACTS_DIR"):
            patch.delenv(name, raising=False)
        patch.setenv("BENCH_CACHE_DIR", str(root / "cache"))
        patch.setitem(DATASETS, tiny.name, lambda _config, _sources: tiny)
        options = ["--question", "main,sensitivity", *(word for setting in SETTINGS for word in ("--set", setting))]
        # one worker, as each loads torch
        command = ["run", "--offline", "--seeds", "0", "--jobs", "1", "--artifacts", str(root), *options]
        assert main(command) == 0
