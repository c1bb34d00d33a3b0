"""Refuses labels and lists that two programs read in two ways: in line ends, in ids of a class, in capitals of a checksum."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from bench.datasets.doors import TEXT_BYTES
from bench.datasets.kitti.classes import known_class
from bench.datasets.kitti.drives import MANIFEST, OBJECT_TO_RAW
from bench.datasets.kitti.integrity import manifest_rows
from bench.datasets.kitti.labels import LABEL_BYTES
from bench.datasets.kitti.layout import read_layout
from store.doors import read_bounded
from store.errors import DataError, printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.datasets.kitti.layout import Layout

_MAPPINGS = ("mapping/train_*.txt", "devkit*/mapping/train_*.txt")
_SUMS = ("sha256", "label_sha256")
# In UTF-8: vertical tab, form feed, the file, group and record separators, U+0085, U+2028, U+2029. Python's splitlines ends a
# line at each of them; editors, awk and most other programs do not.
_LINE_ENDS = re.compile(rb"[\x0b\x0c\x1c-\x1e]|\xc2\x85|\xe2\x80[\xa8\xa9]")


def refuse_ambiguous(folder: Path) -> None:
    """Raise DataError for what this program would read in one way and another program in another way.

    That is a letter that ends a line for some of them only (in a label, a class list or a table of drives), a class that stands
    twice in the class list, and a checksum in capital letters. What cannot be read is left to its reader, which says why.
    """
    layout = read_layout(folder)
    for path, limit in _texts(layout):
        with suppress(OSError, ValueError):
            content = read_bounded(path, limit)
            if found := _LINE_ENDS.search(content):
                line = content.count(b"\n", 0, found.start()) + 1
                letter = f"U+{ord(found[0].decode()):04X}"
                message = (
                    f"{layout.relative(path)} has {letter} in line {line}: some programs end the line there, others do not"
                )
                raise DataError(message, where=f"{path}:{line}", cure="write the line anew without it")
    _refuse_twins(layout)
    _refuse_capitals(folder)


def _texts(layout: Layout) -> Iterator[tuple[Path, int]]:
    """Every text that comes with the images, and how many bytes of it are read."""
    for name in filter(None, (layout.rules.list_file, MANIFEST, OBJECT_TO_RAW)):
        yield layout.folder / name, TEXT_BYTES
    for pattern in _MAPPINGS:
        yield from ((path, TEXT_BYTES) for path in layout.folder.glob(pattern))
    yield from ((path, LABEL_BYTES) for path in layout.labels.values())


def _refuse_twins(layout: Layout) -> None:
    ids: dict[str, int] = {}
    for number, name in enumerate(layout.rules.names):
        if known_class(name) is None:
            continue  # a list may say unused as often as it likes
        first = ids.setdefault(name.casefold(), number)
        if first != number:
            message = f"{layout.rules.list_file} names the class {printable(name)} twice, as id {first} and as id {number}"
            cure = "correct the list, or write unused for the id that no label has"
            raise DataError(message, where=str(layout.folder / layout.rules.list_file), cure=cure)


def _refuse_capitals(folder: Path) -> None:
    for number, row in enumerate(manifest_rows(folder), start=2):
        if any(row.get(column, "") != row.get(column, "").lower() for column in _SUMS):
            message = f"{MANIFEST} has a checksum in capital letters in row {number}"
            raise DataError(message, where=str(folder / MANIFEST), cure="write it in small letters, as sha256sum does")
