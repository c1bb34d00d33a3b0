"""One file that holds all that training needs to go on bit for bit after an interruption.

Random streams are not in it: each epoch derives its own from the seed and its number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors import SafetensorError

from bench.training.chain import Chain, unpacked
from store.doors import reason_of
from store.errors import IntegrityError
from store.formats import read_weights, weight_bytes
from store.records import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

NAME = "checkpoint.safetensors"


@dataclass(slots=True)
class Progressed:
    """What finished epochs left: a row of loss terms (train, then validation) and the seconds of each, and the chain."""

    rows: list[list[float]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    chain: Chain = field(default_factory=Chain)


def save(folder: Path, flat: nn.Parameter, optimizer: torch.optim.Adam, progressed: Progressed) -> None:
    """Replace the checkpoint in ``folder`` in one step; raises StoreError where it cannot be written."""
    moments = optimizer.state[flat]
    content = weight_bytes(
        {
            "parameters": flat.detach().cpu().numpy(),
            "exp_avg": moments["exp_avg"].cpu().numpy(),
            "exp_avg_sq": moments["exp_avg_sq"].cpu().numpy(),
            "step": moments["step"].cpu().numpy().reshape(1),
            "rows": np.array(progressed.rows, dtype=np.float64),
            "seconds": np.array(progressed.seconds, dtype=np.float64),
            "chain": np.frombuffer(progressed.chain.packed().encode(), dtype=np.uint8),
        }
    )
    write_atomic(folder / NAME, content)


def restore(folder: Path, flat: nn.Parameter, optimizer: torch.optim.Adam) -> Progressed:
    """Load the checkpoint of ``folder`` into ``flat`` and ``optimizer``; nothing finished where there is none.

    Raises IntegrityError where the file is damaged or belongs to another network.
    """
    path = folder / NAME
    if not path.is_file():
        return Progressed()
    try:
        saved = read_weights(path)
        chain = unpacked(saved["chain"].tobytes().decode())
        tensors = {name: torch.from_numpy(np.array(saved[name])).to(flat.device) for name in saved}
        with torch.no_grad():
            flat.copy_(tensors["parameters"])
        for moment in ("exp_avg", "exp_avg_sq"):
            optimizer.state[flat][moment] = tensors[moment].view_as(flat)
        optimizer.state[flat]["step"] = tensors["step"].reshape(())
    except (IntegrityError, SafetensorError, KeyError, RuntimeError, TypeError, ValueError) as error:
        message = f"checkpoint cannot be used: {reason_of(error)}"
        raise IntegrityError(message, where=str(path), cure=f"delete {path} and run again: nox -s bench") from error
    return Progressed(saved["rows"].tolist(), saved["seconds"].tolist(), chain)
