"""File formats: equal content gives equal bytes, and nothing executable is read."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
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


def test_a_table_is_read_up_to_its_limits_and_no_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells are counted before they are read, texts before they are laid out; just as many as allowed are read."""
    path = tmp_path / "t.parquet"
    path.write_bytes(formats.table_bytes({"a": [1, 2, 3], "name": ["ab", "ab", None]}))
    monkeypatch.setattr(formats, "TABLE_CELLS", 6)
    monkeypatch.setattr(formats, "TEXT_BYTES", 4)
    assert formats.read_table(path).to_pydict() == {"a": [1, 2, 3], "name": ["ab", "ab", None]}
    monkeypatch.setattr(formats, "TEXT_BYTES", 3)
    with pytest.raises(IntegrityError, match="its texts take more than 3 bytes"):
        formats.read_table(path)
    monkeypatch.setattr(formats, "TABLE_CELLS", 5)
    with pytest.raises(IntegrityError, match="3 rows of 2 columns, where at most 5 cells are read"):
        formats.read_table(path)


@pytest.mark.parametrize("column", [pa.array([[1], [2]]), pa.array([{"a": 1}]), pa.array([b"raw"])])
def test_a_column_of_anything_else_is_refused(tmp_path: Path, column: pa.Array) -> None:
    """Lists, structures and raw bytes are nothing that a record holds."""
    pq.write_table(pa.table({"odd": column}), tmp_path / "t.parquet")
    with pytest.raises(IntegrityError, match="column odd holds neither numbers nor texts"):
        formats.read_table(tmp_path / "t.parquet")


def test_a_column_of_any_kind_that_is_written_is_read(tmp_path: Path) -> None:
    """Whole and broken numbers, truth values, texts, and nothing at all; a table without columns, too."""
    columns = {"i": [1], "f": [0.5], "b": [True], "s": ["x"], "n": [None]}
    (tmp_path / "t.parquet").write_bytes(formats.table_bytes(columns))
    assert formats.read_table(tmp_path / "t.parquet").to_pydict() == columns
    (tmp_path / "t.parquet").write_bytes(formats.table_bytes({}))
    assert formats.read_table(tmp_path / "t.parquet").num_columns == 0


def test_arrays_are_read_up_to_their_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the members claim together is counted before one is read."""
    path = tmp_path / "a.npz"
    path.write_bytes(formats.array_bytes({"v": np.zeros(4), "w": np.zeros((2, 3), dtype=np.int8)}))
    with zipfile.ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
    monkeypatch.setattr(formats, "ARRAY_BYTES", size)
    assert {name: array.shape for name, array in formats.read_arrays(path).items()} == {"v": (4,), "w": (2, 3)}
    monkeypatch.setattr(formats, "ARRAY_BYTES", size - 1)
    with pytest.raises(IntegrityError, match="its arrays take more than"):
        formats.read_arrays(path)


@pytest.mark.parametrize("shape", ["(5,)", "(-4,)", "(3,)", "(-2, -2)", "(-2, -1, 2)"])
def test_an_array_that_claims_another_shape_is_refused(tmp_path: Path, shape: str) -> None:
    """More, fewer, or a negative number of values than follow its header."""
    sink = io.BytesIO()
    np.lib.format.write_array(sink, np.zeros(4))
    content = sink.getvalue()
    head = content.replace(b"(4,)", shape.encode())
    head = head.replace(b" " * (len(head) - len(content)), b"", 1) if len(head) > len(content) else head
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("v.npy", head)
    with pytest.raises(IntegrityError, match="claims shape"):
        formats.read_arrays(tmp_path / "a.npz")


def test_an_array_of_both_versions_is_read_and_of_no_other(tmp_path: Path) -> None:
    """Version 2 has a longer header; version 3 holds names of fields, which nothing here has."""
    for version in ((1, 0), (2, 0), (3, 0)):
        sink = io.BytesIO()
        np.lib.format.write_array(sink, np.arange(3), version=version)
        with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
            archive.writestr("v.npy", sink.getvalue())
        if version == (3, 0):
            with pytest.raises(IntegrityError, match="header of version"):
                formats.read_arrays(tmp_path / "a.npz")
        else:
            assert formats.read_arrays(tmp_path / "a.npz")["v"].tolist() == [0, 1, 2]


def test_an_array_without_values_and_one_without_axes_are_arrays(tmp_path: Path) -> None:
    """Nothing in it is no damage."""
    (tmp_path / "a.npz").write_bytes(formats.array_bytes({"none": np.zeros((0, 3)), "one": np.float64(2.5)}))
    found = formats.read_arrays(tmp_path / "a.npz")
    assert (found["none"].shape, found["one"].shape, float(found["one"])) == ((0, 3), (), 2.5)
