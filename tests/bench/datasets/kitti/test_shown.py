"""The images that a record keeps for the figures: few, small, the same for both class tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from bench.datasets.kitti.entries import Box, ImageEntry, LabelledImage
from bench.datasets.kitti.shown import COUNT, WIDTH, shown_file
from store.formats import read_arrays

if TYPE_CHECKING:
    from pathlib import Path

CAR, PERSON = 0, 1


def labelled(folder: Path, name: str, *classes: int, width: int = 1242) -> LabelledImage:
    """An image of one grey with boxes of these classes."""
    path = folder / f"{name}.png"
    Image.new("RGB", (width, 375), (90, 90, 90)).save(path)
    entry = ImageEntry(id=name, path=path, width=width, height=375, sha256="0" * 64, drive=None, frame=None)
    return LabelledImage(entry, tuple(Box(index, 1.0, 2.0, 30.0, 40.0) for index in classes))


def shown(folder: Path, *images: LabelledImage) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
    """The arrays of the file."""
    (folder / "shown.npz").write_bytes(shown_file(images))
    return read_arrays(folder / "shown.npz")


def test_first_images_with_a_car_are_kept_small(tmp_path: Path) -> None:
    """In id order, at most four, scaled to the shown width; images without a car are passed over."""
    images = [labelled(tmp_path, f"{number:06d}", CAR if number != 1 else PERSON) for number in reversed(range(7))]
    arrays = shown(tmp_path, *images)
    assert arrays["image"].tolist() == ["000000", "000002", "000003", "000004"]
    assert len([name for name in arrays if name.startswith("pixels_")]) == COUNT
    assert arrays["pixels_0"].shape == (193, WIDTH, 3)
    assert np.allclose(arrays["scale"], WIDTH / 1242)
    assert (arrays["pixels_3"] == 90).all()


def test_small_images_keep_their_size(tmp_path: Path) -> None:
    """Nothing is blown up."""
    arrays = shown(tmp_path, labelled(tmp_path, "000000", CAR, width=416))
    assert (arrays["pixels_0"].shape, arrays["scale"].tolist()) == ((375, 416, 3), [1.0])


def test_no_image_with_a_car_gives_an_empty_file(tmp_path: Path) -> None:
    """A split without cars is no error."""
    assert shown(tmp_path, labelled(tmp_path, "000000", PERSON))["image"].tolist() == []
