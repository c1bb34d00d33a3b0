"""Makes torchvision importable beside a CPU-only torch, where its compiled operators cannot be loaded.

The registry's torchvision wheel links CUDA libraries; without them ``import torchvision`` fails, as it describes operators
that nobody has registered. Here the missing ones are registered first, non-maximum suppression with an implementation.
Where the compiled operators load, nothing is changed.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from torch import Tensor

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_kept: list[torch.library.Library] = []  # an operator disappears with the object that registered it


def enable() -> bool:
    """Import torchvision, cured where it must be; returns whether the compiled operators are at work."""
    if "torchvision" in sys.modules:
        return not _kept
    compiled = _load_compiled()
    if not compiled:
        library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call] # torch gives no types here
        for schema in _SCHEMAS:
            library.define(schema)  # type: ignore[no-untyped-call]
        library.impl("nms", suppress, "CPU")  # type: ignore[no-untyped-call]
        _kept.append(library)
    import torchvision.ops.boxes  # noqa: PLC0415 - it must come after the registration

    if not compiled:
        # It asks whether the compiled library is there, not whether its operator is.
        torchvision.ops.boxes._assert_has_ops = _nothing_missing  # noqa: SLF001 - torchvision has no other switch
    return compiled


def suppress(boxes: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    """Greedy non-maximum suppression: indices of the kept boxes by falling score, as the compiled operator gives them.

    ``boxes`` (N, 4) as x1, y1, x2, y2; ``scores`` (N,). A box goes where its IoU with a kept one exceeds the threshold;
    of equal scores the first comes first. The arithmetic is that of the boxes' own type.
    """
    order = torch.sort(scores.detach(), descending=True, stable=True).indices.cpu().numpy()
    x1, y1, x2, y2 = boxes.detach().cpu().numpy()[order].T.copy()
    areas = (x2 - x1) * (y2 - y1)
    alive = np.ones(len(order), dtype=bool)
    kept: list[int] = []
    for i in range(len(order)):
        if not alive[i]:
            continue
        kept.append(i)
        rest = slice(i + 1, None)
        width = np.maximum(np.minimum(x2[rest], x2[i]) - np.maximum(x1[rest], x1[i]), 0)
        height = np.maximum(np.minimum(y2[rest], y2[i]) - np.maximum(y1[rest], y1[i]), 0)
        overlap = width * height
        union = areas[rest] + areas[i] - overlap
        # Degenerate boxes give 0 / 0: no overlap. The compiled operator compares in double precision.
        iou = np.divide(overlap, union, out=np.zeros_like(overlap), where=union != 0)
        alive[rest] &= ~(iou.astype(np.float64) > iou_threshold)
    return torch.from_numpy(order[np.asarray(kept, np.int64)]).to(boxes.device)


def _load_compiled() -> bool:
    """Try what torchvision itself will try; a second load of the same library does nothing."""
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("torchvision is not installed", name="torchvision")
    folder = Path(spec.origin).parent
    for suffix in importlib.machinery.EXTENSION_SUFFIXES:
        path = folder / f"_C{suffix}"
        if path.is_file():
            try:
                torch.ops.load_library(str(path))  # type: ignore[no-untyped-call]
            except OSError:
                return False
            return True
    return False


def _nothing_missing() -> None:
    """Stands for torchvision's check for its compiled library."""
