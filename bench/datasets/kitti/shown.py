"""The few validation images that a record keeps, small, so that a report can draw boxes on them without the data set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from bench.datasets.pictures import read_picture
from store.formats import array_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.datasets.kitti.entries import LabelledImage

COUNT = 4
WIDTH = 640  # pixels: wide enough to read a box's label, small enough that four images take half a megabyte
CAR = 0  # the first class of both class tasks, so that both choose the same images


def shown_file(validation: Sequence[LabelledImage]) -> bytes:
    """``shown.npz`` of the first images in id order that hold a car: ids, scales and (h, w, 3) uint8 pixels."""
    chosen = [image for image in validation if any(box.class_index == CAR for box in image.boxes)]
    chosen = sorted(chosen, key=lambda image: image.entry.id)[:COUNT]
    pixels = {f"pixels_{number}": _small(image) for number, image in enumerate(chosen)}
    names = np.array([image.entry.id for image in chosen], dtype=np.str_)
    widths = np.array([array.shape[1] for array in pixels.values()], dtype=np.float64)
    scale = widths / np.array([image.entry.width for image in chosen], dtype=np.float64)
    return array_bytes({"image": names, "scale": scale, **pixels})


def _small(image: LabelledImage) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    picture = Image.fromarray(read_picture(image.entry.path).pixels)
    if picture.width > WIDTH:
        height = round(picture.height * WIDTH / picture.width)
        picture = picture.resize((WIDTH, height), Image.Resampling.LANCZOS)
    return np.asarray(picture, dtype=np.uint8)
