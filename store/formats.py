"""Open file formats of a record: Parquet tables, npz arrays, safetensors weights, JSON. Never pickle."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import safetensors.numpy

from store.canonical import readable_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from pydantic import JsonValue


def table_bytes(columns: Mapping[str, object]) -> bytes:
    """Parquet of equally long columns (lists or 1-D arrays); equal columns give equal bytes."""
    sink = io.BytesIO()
    pq.write_table(pa.table(dict(columns)), sink, compression="zstd", write_statistics=False)
    return sink.getvalue()


def read_table(path: Path) -> pa.Table:
    """The Parquet table at ``path``."""
    return pq.read_table(path)


def array_bytes(arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """Compressed npz; member dates are fixed by numpy, so equal arrays give equal bytes."""
    sink = io.BytesIO()
    np.savez_compressed(sink, allow_pickle=False, **dict(arrays))
    return sink.getvalue()


def read_arrays(path: Path) -> dict[str, NDArray[np.generic]]:
    """All arrays of the npz at ``path``; refuses pickled objects."""
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def weight_bytes(tensors: Mapping[str, NDArray[np.generic]]) -> bytes:
    """Safetensors without metadata: more than one metadata key would make the bytes vary from run to run."""
    return safetensors.numpy.save({name: np.ascontiguousarray(tensors[name]) for name in sorted(tensors)})


def read_weights(path: Path) -> dict[str, NDArray[np.generic]]:
    """Name to array of a safetensors file."""
    return dict(safetensors.numpy.load_file(path))


def document_bytes(value: JsonValue) -> bytes:
    """Indented JSON without NaN."""
    return readable_json(value)


def read_document(path: Path) -> JsonValue:
    """The JSON value at ``path``."""
    value: JsonValue = json.loads(path.read_text(encoding="utf-8"))
    return value
