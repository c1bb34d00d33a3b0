"""How much the lists of data sets may name: their readers hold each name of a list against all others."""

from __future__ import annotations

import csv
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from store.doors import read_bounded
from store.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

_TABLES = frozenset({"manifest.csv", "object_to_raw.csv"})
_TREES = frozenset({"data.yaml", "data.yml", "dataset.yaml", "dataset.yml"})
_LEVELS = 6  # of folders, the named one among them: kitti/data_object_image_2/training/image_2/train
_MOST_COLUMNS = 1_000  # those that are read are five
_MOST_MARKS = 10_000  # of YAML between its names: a list of a thousand classes has three thousand
_MARKS = ":?,-[{\n"
_MOST_BRACKETS = 1_000  # of YAML; a list of classes has one, and thousands that lie in each other take minutes
_BRACKETS = "[{"
_TABLE_BYTES, _TREE_BYTES = 16 << 20, 1 << 20  # their readers refuse what is larger


def check_lists(folder: Path) -> None:
    """Raise DataError for a table or a YAML file of a data set below ``folder`` that names more than any needs.

    A megabyte of them takes its reader minutes. What cannot be read is left to the reader, which says why.
    """
    for path in _lists(folder):
        with suppress(OSError, ValueError, csv.Error):
            if path.name.lower() in _TABLES:
                lines = read_bounded(path, _TABLE_BYTES).decode("utf-8-sig").splitlines()
                _hold(path, len(next(csv.reader(lines, strict=True), ())), _MOST_COLUMNS)
            else:
                text = read_bounded(path, _TREE_BYTES).decode("utf-8-sig")
                _hold(path, sum(map(text.count, _MARKS)), _MOST_MARKS)
                _hold(path, sum(map(text.count, _BRACKETS)), _MOST_BRACKETS)


def _hold(path: Path, names: int, most: int) -> None:
    if names > most:
        message = f"{path.name} names {names} things, where at most {most} are read"
        raise DataError(message, where=str(path), cure="keep what belongs to the data set, or remove the file")


def _lists(folder: Path) -> Iterator[Path]:
    """The files that are called like a list of a data set, level by level; a folder that may not be looked into has none."""
    level, seen = [str(folder)], set[tuple[int, int]]()  # links that lead back are not followed again
    for _ in range(_LEVELS):
        inner: list[str] = []
        for place in level:
            with suppress(OSError), os.scandir(place) as found:
                for entry in found:
                    if entry.name.lower() in _TABLES | _TREES:
                        yield Path(entry.path)
                    elif "." not in entry.name and entry.is_dir():
                        state = entry.stat()
                        if (state.st_dev, state.st_ino) not in seen:
                            seen.add((state.st_dev, state.st_ino))
                            inner.append(entry.path)
        level = inner
