"""Keeps an interrupted training: tensors, random streams and history in one file that is replaced after each epoch.

The file is torch's zip format, written to the task's scratch folder only and read back as plain tensors and numbers.
"""

from __future__ import annotations

import hashlib
import os
import random
from typing import TYPE_CHECKING, TypeAlias, TypedDict

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bench.training.chain import Chain

STATE = "state.pt"
Tensors: TypeAlias = dict[str, torch.Tensor]


class Streams(TypedDict):
    """Where Python's, numpy's and torch's global generators are."""

    python: tuple[int, list[int], float | None]
    numpy: tuple[torch.Tensor, int, int, float]
    torch: torch.Tensor
    cuda: list[torch.Tensor]


class State(TypedDict):
    """All that the epochs still to come depend on, and what the epochs done have found.

    ``gradients`` are those accumulated but not yet applied, ``last_step`` the batch after which the
    optimizer last stepped (counted over all epochs), ``recent`` the images that mosaics draw from, ``chain`` the
    digests of the epochs done.
    """

    epochs_done: int
    best_epoch: int
    best_fitness: float
    history: dict[str, list[float]]
    seconds: list[float]
    resumed_from: list[int]
    model: Tensors
    ema: Tensors
    ema_updates: int
    optimizer: dict[str, object]
    gradients: Tensors
    last_step: int
    streams: Streams
    recent: list[int]
    chain: str


def best_path(folder: Path, epoch: int) -> Path:
    """Where the averaged weights of the best epoch so far lie."""
    return folder / f"best-{epoch}.pt"


def forget_others(best: Path) -> None:
    """Delete what was the best before."""
    for path in best.parent.glob("best-*.pt"):
        if path != best:
            path.unlink()


def write_state(path: Path, state: State | Tensors) -> None:
    """Replace the file at ``path`` in one step, after its bytes have reached the disk; raises OSError."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as stream:
        torch.save(state, stream)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)


def read_state(path: Path) -> State:
    """The state at ``path`` with its tensors on the CPU; torch refuses whatever is no plain data."""
    state: State = torch.load(path, map_location="cpu", weights_only=True)
    return state


def read_tensors(path: Path) -> Tensors:
    """Tensors by name, as ``write_state`` wrote them."""
    tensors: Tensors = torch.load(path, map_location="cpu", weights_only=True)
    return tensors


def random_streams() -> Streams:
    """Read the global generators; the trainer draws from all of them."""
    version, numbers, spare = random.getstate()
    _, keys, position, has_spare, gaussian = np.random.get_state(legacy=True)  # noqa: NPY002 - the trainer uses it
    return {
        "python": (version, list(numbers), spare),
        "numpy": (torch.from_numpy(np.asarray(keys, np.int64)), int(position), int(has_spare), float(gaussian)),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def set_random_streams(streams: Streams) -> None:
    """Put the global generators back where ``random_streams`` found them."""
    version, numbers, spare = streams["python"]
    random.setstate((version, tuple(numbers), spare))
    keys, position, has_spare, gaussian = streams["numpy"]
    legacy = ("MT19937", keys.numpy().astype(np.uint32), position, has_spare, gaussian)
    np.random.set_state(legacy)  # noqa: NPY002 - the trainer uses it
    torch.set_rng_state(streams["torch"])
    if streams["cuda"]:
        torch.cuda.set_rng_state_all(streams["cuda"])


def add_link(chain: Chain, state: State, order: Sequence[str]) -> None:
    """Add the epoch that led to ``state`` to its chain; ``order`` names the epoch's images as they were drawn.

    What was accumulated and not yet applied, and how far the average and the steps are, belong to the optimizer.
    """
    named = {f"{kind}.{name}": tensor for kind in ("model", "ema") for name, tensor in state[kind].items()}
    stepping = [state["optimizer"], state["gradients"], state["last_step"], state["ema_updates"]]
    chain.add(named, optimizer=stepping, rng=state["streams"], order=order)
    state["chain"] = chain.packed()


def digest_of_tensors(tensors: Mapping[str, torch.Tensor]) -> str:
    """SHA-256 over name, type, shape and bytes of every tensor, in the order of their names."""
    hasher = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        hasher.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        hasher.update(tensor.numpy().tobytes())
    return hasher.hexdigest()
