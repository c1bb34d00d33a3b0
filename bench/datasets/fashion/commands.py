"""What ``bench data fetch``, ``verify`` and ``where`` do, as plain facts that the command line prints or dumps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.datasets.fashion.integrity import digest_of, is_sound, verify
from bench.datasets.fashion.locate import fetch_into, find, locate, silent
from bench.datasets.fashion.manifest import read_manifest

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue

    from bench.datasets.fashion.integrity import CheckedFile
    from bench.datasets.fashion.locate import Progress
    from bench.datasets.fashion.manifest import Source


def fetch(
    source: Source, *, data_dir: Path | None, cache_dir: Path, offline: bool, progress: Progress = silent
) -> dict[str, JsonValue]:
    """Make the four files available and checked; what the cache lacks or holds damaged is downloaded.

    Only the cache is ever repaired: files in ``data_dir`` are the user's. Raises like ``locate`` and ``verify``.
    """
    place = find(source, data_dir=data_dir, cache_dir=cache_dir)
    origin: str = place.origin
    folder = place.folder
    if place.origin == "cache" and not offline:
        wanted = [facts for facts in read_manifest(source).files if not is_sound(folder, facts)]
        if wanted:
            fetch_into(folder, wanted, progress)
            origin = "downloaded"
    else:
        locate(source, data_dir=data_dir, cache_dir=cache_dir, offline=offline)
    return _facts(source, folder, origin, verify(folder, source))


def verify_command(source: Source, *, data_dir: Path | None, cache_dir: Path) -> dict[str, JsonValue]:
    """Recompute all checksums without fetching anything; raises like ``locate`` offline and ``verify``."""
    folder = locate(source, data_dir=data_dir, cache_dir=cache_dir, offline=True)
    origin = find(source, data_dir=data_dir, cache_dir=cache_dir).origin
    return _facts(source, folder, origin, verify(folder, source))


def where(source: Source, *, data_dir: Path | None, cache_dir: Path) -> dict[str, JsonValue]:
    """Where the files are or would be, which are missing, and what the manifest says of each; nothing is read or fetched."""
    place = find(source, data_dir=data_dir, cache_dir=cache_dir)
    missing = {facts.name for facts in place.missing}
    manifest = read_manifest(source)
    files: list[JsonValue] = [
        {
            "name": facts.name,
            "present": facts.name not in missing,
            "size_bytes": facts.size_bytes,
            "sha256": facts.sha256,
            "md5": facts.md5,
        }
        for facts in manifest.files
    ]
    return {
        "source": source,
        "path": str(place.folder),
        "origin": place.origin,
        "complete": not missing,
        "licence": manifest.licence,
        "holder": manifest.holder,
        "files": files,
    }


def _facts(source: Source, folder: Path, origin: str, checked: tuple[CheckedFile, ...]) -> dict[str, JsonValue]:
    files: list[JsonValue] = [{"name": entry.name, "size_bytes": entry.size_bytes, "sha256": entry.sha256} for entry in checked]
    return {
        "source": source,
        "path": str(folder),
        "origin": origin,
        "digest": digest_of(folder, source),
        "files": files,
    }
