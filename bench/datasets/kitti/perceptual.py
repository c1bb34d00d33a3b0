"""Perceptual hashes of street images: they find a picture again that was saved in another size, quality or format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

NEAR_BITS = 16
"""Up to so many of 256 bits two images are near-copies.

KITTI images at half size, in JPEG of quality 60, differ from their originals in at most 12 bits; images of two drives
differ in at least 24.
"""

_SIDE = 16


def difference_hash(pixels: NDArray[np.uint8]) -> str:
    """64 hexadecimal digits: whether brightness rises, from left to right, between the cells of a 16 x 17 grid.

    ``pixels`` (H, W, 3) uint8 RGB, upright.
    """
    small = Image.fromarray(pixels).convert("L").resize((_SIDE + 1, _SIDE), Image.Resampling.BOX)
    levels = np.asarray(small, dtype=np.int16)
    return np.packbits(levels[:, :-1] < levels[:, 1:]).tobytes().hex()


def near_copies(originals: Iterable[str | None], others: Iterable[str | None]) -> int:
    """How many of ``others`` lie within ``NEAR_BITS`` of one of ``originals``; an image without a hash counts for neither."""
    first, second = (np.array([_bits(one) for one in hashes if one is not None]) for hashes in (originals, others))
    if not first.size or not second.size:
        return 0
    # bits set in one of both; a comparison bit by bit would take gigabytes for all of KITTI's 7,481 images
    distances = first.sum(axis=1) + second.sum(axis=1)[:, None] - 2 * second @ first.T
    return int((distances.min(axis=1) <= NEAR_BITS).sum())


def _bits(text: str) -> NDArray[np.float32]:
    """(256,) float32, exact for the small whole numbers here."""
    return np.unpackbits(np.frombuffer(bytes.fromhex(text), dtype=np.uint8)).astype(np.float32)
