"""The one way in for the text files that come with a user's data: bounded, UTF-8, and every refusal names the file."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from typing import TYPE_CHECKING

from store.doors import read_bounded, refused_as
from store.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXT_BYTES = 16 << 20  # a manifest of all 7,481 KITTI images takes 1.5 MB
_LIST_BYTES = 1 << 20  # a dataset YAML takes a kilobyte


@contextmanager
def data_door(path: Path, what: str, cure: str, *also: type[Exception]) -> Iterator[None]:
    """Inside the block, everything that a reader raises over the file at ``path`` becomes a DataError; ours pass.

    ``also`` are errors of the reader's own that are of none of the usual kinds.
    """
    with refused_as(lambda reason: DataError(f"{what} cannot be read: {reason}", where=str(path), cure=cure), *also):
        yield


def read_text(path: Path, what: str, cure: str, limit: int = TEXT_BYTES) -> str:
    """The text of a UTF-8 file of at most ``limit`` bytes, with or without a mark; raises DataError."""
    with data_door(path, what, cure):
        return read_bounded(path, limit).decode("utf-8-sig")


def read_rows(path: Path, what: str, cure: str) -> tuple[tuple[str, ...], list[dict[str, str]]]:
    """Column names and rows of a CSV file, absent cells as empty text; raises DataError."""
    with data_door(path, what, cure, csv.Error):
        rows = csv.DictReader(read_text(path, what, cure).splitlines())
        names = tuple(rows.fieldnames or ())
        return names, [{key: value or "" for key, value in row.items() if key} for row in rows]


def read_yaml(path: Path, what: str, cure: str) -> object:
    """The content of a YAML file with every scalar as text; an alias is refused, for a few can stand for gigabytes.

    Raises DataError.
    """
    import yaml  # noqa: PLC0415 - only a folder with a class list in YAML needs it

    text = read_text(path, what, cure, _LIST_BYTES)
    with data_door(path, what, cure, yaml.YAMLError):
        loader = yaml.BaseLoader(text)
        try:
            if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.BaseLoader)):
                raise ValueError("it has an alias (*name), which is not followed")
            return loader.get_single_data()
        finally:
            loader.dispose()
