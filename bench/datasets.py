"""Where each data set of a study lies and what its digest is; one entry here per data set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.fashion import integrity
from bench.fashion import locate as fashion

if TYPE_CHECKING:
    from pathlib import Path

    from bench.config import StudyConfig

FASHION_MNIST = "fashion-mnist"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the user allows data to come from: a folder, the cache, and the network unless ``offline``."""

    data_dir: Path | None
    cache_dir: Path
    offline: bool


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set on this disk: its name, folder, variant and content digest.

    ``absent`` says why it is not there and what cures it: tasks that need it become skipped records with that reason.
    """

    name: str
    folder: Path
    source: str
    digest: str
    absent: str = ""


def locate(name: str, config: StudyConfig, sources: Sources) -> Dataset:
    """Find the data set, downloading it where allowed; raises DataError or IntegrityError with the cure."""
    if name != FASHION_MNIST:
        raise KeyError(name)
    source = config.dataset.source
    folder = fashion.locate(source, data_dir=sources.data_dir, cache_dir=sources.cache_dir, offline=sources.offline)
    integrity.verify(folder, source)
    return Dataset(name, folder, source, integrity.digest_of(folder, source))


def digest_now(dataset: Dataset) -> str:
    """The digest of the files as they are at this moment."""
    return integrity.digest_of(dataset.folder, "sample" if dataset.source == "sample" else "full")
