"""Properties of the store: fingerprints see every value and no order of keys, records come back as they went in."""

from __future__ import annotations

import copy
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from store.canonical import digest_bytes
from store.formats import array_bytes, read_arrays, read_table, table_bytes
from store.records import Draft, check_files, commit, load
from store.schema import Execution, Ingredients, Result, TaskKey

if TYPE_CHECKING:
    from pydantic import JsonValue

KEY = TaskKey(experiment="autoencoder", variant="ae", seed=0)
DIGEST = digest_bytes(b"")
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | st.text(max_size=8)
trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=8
)
configs = st.dictionaries(st.text(min_size=1, max_size=6), trees, min_size=1, max_size=4)
names = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,10}", fullmatch=True).filter(lambda name: name != "record.json")


def ingredients(config: dict[str, JsonValue]) -> Ingredients:
    """Ingredients that differ in nothing but their config."""
    return Ingredients(config=config, code={"bench.a": DIGEST}, inputs={}, upstream={}, environment={"python": "3.11"})


def turned(tree: JsonValue) -> JsonValue:
    """The same tree with the keys of every mapping in the opposite order."""
    if isinstance(tree, dict):
        return {name: turned(tree[name]) for name in reversed(list(tree))}
    return [turned(item) for item in tree] if isinstance(tree, list) else tree


def draft(result: Result, files: dict[str, bytes]) -> Draft:
    """A record about to be written."""
    execution = Execution(
        started_at="", duration_s=0.0, peak_memory_bytes=0, machine={}, packages={}, git_commit=None, git_dirty=None
    )
    return Draft(KEY, ingredients({"a": 1}), result, files, execution)


@given(configs)
def test_order_of_keys_does_not_matter(config: dict[str, JsonValue]) -> None:
    """At no depth."""
    again = turned(config)
    assert isinstance(again, dict)
    assert ingredients(config).fingerprint(KEY) == ingredients(again).fingerprint(KEY)


@given(configs, st.data())
def test_every_value_matters(config: dict[str, JsonValue], data: st.DataObject) -> None:
    """Another value under any key, a key less, or a key more is another fingerprint."""
    before = ingredients(config).fingerprint(KEY)
    name = data.draw(st.sampled_from(sorted(config)))
    other = data.draw(trees.filter(lambda value: repr(value) != repr(config[name]) and value != config[name]))
    for changed in ({**config, name: other}, {k: v for k, v in config.items() if k != name}, {**config, "another-key": other}):
        assert ingredients(changed).fingerprint(KEY) != before


@given(st.sampled_from(["code", "inputs", "upstream", "environment"]), names)
def test_every_ingredient_matters(part: str, name: str) -> None:
    """An entry more in any part is another fingerprint, and so is another task."""
    base = ingredients({"a": 1})
    more = base.model_copy(update={part: {**getattr(base, part), f"{name}-new": digest_bytes(name.encode())}})
    assert more.fingerprint(KEY) != base.fingerprint(KEY)
    assert base.fingerprint(KEY.model_copy(update={"seed": 1})) != base.fingerprint(KEY)


@given(
    st.dictionaries(names, st.binary(max_size=200), max_size=4),
    st.dictionaries(names, numbers, max_size=4),
    st.dictionaries(names, trees, max_size=3),
)
def test_record_comes_back_as_it_went_in(
    files: dict[str, bytes], metrics: dict[str, float], facts: dict[str, JsonValue]
) -> None:
    """Every metric to the last bit, every fact, every byte; and equal content has an equal digest."""
    result = Result(status="ok", metrics=copy.deepcopy(metrics), facts=copy.deepcopy(facts))
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        stored = commit(Path(first), draft(result, files))
        again = load(stored.folder)
        check_files(again)
        assert again.record == stored.record
        found = again.record.result
        assert {k: repr(v) for k, v in found.metrics.items()} == {k: repr(v) for k, v in metrics.items()}
        assert json.dumps(found.facts, sort_keys=True) == json.dumps(facts, sort_keys=True)  # tells 1 from 1.0 and from True
        assert {name: again.file(name).read_bytes() for name in files} == files
        assert commit(Path(second), draft(result, files)).record.result_digest == stored.record.result_digest


@given(st.lists(st.floats(width=32), max_size=20), st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20))
def test_tables_and_arrays_keep_every_bit(floats: list[float], integers: list[int]) -> None:
    """Parquet and npz give back what they were given, not-a-number and signed zeros included; equal content, equal bytes."""
    columns = {"x": np.array(floats, np.float32)}
    arrays = {"floats": np.array(floats, np.float64), "integers": np.array(integers, np.int64)}
    with tempfile.TemporaryDirectory() as folder:
        table, npz = Path(folder) / "t.parquet", Path(folder) / "a.npz"
        table.write_bytes(table_bytes(columns))
        npz.write_bytes(array_bytes(arrays))
        assert read_table(table)["x"].to_numpy().tobytes() == columns["x"].tobytes()
        found = read_arrays(npz)
        assert {name: found[name].tobytes() for name in arrays} == {name: array.tobytes() for name, array in arrays.items()}
        assert (table_bytes(columns), array_bytes(arrays)) == (table.read_bytes(), npz.read_bytes())
