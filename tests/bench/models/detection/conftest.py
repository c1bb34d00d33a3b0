"""A tiny detection data set and the training request for it."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from bench.models.detection.agreement import Expected
from bench.models.detection.training import Request

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH, HEIGHT = 124, 60


@pytest.fixture(scope="session")
def tiny_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dataset YAML of 8 training and 4 validation images with two bright boxes each."""
    folder = tmp_path_factory.mktemp("tiny")
    generator = np.random.default_rng(0)
    for part, count in (("train", 8), ("val", 4)):
        for kind in ("images", "labels"):
            (folder / kind / part).mkdir(parents=True)
        for index in range(count):
            picture, label = street(generator)
            Image.fromarray(picture).save(folder / "images" / part / f"{part}{index:03d}.png")
            (folder / "labels" / part / f"{part}{index:03d}.txt").write_text(label)
    path = folder / "data.yaml"
    path.write_text("train: images/train\nval: images/val\nnames:\n  0: car\n")
    return path


def street(generator: np.random.Generator) -> tuple[np.ndarray, str]:
    """A dark image with two bright boxes, and its YOLO label text."""
    picture = generator.integers(0, 60, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    lines = []
    for _ in range(2):
        width, height = generator.integers((20, 14), (40, 26))
        x, y = generator.integers((0, 0), (WIDTH - width, HEIGHT - height))
        picture[y : y + height, x : x + width] = generator.integers(150, 255, 3)
        centre = (x + width / 2) / WIDTH, (y + height / 2) / HEIGHT
        lines.append(f"0 {centre[0]:.6f} {centre[1]:.6f} {width / WIDTH:.6f} {height / HEIGHT:.6f}\n")
    return picture, "".join(lines)


def expected_in(folder: Path, part: str) -> tuple[Expected, ...]:
    """What stands in the folder of images and labels, as a trainer has to find it."""
    found = []
    for path in sorted((folder / "images" / part).iterdir()):
        rows = np.loadtxt(folder / "labels" / part / f"{path.stem}.txt", dtype=np.float32, ndmin=2)
        with Image.open(path) as image:
            found.append(Expected(path.stem, *image.size, tuple(map(tuple, rows.reshape(-1, 5).tolist()))))
    return tuple(found)


@pytest.fixture
def request_in(tiny_data: Path) -> Callable[..., Request]:
    """Make the request of a small training whose files go into the folder given; fields can be set by name."""
    return partial(tiny_request, tiny_data)


def tiny_request(tiny: Path, folder: Path, /, **fields: object) -> Request:
    """A small training on ``tiny`` whose files go into ``folder``; fields can be set by name."""
    values: dict[str, object] = {
        "data": tiny,
        "folder": folder,
        "pretrained": None,
        "network": "yolov5n",  # a training on twelve small images is mostly steps over its weights
        "image_size": 64,
        "batch_size": 4,
        "epochs": 2,
        "seed": 0,
        "device": "cpu",
        "threads": 1,
        "expected": {part: expected_in(tiny.parent, part) for part in ("train", "val")},
    }
    return Request(**(values | fields))  # type: ignore[arg-type]


@pytest.fixture
def real_weights() -> Path:
    """The folder of the real pretrained weights."""
    return Path(os.environ["BENCH_DATA_DIR"]) / "weights"
