"""A picture is found again when it was saved in another size, quality or format, and no other picture is taken for it."""

from __future__ import annotations

import os
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.datasets.kitti.perceptual import NEAR_BITS, difference_hash, near_copies
from bench.datasets.pictures import read_picture


def picture(seed: int) -> Image.Image:
    """Coarse random light and shadow, as large as a KITTI image."""
    levels = np.random.default_rng(seed).integers(0, 256, (12, 40, 3), dtype=np.uint8)
    return Image.fromarray(levels).resize((1242, 375), Image.Resampling.BICUBIC)


def bits_apart(one: str | None, other: str | None) -> int:
    """How many of 256 bits differ."""
    assert one is not None
    assert other is not None
    return (int(one, 16) ^ int(other, 16)).bit_count()


def hash_of(path: Path) -> str:
    """As the reader has it, from the decoded picture."""
    return difference_hash(read_picture(path).pixels)


def test_a_picture_saved_anew_is_near(tmp_path: Path) -> None:
    """Half the size as a poor JPEG, and the same pixels as a PNG."""
    image = picture(1)
    image.save(tmp_path / "original.png")
    image.resize((621, 187)).save(tmp_path / "small.jpg", quality=60)
    image.save(tmp_path / "large.jpg", quality=95)
    original, *others = (hash_of(tmp_path / name) for name in ("original.png", "small.jpg", "large.jpg"))
    assert len(original) == 64
    assert [bits_apart(original, other) <= NEAR_BITS for other in others] == [True, True]


def test_another_picture_is_far(tmp_path: Path) -> None:
    """About half of the bits differ."""
    hashes = []
    for seed in range(6):
        picture(seed).save(tmp_path / f"{seed}.png")
        hashes.append(hash_of(tmp_path / f"{seed}.png"))
    assert min(bits_apart(*pair) for pair in combinations(hashes, 2)) > 4 * NEAR_BITS


def test_near_copies_are_counted_once_each() -> None:
    """A second part's image counts once however many originals it is near; what could not be decoded never."""
    one, near, far = "00" * 32, "ff" * 2 + "00" * 30, "ff" * 3 + "00" * 29
    assert near_copies([one, near, None], [one, near, None]) == 2
    assert near_copies([one], [near]) == 1
    assert near_copies([one], [far]) == 0
    assert near_copies([], [one]) == near_copies([one], [None]) == 0


@pytest.mark.real_data
def test_real_images_of_two_drives_are_no_copies() -> None:
    """The limit holds on KITTI: no two of the first images, each of its own drive or second, are taken for one."""
    folder = Path(os.environ["BENCH_DATA_DIR"]) / "kitti"
    paths = sorted(path for path in folder.rglob("0000[0-9][0-9].*") if path.suffix in {".png", ".jpg"})
    hashes = [hash_of(path) for path in paths]
    assert len(hashes) > 50
    assert min(bits_apart(*pair) for pair in combinations(hashes, 2)) > NEAR_BITS
