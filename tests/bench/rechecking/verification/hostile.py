"""Forges stores by seeded mutation: fields, files, manifests, the file system; with every digest made to fit where it can."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from store.canonical import readable_json
from store.records import MANIFEST
from store.schema import seal
from tests.bench.rechecking.verification.field_edits import edits_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

    from tests.bench.rechecking.verification.rewriting import Copy

TEXTS = (
    "\x1b[2J\x1b[31mowned", "[x]{onclick=alert(1)}", "<script>alert(1)</script>", "{{< include /etc/passwd >}}",
    "\u202egnp.exe", "../../../etc/passwd", "a\0b", "x" * 100_000, '#eval(read("/etc/passwd"))', "\\input{/etc/passwd}",
    "<% import os %>", "", "NaN", "-1e999", "\N{REPLACEMENT CHARACTER}", "é\u0301漢字🎉",
)  # fmt: skip
VALUES: tuple[Any, ...] = (*TEXTS, -1, 0, 2**63, 10**400, -0.0, 1e308, True, None, [], {}, [[[]]], {"a": {"b": [1]}}, "f" * 64)
DEEP = b"[" * 50_000 + b"]" * 50_000
RAW = (
    b"", b"[]", b"{}", b"null", b'{"a": NaN}', DEEP, b"\xff\xfe\x00", b'"\\ud800"', b"PAR1" * 8, b"PK\x05\x06" + bytes(18),
    struct.pack("<Q", 1 << 62) + b"{}", b"9" * 6000, b" " * 1_000_000 + b"{}",
)  # fmt: skip


def forged_field(copy: Copy, random: Random) -> tuple[str, str]:
    """One field of one record that has a result: task and field, so that what verification owes is known."""
    task = random.choice([name for name, fields in copy.records.items() if fields["result"]["status"] == "ok"])
    field, edit = random.choice(list(edits_of(copy, task)))
    edit(copy)
    return task, field


def forged_file(copy: Copy, random: Random) -> tuple[str, str]:
    """The content of one file: damaged, cut, swapped for another kind, or a table with other types, holes and infinities."""
    task = random.choice(list(copy.records))
    name = random.choice([entry["name"] for entry in copy.records[task]["files"]])
    content = copy.content(task, name)
    change = random.choice([_flipped, _cut, _raw, _other_table if name.endswith(".parquet") else _member])
    copy.replaced[task, name] = change(content, random)
    return task, name


def forged_manifest(root: Path, random: Random) -> Path:
    """Any value of any manifest, sealed again where JSON can hold it; or the whole manifest."""
    path = random.choice(
        [*sorted(root.glob(f"records/*/*/*/*/{MANIFEST}")), *sorted(root.glob("runs/*/run.json")), root / "runs" / "latest"]
    )
    content = path.read_bytes()
    path.unlink()  # it may be a link to the original
    if path.name == "latest" or random.random() < 0.2:
        path.write_bytes(random.choice([*RAW, *(text.encode() for text in TEXTS)]))
        return path
    import json

    fields = json.loads(content)
    container, key = random.choice(_places(fields))
    if random.random() < 0.2 and isinstance(container, dict):
        container[random.choice(TEXTS)] = container.pop(key)
    else:
        container[key] = random.choice(VALUES)
    path.write_bytes(readable_json(seal(fields)) if random.random() < 0.7 else readable_json(fields))
    return path


def odd_place(root: Path, random: Random) -> Path:
    """Something else where a file belongs: a pipe, a folder, a loop of links, a device, nothing, or a sparse terabyte."""
    path = random.choice([path for path in sorted(root.rglob("*")) if path.is_file()])
    path.unlink()
    kinds: list[Callable[[], object]] = [
        lambda: os.mkfifo(path),
        path.mkdir,
        lambda: path.symlink_to(path.name),
        lambda: path.symlink_to("/dev/zero"),
        lambda: path.symlink_to("/nonexistent"),
        lambda: None,
        lambda: _sparse(path),
    ]
    random.choice(kinds)()
    return path


def _sparse(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(1 << 40)


def _flipped(content: bytes, random: Random) -> bytes:
    changed = bytearray(content or b"x")
    for _ in range(random.randint(1, 20)):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed) if bytes(changed) != content else content + b"x"


def _cut(content: bytes, random: Random) -> bytes:
    return content[: random.randrange(max(len(content), 1))]


def _raw(_content: bytes, random: Random) -> bytes:
    return random.choice(RAW)


def _member(content: bytes, random: Random) -> bytes:
    """An archive of one array that claims what it likes."""
    shape = random.choice(["(1000000000000000,)", "(-1,)", "()", "(3, 3)", "('a',)"])
    kind = random.choice(["<f8", "|O", "<U9", "garbage"])
    head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr(
            random.choice(["counts.npy", "index.npy", "../x.npy"]),
            b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + content[:72],
        )
    return sink.getvalue()


def _other_table(content: bytes, random: Random) -> bytes:
    """The table with a column of another type, of holes, of NaN, lost, renamed, or with no rows."""
    table = pq.read_table(io.BytesIO(content))
    name = random.choice(table.column_names)
    rows = len(table)
    columns = {each: table.column(each) for each in table.column_names}
    kind = random.randrange(6)
    if kind == 0:
        columns[name] = pa.array([random.choice(TEXTS[:4])] * rows, pa.string())
    elif kind == 1:
        columns[name] = pa.array([None] * rows, pa.float64())
    elif kind == 2:
        columns[name] = pa.array([random.choice([float("nan"), float("inf"), -1e308])] * rows, pa.float64())
    elif kind == 3:
        columns.pop(name)
    elif kind == 4:
        columns[f"{name}x"] = columns.pop(name)
    changed = pa.table(columns) if kind != 5 else table.slice(0, 0)
    sink = io.BytesIO()
    pq.write_table(changed, sink)
    return sink.getvalue()


def _places(value: Any) -> list[tuple[Any, Any]]:  # noqa: ANN401 - any JSON value
    items = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    found: list[tuple[Any, Any]] = [(value, key) for key, _ in items]
    for _, item in items:
        found += _places(item)
    return found
