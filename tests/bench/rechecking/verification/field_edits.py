"""Every field of a record, and an edit of it: what a consistent forger may change."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from store.canonical import readable_json
from store.formats import array_bytes, weight_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.bench.rechecking.verification.rewriting import Copy

    Edit = Callable[[Copy], object]

_EXECUTION = ("started_at", "duration_s", "peak_memory_bytes", "git_commit", "git_dirty", "machine", "packages")
_INGREDIENTS = ("config", "code", "inputs")


def edits_of(copy: Copy, task: str) -> Iterator[tuple[str, Edit]]:
    """Name and edit of each field: ``metrics.NAME``, ``facts.NAME``, ``FILE:COLUMN``, ``FILE``, ``execution.NAME``, ..."""
    record = copy.records[task]
    for kind in ("metrics", "facts"):
        for name in record["result"][kind]:
            yield f"{kind}.{name}", _bumped("result", kind, name, task=task)
    for entry in record["files"]:
        yield from _file_edits(copy, task, entry["name"])
        yield f"{entry['name']} volatile", _volatile(task, entry["name"])
    for name in _EXECUTION:
        yield f"execution.{name}", _bumped("execution", name, task=task)
    for name in _INGREDIENTS:
        if record["ingredients"][name]:
            yield f"ingredients.{name}", _bumped("ingredients", name, task=task)
    environment = record["ingredients"]["environment"]
    for name in ("device", "python", *[each for each in environment if each in record["execution"]["packages"]][:1]):
        yield f"ingredients.environment of {name}", _bumped("ingredients", "environment", name, task=task)


def _file_edits(copy: Copy, task: str, name: str) -> Iterator[tuple[str, Edit]]:
    content = copy.content(task, name)
    if name.endswith(".parquet"):
        table = pq.read_table(io.BytesIO(content))
        for column in table.column_names if len(table) else ():
            yield f"{name}:{column}", _replaced(task, name, _table(table, column))
    elif name.endswith(".npz"):
        arrays = dict(np.load(io.BytesIO(content)))
        for key, array in arrays.items():
            label = f"{name}:{key.partition('_')[0]}" if key.startswith("pixels_") else f"{name}:{key}"
            yield label, _replaced(task, name, array_bytes({**arrays, key: _array(array)}))
    elif name.endswith(".safetensors"):
        import safetensors.numpy

        tensors = dict(safetensors.numpy.load(content))
        first = min(tensors)
        yield name, _replaced(task, name, weight_bytes({**tensors, first: _array(tensors[first])}))
    elif name.endswith(".json"):
        value = json.loads(content)
        if isinstance(value, dict):
            for key in value if name == "timing.json" else sorted(value)[:1]:
                label = f"{name}:{key}" if name == "timing.json" else name
                yield label, _replaced(task, name, readable_json({**value, key: bump(value[key])}))
        else:
            yield name, _replaced(task, name, readable_json([*value[:1], bump(value[1]), *value[2:]]))


def bump(value: Any) -> Any:  # noqa: ANN401, PLR0911 - any JSON value, a line for each kind of it
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value + 0.2 if value < 0.5 else value - 0.2  # ties of neighbours may move an accuracy of 50 images by 0.04
    if isinstance(value, str):
        return value[:-1] + ("0" if value[-1:] != "0" else "1") if value else "x"
    if isinstance(value, list):
        return [*value, value[-1]] if value else [1]
    if isinstance(value, dict):
        first = min(value) if value else ""
        return {**value, first: bump(value[first])} if value else {"extra": 1}
    return 1


def _bumped(*path: str, task: str) -> Edit:
    def edit(copy: Copy) -> None:
        fields = copy.records[task]
        for key in path[:-1]:
            fields = fields[key]
        fields[path[-1]] = bump(fields[path[-1]])

    return edit


def _replaced(task: str, name: str, content: bytes) -> Edit:
    return lambda copy: copy.replaced.update({(task, name): content})


def _volatile(task: str, name: str) -> Edit:
    def edit(copy: Copy) -> None:
        for entry in copy.records[task]["files"]:
            if entry["name"] == name:
                entry["volatile"] = not entry["volatile"]

    return edit


def _table(table: pa.Table, column: str) -> bytes:
    values = table.column(column).to_pylist()
    row = next((row for row in range(len(values) // 2, len(values)) if values[row] is not None), 0)
    values[row] = bump(values[row])
    sink = io.BytesIO()
    edited = {
        name: pa.array(values, table.schema.field(name).type) if name == column else table.column(name)
        for name in table.column_names
    }
    pq.write_table(pa.table(edited), sink, compression="zstd", write_statistics=False)
    return sink.getvalue()


def _array(array: Any) -> Any:  # noqa: ANN401 - of any type
    changed = array.copy()
    place = array.size // 2
    changed.flat[place] = (
        "zzz" if array.dtype.kind == "U" else changed.flat[place] + array.dtype.type(1 if array.dtype.kind in "iu" else 0.1)
    )
    return changed
