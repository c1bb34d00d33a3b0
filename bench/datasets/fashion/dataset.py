"""The four files as arrays, and the class names of their labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.datasets.fashion.idx import read_idx
from store.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

IMAGE_SIDE = 28
TRAIN_IMAGES = "train-images-idx3-ubyte.gz"
TRAIN_LABELS = "train-labels-idx1-ubyte.gz"
TEST_IMAGES = "t10k-images-idx3-ubyte.gz"
TEST_LABELS = "t10k-labels-idx1-ubyte.gz"
CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


@dataclass(frozen=True, slots=True, eq=False)
class FashionMnist:
    """Images (N, 28, 28) uint8 in [0, 255] and labels (N,) uint8 in [0, 9], in the order of the files."""

    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.uint8]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.uint8]


def load(folder: Path) -> FashionMnist:
    """Read the four files of ``folder``, as ``locate`` gives it; raises DataError that names the file at fault."""
    train_images, train_labels = _read_part(_file(folder, TRAIN_IMAGES), _file(folder, TRAIN_LABELS))
    test_images, test_labels = _read_part(_file(folder, TEST_IMAGES), _file(folder, TEST_LABELS))
    return FashionMnist(train_images, train_labels, test_images, test_labels)


def _file(folder: Path, name: str) -> Path:
    """The packed file, or the unpacked one where only that is there."""
    packed, unpacked = folder / name, folder / name.removesuffix(".gz")
    return unpacked if unpacked.is_file() and not packed.is_file() else packed


def _read_part(images_path: Path, labels_path: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    images = read_idx(images_path, dimensions=3)
    labels = read_idx(labels_path, dimensions=1)
    cure = "check the data files: nox -s bench -- data verify"
    if images.shape[1:] != (IMAGE_SIDE, IMAGE_SIDE):
        message = f"{images_path.name} holds images of {images.shape[1]} x {images.shape[2]} pixels, expected 28 x 28"
        raise DataError(message, where=str(images_path), cure=cure)
    if len(images) != len(labels):
        message = f"{labels_path.name} holds {len(labels)} labels for {len(images)} images of {images_path.name}"
        raise DataError(message, where=str(labels_path), cure=cure)
    if len(labels) == 0 or int(labels.max()) >= len(CLASS_NAMES):
        message = f"{labels_path.name} holds no labels or one beyond {len(CLASS_NAMES) - 1}"
        raise DataError(message, where=str(labels_path), cure=cure)
    return images, labels
