"""The one way in for bytes from outside: regular files only, bounded before they are read, and every refusal names the file.

What lies in a store, an archive or a cache may have been written by anybody. A door turns whatever reading it can raise
into an IntegrityError, so that no command ends in a traceback, waits on a pipe, or fills the memory for a file's lie.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import struct
import tokenize
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from store.errors import IntegrityError, StoreError, StudyError, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pydantic import JsonValue

DOCUMENT_BYTES = 64 << 20  # a manifest of 10,000 records takes 4 MB
FILE_BYTES = 4 << 30  # the largest file of a record, a detector's weights, takes 18 MB
DEPTH = 64  # of lists and mappings: what is written here nests 6 deep, and Python's own readers give up at about 1000
_WHOLE = 1 << 64  # whole numbers beyond are refused: none is written here, and no float64 or int64 column holds them
_NESTED = {dict, list}  # what the reader of JSON makes, and nothing derived from it
_SHOWN = 160  # characters of a reader's own words

# What readers of damaged or hostile files raise, over members, columns and headers, and where memory is not there.
UNREADABLE: tuple[type[Exception], ...] = (
    OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RuntimeError, EOFError, MemoryError,
    SyntaxError, zipfile.BadZipFile, zlib.error, struct.error, tokenize.TokenError,
)  # fmt: skip


@contextmanager
def guarded(path: Path, kind: str, *also: type[Exception]) -> Iterator[None]:
    """Inside the block, everything that a reader raises over the file at ``path`` becomes an IntegrityError; ours pass.

    ``also`` are errors of the reader's own that are of none of the usual kinds.
    """

    def refusal(reason: str) -> StudyError:
        message = f"{path.name} is no {kind} that can be read: {reason}"
        return IntegrityError(message, where=str(path), cure="compute it again: nox -s bench, or copy it anew")

    with refused_as(refusal, *also):
        yield


@contextmanager
def refused_as(refusal: Callable[[str], StudyError], *also: type[Exception]) -> Iterator[None]:
    """Inside the block, everything that a reader raises becomes the error that ``refusal`` makes of its reason; ours pass."""
    try:
        yield
    except StudyError:
        raise
    except (*UNREADABLE, *also) as error:
        raise refusal(reason_of(error)) from error


def reason_of(error: BaseException) -> str:
    """What a reader says, for people: one line, bounded, with everything unprintable spelled out."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, MemoryError):
        return "it takes more memory than there is"
    words = str(error).strip().partition("\n")[0] or type(error).__name__
    return printable(words if len(words) <= _SHOWN else f"{words[:_SHOWN]}...")


def forbidden(path: Path, error: OSError) -> StoreError:
    """What to say where the file or folder at ``path`` is there and may not be looked at: it is not damaged."""
    message = f"{path.name} cannot be read: {error.strerror or error}"
    return StoreError(message, where=str(path), cure=f"give yourself permission: chmod -R u+rX {path}, or ask its owner")


def is_file(path: Path) -> bool:
    """Whether a regular file is there; raises StoreError where one may not look. A name that none can have is not there."""
    try:
        return path.is_file()
    except PermissionError as error:
        raise forbidden(path, error) from error
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """The same for a folder."""
    try:
        return path.is_dir()
    except PermissionError as error:
        raise forbidden(path, error) from error
    except OSError:
        return False


def open_regular(path: Path) -> BinaryIO:
    """Open for reading; raises OSError for what is no regular file: a pipe or a device would be waited for without end."""
    return os.fdopen(regular_handle(path), "rb")


def regular_handle(path: Path | str) -> int:
    """The same as a bare handle, which the caller closes."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return handle
    os.close(handle)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise OSError(errno.EINVAL, "it is a pipe, a socket or a device", str(path))


def read_bounded(path: Path, limit: int = FILE_BYTES) -> bytes:
    """The file's bytes; raises OSError, and ValueError for more than ``limit``, before any of it is read."""
    with open_regular(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > limit:
            raise ValueError(f"{size} bytes, where at most {limit} are read")
        content = stream.read(size + 1)  # not limit + 1: that many bytes are set aside at once
    if len(content) > size:
        raise ValueError("it grows while it is read")
    return content


def parse_json(content: bytes) -> JsonValue:
    """The JSON value; raises ValueError for what no writer here writes.

    That is NaN and infinity, whole numbers of more than 64 bits, half of a surrogate pair, more than ``DEPTH`` levels,
    and bytes that are not UTF-8.
    """
    try:
        value: JsonValue = json.loads(content.decode(), parse_constant=_no_number, parse_float=_finite, parse_int=_whole)
    except RecursionError as error:
        raise ValueError(f"it is nested more than {DEPTH} deep") from error
    if _depth(value) > DEPTH:
        raise ValueError(f"it is nested more than {DEPTH} deep")
    if b"\\u" in content:
        json.dumps(value, ensure_ascii=False).encode()  # raises UnicodeEncodeError, a ValueError, for half of a pair
    return value


def read_json(path: Path) -> JsonValue:
    """The JSON value at ``path``; raises OSError, and ValueError as ``parse_json`` does."""
    return parse_json(read_bounded(path, DOCUMENT_BYTES))


def _no_number(name: str) -> float:
    raise ValueError(f"it holds {name}, which is no number of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if value - value != 0.0:
        raise ValueError(f"it holds a number beyond all floats: {text[:20]}")
    return value


def _whole(text: str) -> int:
    if len(text) > 20 or not -_WHOLE < int(text) < _WHOLE:  # noqa: PLR2004 - 2**64 has 20 digits; more take quadratic time
        raise ValueError(f"it holds a whole number of more than 64 bits: {text[:20]}...")
    return int(text)


def _depth(value: JsonValue) -> int:
    level, depth = [value], 0
    while level and depth <= DEPTH:
        depth += 1
        parts = (one.values() if type(one) is dict else one for one in level if type(one) in _NESTED)
        level = [inner for held in parts for inner in held if type(inner) in _NESTED]  # type: ignore[union-attr]
    return depth
