"""File formats: equal content gives equal bytes, and nothing executable is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from store import formats
from store.errors import IntegrityError

if TYPE_CHECKING:
    from pathlib import Path


def test_equal_content_gives_equal_bytes() -> None:
    """Order of tensors does not matter, values do."""
    one, two = np.arange(6, dtype=np.float32).reshape(2, 3), np.ones(2, dtype=np.float32)
    assert formats.weight_bytes({"a": one, "b": two}) == formats.weight_bytes({"b": two, "a": one})
    assert formats.array_bytes({"a": one}) == formats.array_bytes({"a": one.copy()})
    assert formats.table_bytes({"epoch": [1, 2]}) == formats.table_bytes({"epoch": [1, 2]})
    assert formats.table_bytes({"epoch": [1, 2]}) != formats.table_bytes({"epoch": [1, 3]})


def test_files_read_back_exactly(tmp_path: Path) -> None:
    """Round trips keep every bit, float32 subnormals and null cells included."""
    values = np.array([1e-45, 1 / 3, -0.0], dtype=np.float32)
    (tmp_path / "a.npz").write_bytes(formats.array_bytes({"v": values}))
    (tmp_path / "w.safetensors").write_bytes(formats.weight_bytes({"v": values}))
    assert formats.read_arrays(tmp_path / "a.npz")["v"].tobytes() == values.tobytes()
    assert formats.read_weights(tmp_path / "w.safetensors")["v"].tobytes() == values.tobytes()
    (tmp_path / "t.parquet").write_bytes(formats.table_bytes({"psnr_db": [None, 0.1]}))
    assert formats.read_table(tmp_path / "t.parquet").column("psnr_db").to_pylist() == [None, 0.1]


def test_pickled_arrays_are_refused(tmp_path: Path) -> None:
    """An npz that holds Python objects would execute code: it is not read."""
    path = tmp_path / "evil.npz"
    np.savez(path, v=np.array([{}], dtype=object))
    with pytest.raises(IntegrityError, match="Python objects, which are never read"):
        formats.read_arrays(path)


def test_documents_refuse_nan() -> None:
    """JSON has no NaN."""
    with pytest.raises(ValueError, match="JSON"):
        formats.document_bytes({"x": float("nan")})
