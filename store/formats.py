"""Open file formats of a record: Parquet tables, npz arrays, safetensors weights, JSON. Never pickle.

Each reader is a door (``store/doors.py``): it bounds what it reads by what the file says first, and raises IntegrityError.
"""

from __future__ import annotations

import io
import math
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import safetensors.numpy
from safetensors import SafetensorError

from store.canonical import readable_json
from store.doors import guarded, read_bounded, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from pydantic import JsonValue

TABLE_CELLS = 24_000_000  # 300 boxes on each of 7,481 images, the whole of KITTI, take 16 million
TEXT_BYTES = 1 << 30  # of all texts of a table: the digests of 300 epochs of 500 tensors take 10 MB
ARRAY_BYTES = 1 << 30  # of all arrays of a file: 10,000 pairs of 28 x 28 float32 images take 125 MB
_HEADS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def table_bytes(columns: Mapping[str, object]) -> bytes:
    """Parquet of equally long columns (lists or 1-D arrays); equal columns give equal bytes."""
    sink = io.BytesIO()
    pq.write_table(pa.table(dict(columns)), sink, compression="zstd", write_statistics=False)
    return sink.getvalue()


def read_table(path: Path) -> pa.Table:
    """The Parquet table at ``path``: flat columns of numbers, truth values and texts; raises IntegrityError."""
    with guarded(path, "table", pa.ArrowException):
        content = pa.py_buffer(read_bounded(path))
        file = pq.ParquetFile(pa.BufferReader(content))
        head = file.metadata
        if head.num_rows * max(head.num_columns, 1) > TABLE_CELLS:
            raise ValueError(f"{head.num_rows} rows of {head.num_columns} columns, where at most {TABLE_CELLS} cells are read")
        odd = [field.name for field in file.schema_arrow if not _is_flat(field.type)]
        if odd:
            raise ValueError(f"column {odd[0]} holds neither numbers nor texts")
        texts = [field.name for field in file.schema_arrow if pa.types.is_string(field.type)]
        table = pq.read_table(pa.BufferReader(content), read_dictionary=texts, use_threads=False)
        return _decoded(table)


def array_bytes(arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """Compressed npz; member dates are fixed by numpy, so equal arrays give equal bytes."""
    sink = io.BytesIO()
    np.savez_compressed(sink, allow_pickle=False, **dict(arrays))
    return sink.getvalue()


def read_arrays(path: Path) -> dict[str, NDArray[np.generic]]:
    """All arrays of the npz at ``path``; refuses pickled objects; raises IntegrityError."""
    with guarded(path, "archive of arrays"):
        content = io.BytesIO(read_bounded(path))
        with zipfile.ZipFile(content) as archive:
            if sum(member.file_size for member in archive.infolist()) > ARRAY_BYTES:
                raise ValueError(f"its arrays take more than {ARRAY_BYTES} bytes")
            for member in archive.infolist():
                _check_array(archive, member)
        content.seek(0)
        with np.load(content, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}


def weight_bytes(tensors: Mapping[str, NDArray[np.generic]]) -> bytes:
    """Safetensors without metadata: more than one metadata key would make the bytes vary from run to run."""
    return safetensors.numpy.save({name: np.ascontiguousarray(tensors[name]) for name in sorted(tensors)})


def read_weights(path: Path) -> dict[str, NDArray[np.generic]]:
    """Name to array of a safetensors file, whose header its reader holds against its size; raises IntegrityError."""
    with guarded(path, "file of weights", SafetensorError):
        return dict(safetensors.numpy.load(read_bounded(path)))


def document_bytes(value: JsonValue) -> bytes:
    """Indented JSON without NaN."""
    return readable_json(value)


def read_document(path: Path) -> JsonValue:
    """The JSON value at ``path``; raises IntegrityError."""
    with guarded(path, "JSON"):
        return read_json(path)


def _is_flat(kind: pa.DataType) -> bool:
    kinds = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_string, pa.types.is_null)
    return any(fits(kind) for fits in kinds)


def _decoded(table: pa.Table) -> pa.Table:
    """Texts out of their dictionary, once it is known how long they are together: one long text may stand in every row."""
    total = 0
    for number, field in enumerate(table.schema):
        column = table.column(number)
        if not pa.types.is_dictionary(field.type):
            continue
        for chunk in column.chunks:
            lengths = pc.binary_length(chunk.dictionary).take(chunk.indices)
            total += pc.sum(pc.cast(lengths, pa.int64())).as_py() or 0
        if total > TEXT_BYTES:
            raise ValueError(f"its texts take more than {TEXT_BYTES} bytes")
        table = table.set_column(number, field.name, pc.cast(column, pa.string()))
    return table


def _check_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Hold the shape that an array's header claims against the bytes that follow it; raises ValueError."""
    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        if version not in _HEADS:
            raise ValueError(f"{member.filename} has a header of version {version}")
        shape, _, dtype = _HEADS[version](stream)
        claimed = math.prod(shape) * dtype.itemsize
        if dtype.hasobject:
            raise ValueError(f"{member.filename} holds Python objects, which are never read")
        if min(shape, default=0) < 0 or claimed != member.file_size - stream.tell():
            raise ValueError(f"{member.filename} claims shape {shape}, which is not what it holds")
