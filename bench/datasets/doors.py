"""The one way in for the text files that come with a user's data: bounded, UTF-8, and every refusal names the file."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from typing import TYPE_CHECKING

from store.doors import read_bounded, refused_as
from store.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PICTURE_BYTES = 64 << 20  # a KITTI image takes 1 MB
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
    """Column names and rows of a CSV file, absent cells as empty text.

    Raises DataError, also for what could be read in several ways: an open quotation mark, two columns of one name, a row
    with more cells than there are columns.
    """
    with data_door(path, what, cure, csv.Error):
        rows = csv.DictReader(read_text(path, what, cure).splitlines(), restkey="", strict=True)
        names = tuple(rows.fieldnames or ())
        if twins := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"it has two columns {twins[0]!r}")
        return names, [_cells(row, number) for number, row in enumerate(rows, start=2)]


def read_yaml(path: Path, what: str, cure: str) -> object:
    """The content of a YAML file with every scalar as text; raises DataError.

    An alias is refused, for a few can stand for gigabytes, and so is a key that stands twice.
    """
    import yaml  # noqa: PLC0415 - only a folder with a class list in YAML needs it

    text = read_text(path, what, cure, _LIST_BYTES)
    with data_door(path, what, cure, yaml.YAMLError):
        loader = yaml.BaseLoader(text)
        try:
            if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.BaseLoader)):
                raise ValueError("it has an alias (*name), which is not followed")
            node = loader.get_single_node()
            _refuse_twins(node)
            return None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()


def _cells(row: Mapping[str, str | list[str] | None], number: int) -> dict[str, str]:
    """The row without what is absent; raises ValueError where something stands beyond the last column."""
    beyond = row.get("")
    if isinstance(beyond, list) and any(cell.strip() for cell in beyond):
        raise ValueError(f"row {number} has more cells than there are columns")
    return {key: value if isinstance(value, str) else "" for key, value in row.items() if key}


def _refuse_twins(node: object) -> None:
    """Raise ValueError where a mapping has a key twice: which of the two is meant, no reader can know."""
    inner = getattr(node, "value", None)
    pairs = [pair for pair in inner if isinstance(pair, tuple)] if isinstance(inner, list) else []
    keys = [key.value for key, _ in pairs if isinstance(key.value, str)]
    if twins := sorted({key for key in keys if keys.count(key) > 1}):
        raise ValueError(f"the key {twins[0]!r} stands twice")
    for each in inner if isinstance(inner, list) else []:
        _refuse_twins(each[1] if isinstance(each, tuple) else each)
