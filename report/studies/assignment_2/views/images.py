"""The sheet of test images that the views show: a subset that the seed 0 draws, lossless, within the page's budget."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from report.evidence.records import arrays

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pydantic import JsonValue

    from report.evidence.subject import Subject
    from store.records import Stored

FILE = "test_images.npz"
SIDE = 28
_COLUMNS = 40


def sheet(subject: Subject) -> JsonValue:
    """Every stored test image once, dark on light, row by row; None where no record keeps any."""
    stored = _record(subject)
    if stored is None:
        return None
    found = arrays(stored, FILE)
    pixels = 255 - found["pixels"].astype(np.uint8)  # dark garments on white, as the figures have them
    return {"png": png(_laid_out(pixels)), "columns": _COLUMNS, "index": found["index"].astype(int).tolist()}


def pictured(subject: Subject) -> frozenset[int]:
    """Numbers of the test images that the sheet has."""
    stored = _record(subject)
    return frozenset() if stored is None else frozenset(arrays(stored, FILE)["index"].astype(int).tolist())


def png(pixels: NDArray[np.uint8]) -> str:
    """Grey (H, W) or colour (H, W, 3) pixels as a data address."""
    sink = io.BytesIO()
    Image.fromarray(pixels).save(sink, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(sink.getvalue()).decode()}"


def jpeg(pixels: NDArray[np.uint8], quality: int) -> str:
    """A photograph (H, W, 3) as a data address."""
    sink = io.BytesIO()
    Image.fromarray(pixels).save(sink, "JPEG", quality=quality)
    return f"data:image/jpeg;base64,{base64.b64encode(sink.getvalue()).decode()}"


def _record(subject: Subject) -> Stored | None:
    found = subject.evidence.complete("fashion_data", "parts")
    return next((stored for stored in found if FILE in {entry.name for entry in stored.record.files}), None)


def _laid_out(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(N, 28, 28) side by side in rows of ``_COLUMNS``, the last one filled up with white."""
    rows = -(-len(pixels) // _COLUMNS)
    filled = np.full((rows * _COLUMNS, SIDE, SIDE), 255, np.uint8)
    filled[: len(pixels)] = pixels
    return filled.reshape(rows, _COLUMNS, SIDE, SIDE).swapaxes(1, 2).reshape(rows * SIDE, _COLUMNS * SIDE)
