"""Reads the members of an archive as ``bench export`` writes them: plain files, one after the other, and nothing else of tar.

Python's own reader follows sparse maps, links, chains of extended headers and claimed sizes into memory; an archive from
elsewhere may hold any of these. Here a member is a header of 512 bytes, before it at most one extended header that gives
its path, and as many bytes as the file really has; what is no file is empty.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 512
_MOST_EMPTY = 10_240  # bytes that end an archive: its writer fills it up to a multiple of them
_PATH_HEADER_BYTES = 4096  # a path has at most 292 characters
_END = b"\0" * BLOCK
_PATH = re.compile(rb"([0-9]{1,4}) path=([^\0\n]{1,1000})\n", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the archive: its path there, where its bytes begin, and how many they are."""

    name: str
    offset: int
    size: int


def members(stream: BinaryIO) -> Iterator[Member]:
    """Every member of the archive, whose bytes are skipped; raises ValueError at the first thing that does not belong."""
    end = os.fstat(stream.fileno()).st_size
    position, path = 0, None
    while True:
        stream.seek(position)
        header = stream.read(BLOCK)
        if header == _END:
            _hold_empty(stream, end - position - BLOCK)
            break
        name, kind, size = _header(header)
        if size > end - position - BLOCK:
            raise ValueError(f"{name[:80]!r} claims {size} bytes, and the archive ends before them")
        if kind == b"x" and path is None and size <= _PATH_HEADER_BYTES:
            path = _path_of(stream.read(size))
        elif kind in {b"0", b"\0"}:
            yield Member(name if path is None else path, position + BLOCK, size)
            path = None
        else:
            raise ValueError(f"{name[:80]!r} is no plain file")
        stream.seek(position + BLOCK + size)
        _hold_empty(stream, -size % BLOCK)
        position += BLOCK + -(-size // BLOCK) * BLOCK
    if path is not None:
        raise ValueError("the archive ends after the path of a file that is not there")


def _hold_empty(stream: BinaryIO, size: int) -> None:
    """What fills up a block or follows the last member holds nothing; raises ValueError."""
    if size > _MOST_EMPTY or stream.read(size).strip(b"\0"):
        raise ValueError("the archive holds something beside its files")


def _header(block: bytes) -> tuple[str, bytes, int]:
    """Path, kind and size of a member; raises ValueError where the block is no header."""
    if len(block) < BLOCK:
        raise ValueError("the archive is cut short")
    if sum(block) - sum(block[148:156]) + 8 * ord(" ") != _octal(block[148:156]):
        raise ValueError("a header of the archive does not have its checksum")
    prefix, name = block[345:500].split(b"\0", 1)[0], block[:100].split(b"\0", 1)[0]
    return (prefix + b"/" + name if prefix else name).decode(), block[156:157], _octal(block[124:136])


def _octal(field: bytes) -> int:
    digits = field.strip(b" \0")
    if not re.fullmatch(rb"[0-7]{1,12}", digits):
        raise ValueError("a header of the archive holds a size that is no number")
    return int(digits, 8)


def _path_of(header: bytes) -> str:
    """The path in an extended header, which must hold that and nothing else."""
    found = _PATH.fullmatch(header)
    if found is None or int(found[1]) != len(header):
        raise ValueError("the archive holds an extended header with more than a path")
    return found[2].decode()
