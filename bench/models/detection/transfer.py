"""Takes tensors of a pretrained network over into a new one, by name and shape, and says why the others do not fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import torch

from bench.models.detection.tensors import load_tensors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from bench.models.detection.training import Columns

FROM_SCRATCH = "trained from scratch"
ONLY_PRETRAINED = "only in the pretrained network, whose head is another"
FITS = "same name and shape"
HEAD_LAYER = 24  # the last of YOLOv5 in every size: anchor-based in the pretrained network, anchor-free in YOLOv5u

Shape: TypeAlias = "tuple[int, ...]"


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One tensor of the network (or of the pretrained one only), and what became of it."""

    layer: int
    tensor: str
    transferred: bool
    reason: str


def load_into(model: torch.nn.Module, pretrained: Path | None, sha256: str | None = None) -> tuple[LayerRow, ...]:
    """Copy every tensor that fits from the weights file into ``model`` (float32), none where ``pretrained`` is None.

    Raises IntegrityError where the file has another checksum than ``sha256``, or, without one, is not a known one.
    """
    state = model.state_dict()
    if pretrained is None:
        return from_scratch(state)
    source = load_tensors(pretrained, sha256)
    rows = match(_shapes(state), _shapes(source))
    for name in (row.tensor for row in rows if row.transferred):
        state[name].copy_(torch.from_numpy(np.array(source[name])))
    return rows


def match(target: Mapping[str, Shape], pretrained: Mapping[str, Shape]) -> tuple[LayerRow, ...]:
    """A row for each tensor of ``target`` in its order, then one for each that only ``pretrained`` has."""
    rows = [_row(name, shape, pretrained) for name, shape in target.items()]
    extra = [name for name in pretrained if name not in target]
    rows += [LayerRow(layer_of(name), name, transferred=False, reason=ONLY_PRETRAINED) for name in extra]
    return tuple(rows)


def from_scratch(target: Iterable[str]) -> tuple[LayerRow, ...]:
    """The rows of an arm that takes nothing over."""
    return tuple(LayerRow(layer_of(name), name, transferred=False, reason=FROM_SCRATCH) for name in target)


def layer_of(name: str) -> int:
    """``model.24.cv2.0.0.conv.weight`` belongs to layer 24; raises ValueError for other names."""
    prefix, layer, *_ = name.split(".")
    if prefix != "model":
        raise ValueError(f"not a tensor of a numbered layer: {name}")
    return int(layer)


def columns(rows: Sequence[LayerRow]) -> Columns:
    """The rows as the columns of ``layers.parquet``."""
    return {
        "layer": [row.layer for row in rows],
        "tensor": [row.tensor for row in rows],
        "transferred": [row.transferred for row in rows],
        "reason": [row.reason for row in rows],
    }


def _shapes(tensors: Mapping[str, torch.Tensor] | Mapping[str, NDArray[np.generic]]) -> dict[str, Shape]:
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def _row(name: str, shape: Shape, pretrained: Mapping[str, Shape]) -> LayerRow:
    layer = layer_of(name)
    if name not in pretrained:
        head = "the head is anchor-free: " if layer == HEAD_LAYER else ""
        return LayerRow(layer, name, transferred=False, reason=f"{head}no tensor of this name in the pretrained network")
    if pretrained[name] != shape:
        reason = f"shape {_text(shape)} here, {_text(pretrained[name])} in the pretrained network"
        return LayerRow(layer, name, transferred=False, reason=reason)
    return LayerRow(layer, name, transferred=True, reason=FITS)


def _text(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "scalar"
