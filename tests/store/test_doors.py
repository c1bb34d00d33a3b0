"""Hostile and damaged files come to an IntegrityError that names them: no traceback, no waiting, no memory for a lie."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from store import formats
from store.canonical import digest_file
from store.doors import guarded, is_file, is_folder, parse_json, read_bounded, read_json, reason_of
from store.errors import IntegrityError, StoreError, printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def zipped(**members: bytes) -> bytes:
    """An npz of these members."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return sink.getvalue()


def array(shape: str, content: bytes = b"", dtype: str = "<i8") -> bytes:
    """A npy file with a header that says what it likes."""
    head = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + content


def tensors(head: bytes, content: bytes = b"") -> bytes:
    """A safetensors file with a header that says what it likes."""
    return struct.pack("<Q", len(head)) + head + content


def parquet(table: pa.Table) -> bytes:
    """A table as Parquet."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


HOSTILE: dict[str, tuple[Callable[[Path], object], bytes]] = {
    "table of nothing": (formats.read_table, b""),
    "table of garbage": (formats.read_table, b"PAR1" * 9),
    "table cut short": (formats.read_table, formats.table_bytes({"a": [1.0, 2.0]})[:-9]),
    "table of lists": (formats.read_table, parquet(pa.table({"a": [[1], [2]]}))),
    "table of bytes": (formats.read_table, parquet(pa.table({"a": [b"\xff"]}))),
    "arrays of nothing": (formats.read_arrays, b""),
    "arrays as one array": (formats.read_arrays, array("(2,)", b"\0" * 16)),
    "array that claims much": (formats.read_arrays, zipped(a=array(f"({10**15},)", b"\0" * 80))),
    "array that claims less than nothing": (formats.read_arrays, zipped(a=array("(-1, 10)", b"\0" * 80))),
    "array whose header is code": (formats.read_arrays, zipped(a=array("__import__('os').getcwd()", b""))),
    "array of objects": (formats.read_arrays, zipped(a=array("(1,)", b"\0" * 8, "|O"))),
    "array without a header": (formats.read_arrays, zipped(a=b"\x93NUMPY\x03\x00\x01\x00")),
    "weights of nothing": (formats.read_weights, b""),
    "weights that claim a header without end": (formats.read_weights, struct.pack("<Q", 1 << 62) + b"{}"),
    "weights nested deep": (formats.read_weights, tensors(b'{"a":' * 5000 + b"1" + b"}" * 5000)),
    "weights that overlap": (
        formats.read_weights,
        tensors(b'{"a":%(one)s,"b":%(one)s}' % {b"one": b'{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'}, b"1234"),
    ),
    "weights of a type that numpy lacks": (
        formats.read_weights,
        tensors(b'{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}', b"1234"),
    ),
    "document of nothing": (formats.read_document, b""),
    "document with NaN": (formats.read_document, b'{"a": NaN}'),
    "document with infinity": (formats.read_document, b'{"a": [-Infinity]}'),
    "document beyond all floats": (formats.read_document, b'{"a": 1e999}'),
    "document with a number of 5,000 digits": (formats.read_document, b"9" * 5000),
    "document nested deep": (formats.read_document, b"[" * 100_000 + b"]" * 100_000),
    "document nested 65 deep": (formats.read_document, b"[" * 65 + b"]" * 65),
    "document with half of a pair": (formats.read_document, b'"\\ud800"'),
    "document in another encoding": (formats.read_document, '"é"'.encode("latin-1")),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_named(name: str, tmp_path: Path) -> None:
    """Whatever the reader raised, what comes out says which file, in one line."""
    read, content = HOSTILE[name]
    path = tmp_path / "hostile.bin"
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"^hostile.bin is no .* that can be read: [^\n]+\n  where: ") as found:
        read(path)
    assert str(path) in str(found.value)


def test_table_is_bounded_by_what_it_claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred million equal cells take some kB on the disk, and so does one long text in every row."""
    path = tmp_path / "t.parquet"
    monkeypatch.setattr(formats, "TABLE_CELLS", 1000)
    path.write_bytes(formats.table_bytes({"a": np.zeros(500, np.int8), "b": np.zeros(500)}))
    assert len(formats.read_table(path)) == 500
    path.write_bytes(formats.table_bytes({"a": np.zeros(501, np.int8), "b": np.zeros(501)}))
    with pytest.raises(IntegrityError, match="501 rows of 2 columns, where at most 1000 cells"):
        formats.read_table(path)
    monkeypatch.setattr(formats, "TEXT_BYTES", 1000)
    for rows, fits in ((10, True), (11, False)):
        path.write_bytes(formats.table_bytes({"a": ["x" * 100] * rows}))
        if fits:
            assert formats.read_table(path).column("a").to_pylist() == ["x" * 100] * rows
        else:
            with pytest.raises(IntegrityError, match="texts take more than 1000 bytes"):
                formats.read_table(path)


