"""Equal and nearly equal images of two parts are found, all of them and no others."""

from __future__ import annotations

import numpy as np
import pytest

from bench.datasets.fashion.copies import NEAR_RMS_GREY_LEVELS, near_copies

IMAGES = np.random.default_rng(0).integers(0, 200, (60, 28, 28), dtype=np.uint8)


def shifted(image: np.ndarray, levels: int) -> np.ndarray:
    """Every pixel brighter by so many grey levels."""
    return (image + levels).astype(np.uint8)


def test_equal_and_near_images_are_found_with_their_distance() -> None:
    """An equal image, one at the limit, one beyond it, and strangers."""
    others = np.stack([IMAGES[7], shifted(IMAGES[3], 4), shifted(IMAGES[5], 5), 255 - IMAGES[9]])
    found = near_copies(IMAGES, others)
    assert list(zip(found.original, found.copy, found.rms_grey_levels, strict=True)) == [(7, 0, 0.0), (3, 1, 4.0)]


def test_every_original_of_a_copy_is_named() -> None:
    """Two originals that are near each other are both near the copy."""
    found = near_copies(np.stack([IMAGES[0], shifted(IMAGES[0], 2)]), IMAGES[:1])
    assert found.original.tolist() == [0, 1]
    assert found.copy.tolist() == [0, 0]


def test_parts_without_copies_give_empty_columns() -> None:
    """No pair is no error."""
    found = near_copies(IMAGES[:5], IMAGES[5:9])
    assert len(found.original) == len(found.copy) == len(found.rms_grey_levels) == 0


@pytest.mark.parametrize("spread", [1, 3, 5])
def test_the_search_misses_nothing(spread: int) -> None:
    """Against every pair looked at, with noise whose distances lie around the limit."""
    random = np.random.default_rng(spread)
    others = np.clip(IMAGES.astype(int) + random.normal(0, spread, IMAGES.shape).round().astype(int), 0, 255).astype(np.uint8)
    rms = np.sqrt(((IMAGES[:, None].astype(float) - others[None].astype(float)) ** 2).mean(axis=(2, 3)))
    found = near_copies(IMAGES, others)
    assert {*zip(found.original.tolist(), found.copy.tolist(), strict=True)} == {
        (int(i), int(j)) for i, j in np.argwhere(rms <= NEAR_RMS_GREY_LEVELS)
    }
