"""Reads the tensors of the pretrained weights, in whichever of the known forms the file is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.models.detection.checkpoint import read_checkpoint
from bench.models.detection.weights import identify
from store.formats import read_weights

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_COUNTER = ".num_batches_tracked"


def load_tensors(path: Path) -> dict[str, NDArray[np.generic]]:
    """Name to tensor (float16, ``model.0.conv.weight`` and so on) of a known weights file; raises IntegrityError."""
    known = identify(path)
    tensors = read_checkpoint(path) if known.format == "checkpoint" else read_weights(path)
    # Batch counters are scalars; the safetensors form stores each as an array of one.
    return {name: tensor.reshape(()) if name.endswith(_COUNTER) else tensor for name, tensor in tensors.items()}
