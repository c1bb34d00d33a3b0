"""Keeps a training's chain of digests while it runs: what is hashed, and the form in which a checkpoint carries it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import torch

from store.chain import Link, chain_files

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHORT = 16  # hex digits a tensor: enough to tell two states of it apart, and half a megabyte for 50 epochs of a detector


@dataclass(slots=True)
class Chain:
    """The links so far, the first of them for the state before the first epoch."""

    links: list[Link] = field(default_factory=list)

    def add(self, weights: Mapping[str, torch.Tensor], *, optimizer: object, rng: object, order: object) -> None:
        """Add the link of the epoch that has just ended.

        Each argument is made of tensors, numbers, texts, lists and dictionaries; the tensors lie on any device.
        """
        tensors = {name: digest_of(weights[name]) for name in sorted(weights)}
        short = {name: value[:_SHORT] for name, value in tensors.items()}
        self.links.append(Link(digest_of(order), digest_of(rng), digest_of(tensors), digest_of(optimizer), short))

    def packed(self) -> str:
        """The links as text, for a checkpoint."""
        return json.dumps([asdict(link) for link in self.links])

    def files(self) -> dict[str, bytes]:
        """The files of the record."""
        return chain_files(self.links)


def unpacked(text: str) -> Chain:
    """The chain that ``packed`` wrote; raises ValueError or TypeError where the text is none."""
    return Chain([Link(**fields) for fields in json.loads(text)])


def digest_of(state: object) -> str:
    """SHA-256 over kind, type, shape and bytes of everything in ``state``; raises TypeError for an unknown kind."""
    hasher = hashlib.sha256()
    _feed(hasher, state)
    return hasher.hexdigest()


def _feed(hasher: hashlib._Hash, state: object) -> None:
    """Each value is preceded by what it is and how long, so that no two states give the same bytes."""
    if isinstance(state, torch.Tensor):
        hasher.update(f"tensor {state.dtype} {tuple(state.shape)}\n".encode())
        hasher.update(state.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    elif isinstance(state, dict):
        hasher.update(f"dict {len(state)}\n".encode())
        for name, value in sorted(state.items(), key=lambda item: repr(item[0])):
            _feed(hasher, name)
            _feed(hasher, value)
    elif isinstance(state, list | tuple):
        hasher.update(f"list {len(state)}\n".encode())
        for value in state:
            _feed(hasher, value)
    elif state is None or isinstance(state, bool | int | float | str):
        text = repr(state).encode()
        hasher.update(f"{type(state).__name__} {len(text)}\n".encode() + text)
    else:
        raise TypeError(f"no digest for a {type(state).__name__}")
