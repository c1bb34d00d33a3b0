"""Finds what no run needs any more, and removes it: unreferenced records, left-over scratch, quarantine, partial files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.errors import IntegrityError
from store.records import MANIFEST, delete, folder_of, is_within
from store.runs import load_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Removable:
    """A folder or file that no run names, what it is, and how many bytes it takes."""

    path: Path
    kind: str
    size_bytes: int


def removable(root: Path) -> tuple[Removable, ...]:
    """All that can go: records that no run names, scratch of tasks that are not done, quarantined results, left-overs.

    What lies behind a link inside the store is not the store's, and stays.
    Raises IntegrityError where a run cannot be read: what it names is not known, so nothing may go.
    """
    needed = set(_needed(root))
    manifests = sorted(root.glob(f"records/*/*/*/*/{MANIFEST}"))
    found = [("record", path.parent) for path in manifests if path.parent not in needed]
    found += [("scratch", path) for path in sorted(root.glob("cache/scratch/*"))]
    found += [("quarantine", path) for path in sorted(root.glob("quarantine/*/*/*/*")) if not path.name.startswith(".")]
    places = (".", "records/*/*/*", "quarantine/*/*/*", "runs", "runs/*", "report", "report/*")
    found += [("left-over", path) for place in places for path in sorted(root.glob(f"{place}/.partial-*"))]
    return tuple(Removable(path, kind, _size(path)) for kind, path in found if is_within(path, root))


def remove(items: tuple[Removable, ...], root: Path) -> int:
    """Delete them and the folders that become empty; returns the bytes freed. Only for the one process that writes there."""
    freed = 0
    for item in items:
        if not is_within(item.path, root):
            continue
        delete(item.path)
        freed += 0 if item.path.exists() else item.size_bytes
        _prune(item.path.parent, root)
    return freed


def _needed(root: Path) -> Iterator[Path]:
    for manifest in sorted(root.glob("runs/*/*")):
        if manifest.name == "run.json":
            run = load_run(root, manifest.parent.name)
            if run.run_id != manifest.parent.name:
                cure = "restore it, or delete its folder"
                raise IntegrityError(f"the manifest is of run {run.run_id}", where=str(manifest), cure=cure)
            yield from (folder_of(root, entry.task, entry.fingerprint) for entry in run.entries)


def _size(path: Path) -> int:
    if path.is_symlink():
        return 0
    files = [path] if path.is_file() else [inner for inner in path.rglob("*") if inner.is_file() and not inner.is_symlink()]
    return sum(file.stat().st_size for file in files)


def _prune(folder: Path, root: Path) -> None:
    """Remove empty folders upwards, never the top ones."""
    while len(folder.relative_to(root).parts) > 1 and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
