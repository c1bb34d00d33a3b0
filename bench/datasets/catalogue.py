"""What a data set is to the harness: a folder with a digest, or the reason why it is not there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from store.canonical import digest_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the user allows data to come from: a folder, the cache, and the network unless ``offline``.

    A folder is authoritative: what it lacks is missing, whatever the cache holds. ``weights`` is a file of pretrained weights
    outside them. ``paranoid`` makes a plan read every byte, instead of remembering digests by size, times and inode.
    """

    data_dir: Path | None
    cache_dir: Path
    offline: bool
    weights: Path | None = None
    paranoid: bool = False

    @property
    def memory(self) -> Path | None:
        """Where a plan may remember digests, None where it must not."""
        return None if self.paranoid else self.cache_dir


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set on this disk: its name, folder (or file) and content digest; ``measure`` recomputes it from every byte.

    ``absent`` says why it is not there and what cures it: tasks that need it become skipped records with that reason.
    ``copied`` are the files, below the folder, that may be copied to another machine unasked, as their licence allows it.
    """

    name: str
    folder: Path
    digest: str
    measure: Callable[[], str]
    absent: str = ""
    copied: tuple[str, ...] = ()


def digest_now(dataset: Dataset) -> str:
    """The digest of the files as they are at this moment."""
    return dataset.measure()


def measured(name: str, folder: Path, measure: Callable[[], str], remembered: Callable[[], str] | None = None) -> Dataset:
    """A data set that is there, with the digest that ``measure`` gives now, or ``remembered`` in its place for the plan."""
    return Dataset(name, folder, (remembered or measure)(), measure)


def absent(name: str, folder: Path, reason: str) -> Dataset:
    """A data set that is not there; ``reason`` says what was looked for and what cures it."""
    digest = digest_bytes(f"absent: {name}".encode())
    return Dataset(name, folder, digest, partial(str, digest), absent=reason)
