"""The IDX format of MNIST-like files: a big-endian header (magic number, sizes), then bytes; gzipped on disk."""

from __future__ import annotations

import gzip
import io
import math
import struct
from typing import TYPE_CHECKING

import numpy as np

from bench.datasets.doors import data_door
from store.doors import open_regular
from store.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_UNSIGNED_BYTE = 0x08  # the format's type code for uint8, the only one that these files use
_BEST_COMPRESSION = 9
MOST_BYTES = 64 << 20  # the largest of the four files unpacks to 47 MB
_CURE = "check the data files: nox -s bench -- data verify"


def read_idx(path: Path, *, dimensions: int) -> NDArray[np.uint8]:
    """The writable uint8 array of an IDX file, gzipped or not, with ``dimensions`` axes (1 for labels, 3 for images).

    Raises DataError that names the file where it is unreadable, no gzip, no such IDX file, or of another length than
    its header says.
    """
    content = _decompress(path)
    header_bytes = 4 + 4 * dimensions
    if len(content) < header_bytes:
        message = f"{path.name} is too short for an IDX header: {len(content)} bytes, needed {header_bytes}"
        raise DataError(message, where=str(path), cure=_CURE)
    magic, *shape = struct.unpack_from(f">{1 + dimensions}I", content)
    expected = _UNSIGNED_BYTE << 8 | dimensions
    if magic != expected:
        message = f"{path.name} has the magic number 0x{magic:08x}, expected 0x{expected:08x}"
        raise DataError(message, where=str(path), cure=_CURE)
    if len(content) - header_bytes != math.prod(shape):
        message = f"{path.name} holds {len(content) - header_bytes} values, its header {tuple(shape)} says {math.prod(shape)}"
        raise DataError(message, where=str(path), cure=_CURE)
    # Through bytearray, so that the array is writable: torch warns where it wraps a read-only one.
    return np.frombuffer(bytearray(content), dtype=np.uint8, offset=header_bytes).reshape(shape)


def idx_bytes(values: NDArray[np.uint8]) -> bytes:
    """The IDX file of ``values``, not compressed."""
    header = struct.pack(f">{1 + values.ndim}I", _UNSIGNED_BYTE << 8 | values.ndim, *values.shape)
    return header + values.tobytes()


def gzip_bytes(content: bytes) -> bytes:
    """Gzip of ``content`` with neither name, date nor platform in its header: one zlib gives equal bytes everywhere."""
    sink = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=_BEST_COMPRESSION, fileobj=sink, mtime=0) as stream:
        stream.write(content)
    return sink.getvalue()


def _decompress(path: Path) -> bytes:
    if not path.exists():
        raise DataError(f"{path.name} is missing", where=str(path), cure=_CURE)
    with data_door(path, path.name, _CURE), open_regular(path) as stream:
        source = gzip.GzipFile(fileobj=stream) if path.suffix == ".gz" else stream
        content = source.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES} bytes are packed in it")
        return content
