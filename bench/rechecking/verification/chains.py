"""Checks a training's chain of digests: each link follows, no epoch is missing, and it ends in the stored weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.rechecking.verification.comparison import Comparison
from store.canonical import digest_bytes
from store.chain import CHAIN, TENSORS, read_chain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from store.records import Stored


def chain(stored: Stored, epochs: int, weights: Mapping[str, NDArray[np.generic]] | None = None) -> Iterator[Comparison]:
    """Nothing for a record from before there were chains. Raises IntegrityError where a link does not follow.

    ``weights`` are the tensors after the last epoch as the chain saw them; None where they are stored in another form.
    """
    links = read_chain(stored)
    if links is None:
        return
    yield Comparison(f"rows of {CHAIN}", len(links), epochs + 1)
    if weights is not None:
        last = links[-1].tensors
        found = {name: _digest(tensor)[: len(last.get(name, ""))] for name, tensor in weights.items()}
        yield Comparison(f"tensors of the last epoch of {TENSORS}", sorted(last.items()), sorted(found.items()))


def _digest(tensor: NDArray[np.generic]) -> str:
    """As ``bench/training/chain.py`` takes a tensor's digest, whose type has the same name in numpy."""
    return digest_bytes(f"tensor torch.{tensor.dtype.name} {tensor.shape}\n".encode() + tensor.tobytes())