def test_arrays_are_bounded_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what they unpack to, before any of it is unpacked."""
    monkeypatch.setattr(formats, "ARRAY_BYTES", 10_000)
    path = tmp_path / "a.npz"
    path.write_bytes(formats.array_bytes({"a": np.zeros(600), "b": np.zeros(500)}))
    assert formats.read_arrays(path)["b"].shape == (500,)
    path.write_bytes(formats.array_bytes({"a": np.zeros(600), "b": np.zeros(700)}))
    with pytest.raises(IntegrityError, match="more than 10000 bytes"):
        formats.read_arrays(path)


@pytest.mark.parametrize("read", [digest_file, read_bounded, read_json])
def test_pipe_is_not_waited_for(read: Callable[[Path], object], tmp_path: Path) -> None:
    """Nobody will ever write into it."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="pipe"):
        read(tmp_path / "pipe")


def test_size_is_looked_at_first(tmp_path: Path) -> None:
    """A sparse file of a terabyte is refused without being read; one of the size allowed is read."""
    path = tmp_path / "large"
    with path.open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(ValueError, match="1099511627776 bytes"):
        read_bounded(path)
    path.write_bytes(b"123")
    assert read_bounded(path, 3) == b"123"
    with pytest.raises(ValueError, match="3 bytes, where at most 2"):
        read_bounded(path, 2)


def test_json_that_is_written_here_is_read() -> None:
    """To the edges of what is allowed."""
    assert parse_json(b'{"a": [1, -2.5, 1e308, true, null, "\\u00e9\\ud83d\\ude00"]}') == {
        "a": [1, -2.5, 1e308, True, None, "é😀"]
    }
    assert parse_json(b"18446744073709551615") == 2**64 - 1
    assert parse_json(b"[" * 64 + b"]" * 64) != []


def test_nothing_unprintable_reaches_a_terminal() -> None:
    """Colours, other line ends, marks that turn the text around and halves of pairs are spelled out; letters stay."""
    assert printable("é 漢 \x1b[31m\r\n\u202e\ud800") == "é 漢 \\x1b[31m\\r\\n\\u202e\\ud800"


def test_a_folder_is_said_to_be_one(tmp_path: Path) -> None:
    """It is no pipe, and it is not read."""
    with pytest.raises(IsADirectoryError, match="directory"):
        read_bounded(tmp_path)
    (tmp_path / "file").touch()
    assert (is_folder(tmp_path), is_file(tmp_path), is_folder(tmp_path / "file"), is_file(tmp_path / "file")) == (1, 0, 0, 1)
    assert not is_file(tmp_path / ("x" * 300))
    assert not is_folder(tmp_path / ("x" * 300))
    assert not is_folder(tmp_path / "file" / "below")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(21, "Is a directory"), "Is a directory"),
        (OSError("odd"), "odd"),
        (MemoryError("x"), "it takes more memory than there is"),
        (ValueError("one\ntwo"), "one"),
        (ValueError(), "ValueError"),
        (ValueError("x" * 160), "x" * 160),
        (ValueError("x" * 161), "x" * 160 + "..."),
        (KeyError("\x1b"), "'\\x1b'"),
    ],
)
def test_a_readers_words_become_one_line(error: Exception, words: str) -> None:
    """The system's own words, or the first line, bounded and printable; the kind where there are no words."""
    assert reason_of(error) == words


def test_a_door_lets_our_own_errors_pass(tmp_path: Path) -> None:
    """They say more than it could; a reader's own kind of error is named for it."""
    own = StoreError("not yours")
    with pytest.raises(StoreError) as caught, guarded(tmp_path, "table"):
        raise own
    assert caught.value is own

    class OddError(Exception):
        """No usual one."""

    with pytest.raises(IntegrityError, match="is no table that can be read: odd"), guarded(tmp_path, "table", OddError):
        raise OddError("odd")
    with pytest.raises(OddError), guarded(tmp_path, "table"):
        raise OddError("odd")


@pytest.mark.parametrize(
    "content",
    [b"NaN", b"-Infinity", b"1e309", b"18446744073709551616", b"-18446744073709551616", b"9" * 21, b'"\\ud800"', b'"\xff"',
     b"[" * 65 + b"]" * 65, b'{"a":' * 65 + b"1" + b"}" * 65, b"[" * 100_000],
)  # fmt: skip
def test_json_that_nobody_here_writes_is_refused(content: bytes) -> None:
    """One step beyond each edge, and far beyond."""
    with pytest.raises(ValueError, match=r"it holds|it is nested|surrogates|utf-8"):
        parse_json(content)


def test_json_at_its_edges_is_read() -> None:
    """The last that is allowed on the other side."""
    assert parse_json(b"-9223372036854775808") == -(2**63)
    assert parse_json(b'{"a":' * 64 + b"1" + b"}" * 64) != {}
    assert parse_json(b"[" * 64 + b"1" + b"]" * 64) != []
