"""Finds the folder that holds the four files: given, embedded, cached, or fetched into the cache."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal, Protocol

from bench.datasets.catalogue import measured
from bench.datasets.fashion.integrity import cure_of, digest_of, verify
from bench.datasets.fashion.manifest import DATASET, SAMPLE_FOLDER, read_manifest
from store.errors import DataError
from store.surroundings import place_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bench.datasets.catalogue import Dataset, Sources
    from bench.datasets.fashion.manifest import FileFacts, Source

CACHE_VARIABLE = "BENCH_CACHE_DIR"

# Below a data folder: our own, the folder itself, and where torchvision puts its downloads.
_FOLDERS = (DATASET, ".", "FashionMNIST/raw", "FashionMNIST", "raw", "fashion_mnist")

Origin = Literal["data-dir", "cache", "embedded"]


class Progress(Protocol):
    """Told how far a download is, over all files of one call."""

    def __call__(self, done_bytes: int, total_bytes: int) -> None:
        """``done_bytes`` of ``total_bytes`` have arrived; it falls back where a mirror's bytes were wrong."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the files of a source are looked for, and which of them are not there."""

    folder: Path
    origin: Origin
    missing: tuple[FileFacts, ...]


def silent(done_bytes: int, total_bytes: int) -> None:
    """Report no progress."""


def cache_root(artifacts: Path, environment: Mapping[str, str]) -> Path:
    """The folder of downloaded data sets: BENCH_CACHE_DIR, else ``cache/datasets`` under the artifacts folder.

    Raises UsageError for a name that no folder can have.
    """
    return place_in(environment, CACHE_VARIABLE, artifacts / "cache" / "datasets")


def find(source: Source, *, data_dir: Path | None, cache_dir: Path) -> Place:
    """Look where the files are or would be, without fetching; raises DataError only where a folder cannot be looked into."""
    if source == "sample":
        return _place(source, SAMPLE_FOLDER, "embedded")
    if data_dir is None:
        return _place(source, cache_dir / DATASET, "cache")
    places = [_place(source, data_dir / name, "data-dir") for name in _FOLDERS]
    return min(places, key=lambda place: len(place.missing))  # of equal ones the first


def locate(
    source: Source,
    *,
    data_dir: Path | None,
    cache_dir: Path,
    offline: bool,
    progress: Progress = silent,
) -> Path:
    """The folder that holds the four files of ``source``; their checksums are left to ``verify``.

    ``sample`` is the embedded folder. ``full`` is ``data_dir``, or ``fashion-mnist`` or ``FashionMNIST/raw`` in it, else
    ``cache_dir/fashion-mnist``, filled by a download unless ``offline``. Raises DataError that names the missing file,
    IntegrityError where the mirrors give wrong bytes, StoreError where the cache cannot be written.
    """
    place = find(source, data_dir=data_dir, cache_dir=cache_dir)
    if not place.missing:
        return place.folder
    if place.origin != "cache" or offline:
        raise _missing(place, offline=offline)
    return fetch_into(place.folder, place.missing, progress)


def dataset_of(source: Source, sources: Sources) -> Dataset:
    """The four files, located and checked, downloaded where that is allowed; raises DataError or IntegrityError."""
    folder = locate(source, data_dir=sources.data_dir, cache_dir=sources.cache_dir, offline=sources.offline)
    verify(folder, source)
    names = tuple(facts.name for facts in read_manifest(source).files)
    found = measured(DATASET, folder, partial(digest_of, folder, source))
    return replace(found, copied=names)  # its licence, MIT, lets anybody copy it


def fetch_into(folder: Path, files: Sequence[FileFacts], progress: Progress = silent) -> Path:
    """Download ``files`` of the full data set into ``folder``; raises like ``locate``."""
    from bench.datasets.download import download_files  # noqa: PLC0415 - requests takes 0.1 s, and only a download needs it

    download_files(files, read_manifest("full").mirrors, folder, progress)
    return folder


def _place(source: Source, folder: Path, origin: Origin) -> Place:
    files = read_manifest(source).files
    try:
        return Place(folder, origin, tuple(facts for facts in files if not facts.path_in(folder).is_file()))
    except OSError as error:
        message = f"cannot look into the data folder: {error.strerror or error}"
        raise DataError(message, where=str(folder), cure="name another folder with --data DIR or BENCH_CACHE_DIR") from error


def _missing(place: Place, *, offline: bool) -> DataError:
    first = place.missing[0].name
    message = f"{first} is missing"
    if len(place.missing) > 1:
        message += f", and so are {', '.join(facts.name for facts in place.missing[1:])}"
    cure = cure_of("sample" if place.origin == "embedded" else "full")
    if place.origin == "cache" and offline:
        cure = "fetch once with a network: nox -s bench -- data fetch; or name a folder that holds the four files: --data DIR"
    return DataError(message, where=str(place.folder / first), cure=cure)
