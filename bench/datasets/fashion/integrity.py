"""Compares the four files with their published checksums and sums them up in one digest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.datasets.fashion.idx import MOST_BYTES
from bench.datasets.fashion.manifest import read_manifest
from store.canonical import digest, digest_file, digest_within
from store.errors import DataError, IntegrityError

if TYPE_CHECKING:
    from pathlib import Path

    from bench.datasets.fashion.manifest import FileFacts, Source


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file as it lies on the disk: ``sha256`` is that of its bytes, ``published`` that of the file that they stand for.

    An unpacked file stands for the published, packed one where its bytes are what is packed in that.
    """

    name: str
    size_bytes: int
    sha256: str
    published: str


def verify(folder: Path, source: Source) -> tuple[CheckedFile, ...]:
    """Recompute the checksums of the four files in ``folder`` and compare them with the manifest.

    Raises DataError for a missing or unreadable file, IntegrityError that names file, found and expected checksum (and
    sizes where they differ).
    """
    return tuple(_check(folder, facts, source) for facts in read_manifest(source).files)


def digest_of(folder: Path, source: Source) -> str:
    """SHA-256 (64 hex digits) over the names and checksums of the four files, computed from their bytes.

    It names the input of a task: equal bytes give an equal digest, wherever they lie. Raises DataError for a missing file.
    """
    return digest({facts.name: _measure(folder, facts, source).published for facts in read_manifest(source).files})


def is_sound(folder: Path, facts: FileFacts) -> bool:
    """Whether the file is there with its published size and checksum."""
    path = folder / facts.name  # what is fetched is packed
    return path.is_file() and path.stat().st_size == facts.size_bytes and digest_file(path) == facts.sha256


def cure_of(source: Source) -> str:
    """What to do about a file that is missing or damaged."""
    if source == "sample":
        return "restore the embedded sample: git checkout -- data/sample"
    return (
        "put the official file in its place, or leave out --data and BENCH_DATA_DIR and fetch it into the cache: "
        "nox -s bench -- data fetch"
    )


def _measure(folder: Path, facts: FileFacts, source: Source) -> CheckedFile:
    path = facts.path_in(folder)
    try:
        size, found = _size_and_digest(path)
        return CheckedFile(path.name, size, found, facts.sha256 if found == facts.unpacked_sha256 else found)
    except FileNotFoundError as error:
        raise DataError(f"{facts.name} is missing", where=str(path), cure=cure_of(source)) from error
    except OSError as error:
        message = f"{facts.name} cannot be read: {error.strerror or error}"
        raise DataError(message, where=str(path), cure=cure_of(source)) from error


def _check(folder: Path, facts: FileFacts, source: Source) -> CheckedFile:
    found = _measure(folder, facts, source)
    if found.published == facts.sha256:
        return found
    packed = found.name == facts.name
    size, sha256 = (facts.size_bytes, facts.sha256) if packed else (facts.unpacked_bytes, facts.unpacked_sha256)
    sizes = "" if found.size_bytes == size else f" (size {found.size_bytes} bytes, expected {size})"
    message = f"{found.name} is damaged: sha256 {found.sha256}, expected {sha256}{sizes}"
    raise IntegrityError(message, where=str(folder / found.name), cure=cure_of(source))


def _size_and_digest(path: Path) -> tuple[int, str]:
    """Of a regular file, unread where it is larger than its reader takes: a sparse one would take hours; raises OSError."""
    found, size = digest_within(path, MOST_BYTES)
    return size, found or f"of {size} bytes"
