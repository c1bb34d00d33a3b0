"""Decodes an image as the trainer does, for a comparison with what the rest of the program sees of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def decode_as_trainer(content: bytes) -> NDArray[np.uint8] | None:
    """(H, W, 3) uint8 RGB, or None where OpenCV cannot decode the file; raises ImportError where it cannot be loaded."""
    import cv2  # noqa: PLC0415 - only where a detector is trained

    found = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    return None if found is None else np.ascontiguousarray(found[..., ::-1]).astype(np.uint8)
