"""Predicted boxes as a record's table, the weights that they come from, and the time that each stage took."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from bench.models.detection.state import Tensors
    from bench.models.detection.training import Columns

STAGES = ("preprocess", "inference", "postprocess")
_LARGEST = torch.finfo(torch.float16).max


def boxes_table(found: dict[str, torch.Tensor]) -> Columns:
    """The columns of a predictions table from image id to (N, 6) float32: x1, y1, x2, y2, score, class.

    Images come in the order of their ids, the boxes of one as they are given (by falling score).
    """
    names = sorted(found)
    rows = torch.cat([found[name] for name in names]).numpy()
    columns: Columns = {
        "image": np.repeat(np.array(names), [len(found[name]) for name in names]),
        "class_index": rows[:, 5].astype(np.int64),
    }
    return columns | {name: rows[:, index] for name, index in (("score", 4), ("x1", 0), ("y1", 1), ("x2", 2), ("y2", 3))}


def rounded(tensors: Tensors) -> Tensors:
    """What is stored of a model: float16 on the CPU, as the package's own final checkpoints; counters as they are."""
    return {name: _rounded(tensor.detach().cpu()) for name, tensor in tensors.items()}


def _rounded(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.clamp(-_LARGEST, _LARGEST).half() if tensor.is_floating_point() else tensor


class Stopwatch:
    """Adds up the seconds between its ``split`` calls, one sum a stage; waits for the device first."""

    def __init__(self, device: torch.device) -> None:
        """Start at zero."""
        self._device = device
        self._seconds = np.zeros(len(STAGES))
        self._marks: list[float] = []

    def split(self) -> None:
        """End a stage, or start the first; after the last one the next call starts anew."""
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        self._marks.append(time.perf_counter())
        if len(self._marks) > len(STAGES):
            self._seconds += np.diff(self._marks)
            self._marks.clear()

    def milliseconds(self, images: int) -> dict[str, float]:
        """``milliseconds_<stage>`` an image."""
        per_image = 1000 * self._seconds / images
        return {f"milliseconds_{stage}": float(value) for stage, value in zip(STAGES, per_image, strict=True)}
