"""Where each data set of a study lies and what its digest is; one function here per data set."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bench.datasets.fashion import integrity
from bench.datasets.fashion import locate as fashion
from bench.datasets.kitti import digests
from bench.datasets.kitti import locate as kitti
from bench.models.detection import weights
from store.canonical import digest_bytes
from store.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.studies.assignment_2.config import StudyConfig


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the user allows data to come from: a folder, the cache, and the network unless ``offline``.

    ``weights`` is a file of pretrained weights outside them.
    """

    data_dir: Path | None
    cache_dir: Path
    offline: bool
    weights: Path | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set on this disk: its name, folder (or file) and content digest; ``measure`` recomputes the digest.

    ``absent`` says why it is not there and what cures it: tasks that need it become skipped records with that reason.
    """

    name: str
    folder: Path
    digest: str
    measure: Callable[[], str]
    absent: str = ""


def locate(name: str, config: StudyConfig, sources: Sources) -> Dataset:
    """Find the data set, downloading FashionMNIST where allowed; raises DataError or IntegrityError with the cure.

    KITTI's images and the pretrained weights are the user's to bring: without them the data set is marked absent.
    """
    return _FINDERS[name](config, sources)


def digest_now(dataset: Dataset) -> str:
    """The digest of the files as they are at this moment."""
    return dataset.measure()


def _fashion_mnist(config: StudyConfig, sources: Sources) -> Dataset:
    source = config.dataset.source
    folder = fashion.locate(source, data_dir=sources.data_dir, cache_dir=sources.cache_dir, offline=sources.offline)
    integrity.verify(folder, source)
    return _measured("fashion-mnist", folder, partial(integrity.digest_of, folder, source))


def _kitti(config: StudyConfig, sources: Sources) -> Dataset:
    try:
        folder = kitti.locate_kitti(sources.data_dir, sources.cache_dir)
    except DataError as error:
        return _absent("kitti", sources.cache_dir, str(error))
    return _measured("kitti", folder, partial(digests.digest_of, folder, config.detection, sources.cache_dir))


def _drawn(config: StudyConfig, sources: Sources) -> Dataset:
    folder = kitti.locate_drawn(sources.cache_dir)
    return _measured("drawn", folder, partial(digests.digest_of, folder, config.detection, sources.cache_dir))


def _yolov5s_coco(_config: StudyConfig, sources: Sources) -> Dataset:
    path = sources.weights or weights.locate_weights(sources.data_dir, sources.cache_dir)
    if path is None:
        return _absent("yolov5s-coco", sources.cache_dir, f"no pretrained weights: {weights.cure()}")
    return _measured("yolov5s-coco", path, partial(weights.digest_of, path))


def _measured(name: str, folder: Path, measure: Callable[[], str]) -> Dataset:
    return Dataset(name, folder, measure(), measure)


def _absent(name: str, folder: Path, reason: str) -> Dataset:
    digest = digest_bytes(f"absent: {name}".encode())
    return Dataset(name, folder, digest, partial(str, digest), absent=reason)


_FINDERS: dict[str, Callable[[StudyConfig, Sources], Dataset]] = {
    "fashion-mnist": _fashion_mnist,
    "kitti": _kitti,
    "drawn": _drawn,
    "yolov5s-coco": _yolov5s_coco,
}
