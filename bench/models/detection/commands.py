"""What ``bench data fetch``, ``verify`` and ``where`` do for the pretrained weights, as plain facts for the command line."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from bench.datasets.fashion.locate import silent
from bench.models.detection.weights import FOLDER, NAME, cure, identify, known_files, locate_weights
from store.errors import DataError, IntegrityError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import JsonValue

    from bench.datasets.fashion.locate import Progress
    from bench.models.detection.weights import KnownFile

ADDRESS_VARIABLE = "BENCH_WEIGHTS_URL"
COMMAND_NAME = "weights"


def fetch(
    *, data_dir: Path | None, cache_dir: Path, offline: bool, address: str | None = None, progress: Progress = silent
) -> dict[str, JsonValue]:
    """Make pretrained weights available: those that are there, else the first official file that a server gives as published.

    ``address`` is the folder on a server, each file's official one where it is None. Raises DataError where the server does not
    give the file or ``offline`` forbids to ask, IntegrityError where a file is not the published one.
    """
    path = locate_weights(data_dir, cache_dir)
    if path is not None:
        return _facts(path, identify(path), _origin(path, cache_dir))
    folder = cache_dir / FOLDER
    if offline:
        message = "the pretrained weights are not here, and the network is not to be used"
        raise DataError(message, where=str(folder), cure=cure())
    from bench.datasets.download import download_files  # noqa: PLC0415 - requests takes 0.1 s

    *others, last = [known for known in known_files() if known.address]
    for wanted in others:
        with contextlib.suppress(DataError, IntegrityError):
            download_files([wanted], [address or wanted.address], folder, progress)
            return _facts(folder / wanted.name, wanted, "downloaded")
    download_files([last], [address or last.address], folder, progress)
    return _facts(folder / last.name, last, "downloaded")


def verify(*, data_dir: Path | None, cache_dir: Path) -> dict[str, JsonValue]:
    """Recompute the checksum of the file that a run would read; raises DataError without one, IntegrityError."""
    path = locate_weights(data_dir, cache_dir)
    if path is None:
        raise DataError("no pretrained weights", where=str(cache_dir / FOLDER), cure=cure())
    return _facts(path, identify(path), _origin(path, cache_dir))


def where(*, data_dir: Path | None, cache_dir: Path) -> dict[str, JsonValue]:
    """Which file a run would read, or where it would be fetched to; nothing is read or fetched."""
    path = locate_weights(data_dir, cache_dir)
    if path is None:
        return {"source": NAME, "path": str(cache_dir / FOLDER), "origin": "cache", "complete": False}
    return {"source": NAME, "path": str(path), "origin": _origin(path, cache_dir), "complete": True}


def text(found: Mapping[str, JsonValue]) -> str:
    """The facts as lines for people."""
    lines = [f"{found['source']} ({found['origin']}): {found['path']}"]
    if not found["complete"]:
        lines.append(f"  missing: {cure()}")
    elif "sha256" in found:
        lines += [f"  {found['weights']}", f"  sha256 ok  {found['sha256']}", f"  licence: {found['licence']}"]
    return "\n".join(lines)


def _facts(path: Path, known: KnownFile, origin: str) -> dict[str, JsonValue]:
    return {
        "source": NAME,
        "path": str(path),
        "origin": origin,
        "complete": True,
        "weights": known.source,
        "sha256": known.sha256,
        "licence": "AGPL-3.0, of Ultralytics",
    }


def _origin(path: Path, cache_dir: Path) -> str:
    return "cache" if cache_dir in path.parents else "data folder"
