"""The chain of digests that a training leaves: a link an epoch, each over the one before, so that two runs can be compared.

A link says what the training was after an epoch (epoch 0: before the first) and is small: it tells where two runs part,
not what they held.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from store.canonical import digest_bytes
from store.errors import IntegrityError
from store.formats import read_table, table_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from store.records import Stored

CHAIN = "chain.parquet"
TENSORS = "chain_tensors.parquet"
PARTS = ("order", "rng", "weights", "optimizer")  # as one leads to the next: a wrong order shows in the weights too
_START = "0" * 64  # what the first link follows


@dataclass(frozen=True, slots=True)
class Link:
    """Digests (64 hex digits) of one epoch's state, and a shorter one (16) of each tensor by name."""

    order: str
    rng: str
    weights: str
    optimizer: str
    tensors: dict[str, str] = field(default_factory=dict)

    def parts(self) -> dict[str, str]:
        """The four digests by name, in the order of ``PARTS``."""
        return {"order": self.order, "rng": self.rng, "weights": self.weights, "optimizer": self.optimizer}


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first epoch in which two chains differ, the parts that do, and the tensors that do among the weights."""

    epoch: int
    parts: tuple[str, ...]
    tensors: tuple[str, ...] = ()


def chain_values(links: Iterable[Link]) -> list[str]:
    """Each link's value: SHA-256 over the value before it, the epoch and the four digests."""
    values: list[str] = []
    previous = _START
    for epoch, link in enumerate(links):
        text = " ".join([previous, str(epoch), *(f"{name}={value}" for name, value in link.parts().items())])
        previous = digest_bytes(text.encode())
        values.append(previous)
    return values


def chain_files(links: list[Link]) -> dict[str, bytes]:
    """The two files of a record: a row an epoch, and a row an epoch and tensor."""
    columns: dict[str, object] = {"epoch": list(range(len(links)))}
    for name in ("weights", "optimizer", "rng", "order"):
        columns[name] = [link.parts()[name] for link in links]
    columns["chain"] = chain_values(links)
    rows = [(epoch, name, value) for epoch, link in enumerate(links) for name, value in sorted(link.tensors.items())]
    tensors: dict[str, object] = {
        "epoch": [epoch for epoch, _, _ in rows],
        "tensor": [name for _, name, _ in rows],
        "digest": [value for _, _, value in rows],
    }
    return {CHAIN: table_bytes(columns), TENSORS: table_bytes(tensors)}


def read_chain(stored: Stored) -> list[Link] | None:
    """The record's chain, checked value by value, or None where the task trains nothing; raises IntegrityError."""
    if CHAIN not in {entry.name for entry in stored.record.files}:
        return None
    tensors: dict[int, dict[str, str]] = {}
    for row in read_table(stored.file(TENSORS)).to_pylist():
        tensors.setdefault(row["epoch"], {})[row["tensor"]] = row["digest"]
    rows = read_table(stored.file(CHAIN)).to_pylist()
    links = [Link(row["order"], row["rng"], row["weights"], row["optimizer"], tensors.get(row["epoch"], {})) for row in rows]
    for epoch, (row, value) in enumerate(zip(rows, chain_values(links), strict=True)):
        if row["epoch"] != epoch or row["chain"] != value:
            message = f"the chain of {stored.record.task.id} does not follow from its own digests at epoch {epoch}"
            raise IntegrityError(message, where=str(stored.file(CHAIN)), cure="compute the record again: nox -s bench")
    return links


def first_divergence(one: list[Link], other: list[Link]) -> Divergence | None:
    """Where two chains part, None where they are equal. One that ends early parts where it ends, in no part."""
    for epoch, (left, right) in enumerate(zip(one, other, strict=False)):
        parts = tuple(name for name in PARTS if left.parts()[name] != right.parts()[name])
        if parts:
            names = sorted(left.tensors.keys() | right.tensors.keys())
            return Divergence(epoch, parts, tuple(name for name in names if left.tensors.get(name) != right.tensors.get(name)))
    return None if len(one) == len(other) else Divergence(min(len(one), len(other)), ())
