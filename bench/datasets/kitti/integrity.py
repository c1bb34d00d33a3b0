"""Compares images and labels with the checksums in the folder's own manifest.csv."""

from __future__ import annotations

from os.path import lexists
from typing import TYPE_CHECKING

from bench.datasets.doors import read_rows
from bench.datasets.kitti.drives import MANIFEST
from bench.datasets.kitti.layout import read_layout
from store.canonical import digest_file
from store.errors import DataError, IntegrityError

if TYPE_CHECKING:
    from pathlib import Path

_CURE = "restore the file; in the cache: nox -s bench -- data fetch kitti"


def manifest_rows(folder: Path) -> list[dict[str, str]]:
    """The rows of the folder's manifest.csv by column name, none where there is no such file; raises DataError."""
    path = folder / MANIFEST
    if not lexists(path):
        return []
    return read_rows(path, MANIFEST, "restore the file, or remove it: it is not needed")[1]


def check_manifest(folder: Path) -> int:
    """How many files were compared (0 where no checksum is given).

    Raises DataError for a listed file that is missing, IntegrityError that names the first that differs.
    """
    layout = read_layout(folder)
    compared = 0
    for row in manifest_rows(folder):
        for files, column in ((layout.images, "sha256"), (layout.labels, "label_sha256")):
            if expected := row.get(column):
                _compare(folder, files.get(row.get("stem", "")), row, expected)
                compared += 1
    return compared


def _compare(folder: Path, path: Path | None, row: dict[str, str], expected: str) -> None:
    if path is None:
        message = f"{MANIFEST} lists {row.get('stem')}, but a file of it is missing"
        raise DataError(message, where=str(folder), cure=_CURE)
    refuse_other(path, digest_file(path), expected)


def refuse_other(path: Path, found: str, expected: str) -> None:
    """Raise IntegrityError where the file has another checksum than the manifest gives."""
    if found != expected:
        message = f"{path.name} is damaged: sha256 {found}, expected {expected}"
        raise IntegrityError(message, where=str(path), cure=_CURE)
