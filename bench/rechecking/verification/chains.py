"""Checks a training's chain of digests: each link follows, no epoch is missing, and it ends in the stored weights."""

from __future__ import annotations

import hashlib
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
        whole = {name: _digest(tensor) for name, tensor in weights.items()}
        found = {name: digest[: len(last.get(name, ""))] for name, digest in whole.items()}
        yield Comparison(f"tensors of the last epoch of {TENSORS}", sorted(last.items()), sorted(found.items()))
        yield Comparison(f"weights in the last row of {CHAIN}", links[-1].weights, _digest_of_names(whole))
    names = [sorted(link.tensors) for link in links]
    yield Comparison(f"tensors of each epoch of {TENSORS}", names, names[-1:] * len(links))


def _digest_of_names(digests: Mapping[str, str]) -> str:
    """As ``bench/training/chain.py`` takes the digest of a dictionary of texts."""
    hasher = hashlib.sha256(f"dict {len(digests)}\n".encode())
    for name in sorted(digests, key=repr):
        for text in (repr(name).encode(), repr(digests[name]).encode()):
            hasher.update(f"str {len(text)}\n".encode() + text)
    return hasher.hexdigest()


def _digest(tensor: NDArray[np.generic]) -> str:
    """As ``bench/training/chain.py`` takes a tensor's digest, whose type has the same name in numpy."""
    return digest_bytes(f"tensor torch.{tensor.dtype.name} {tensor.shape}\n".encode() + tensor.tobytes())
