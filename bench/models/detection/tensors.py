"""Reads the tensors of the pretrained weights, in whichever of the known forms the file is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.models.detection.checkpoint import read_checkpoint
from bench.models.detection.weights import identify
from store.canonical import digest_file
from store.errors import IntegrityError
from store.formats import read_weights

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_COUNTER = ".num_batches_tracked"


def load_tensors(path: Path, sha256: str | None = None) -> dict[str, NDArray[np.generic]]:
    """Name to tensor (float16, ``model.0.conv.weight`` and so on) of a weights file.

    It is one of the known files, or safetensors that a run of this program has written with the checksum ``sha256``. Raises
    IntegrityError where it is not.
    """
    if sha256 is None:
        checkpoint = identify(path).format == "checkpoint"
    else:
        _hold_against(path, sha256)
        checkpoint = False
    tensors = read_checkpoint(path) if checkpoint else read_weights(path)
    # Batch counters are scalars; the safetensors form stores each as an array of one.
    return {name: tensor.reshape(()) if name.endswith(_COUNTER) else tensor for name, tensor in tensors.items()}


def _hold_against(path: Path, sha256: str) -> None:
    found = digest_file(path)
    if found != sha256:
        message = f"weights are not those of their record: sha256 {found}, expected {sha256}"
        raise IntegrityError(message, where=str(path), cure="check the record: nox -s bench -- verify")
