"""Finds images of one part of FashionMNIST that stand again, or nearly so, in another part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.datasets.fashion.dataset import IMAGE_SIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEAR_RMS_GREY_LEVELS = 4.0
"""Up to here two images are near-copies: a root mean square of 4 of 255 grey levels is hard to see."""

_BLOCK = 4  # pixels: 7 x 7 block sums tell images apart well enough to leave 20 candidates among 600 million pairs
_ROUNDING = 1e-2  # far above that of the tree's distances, which must not lose a pair at the limit


@dataclass(frozen=True, slots=True, eq=False)
class Copies:
    """Pairs of near-copies, ascending by ``copy``: indices (P,) int64 into both parts, and (P,) float64 RMS in grey levels."""

    original: NDArray[np.int64]
    copy: NDArray[np.int64]
    rms_grey_levels: NDArray[np.float64]


def near_copies(originals: NDArray[np.uint8], others: NDArray[np.uint8]) -> Copies:
    """Every pair of an image (N, 28, 28) of ``originals`` and one of ``others`` that differ by at most the limit.

    None is missed: block sums over the block's side never lie farther apart than the images, so a search among them finds all.
    """
    from sklearn.neighbors import KDTree  # noqa: PLC0415 - a second that only this search needs

    reach = NEAR_RMS_GREY_LEVELS * IMAGE_SIDE + _ROUNDING
    found = KDTree(_blocks(originals)).query_radius(_blocks(others), r=reach)
    copy = np.repeat(np.arange(len(others)), [len(near) for near in found])
    original = np.concatenate([np.sort(near) for near in found]).astype(np.int64) if len(copy) else copy
    rms = _rms(originals[original], others[copy])
    near = rms <= NEAR_RMS_GREY_LEVELS
    return Copies(original[near], copy[near], rms[near])


def _blocks(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Sums over blocks of 4 x 4 pixels, divided by 4: an orthonormal projection of the pixels."""
    count = IMAGE_SIDE // _BLOCK
    blocks = images.reshape(len(images), count, _BLOCK, count, _BLOCK).sum(axis=(2, 4), dtype=np.int64)
    projected: NDArray[np.float64] = blocks.reshape(len(images), count * count) / _BLOCK
    return projected


def _rms(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.float64]:
    squares = (one.astype(np.int64) - other.astype(np.int64)) ** 2
    rms: NDArray[np.float64] = np.sqrt(squares.reshape(len(one), IMAGE_SIDE * IMAGE_SIDE).mean(axis=1))
    return rms
