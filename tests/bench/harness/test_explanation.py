"""What a plan says about a stale task: the very key, file and function, with the old and the new digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.harness import explanation
from bench.harness.closure import MODULE_LEVEL, parts_of
from bench.harness.explanation import NONE, SOURCE, change_lines, changes_since
from store.formats import document_bytes
from store.records import Draft, Stored, commit
from store.schema import Execution, Ingredients, Result, TaskKey

if TYPE_CHECKING:
    from pathlib import Path

KEY = TaskKey(experiment="autoencoder", variant="ae", seed=0)
OLD, NEW = "0" * 64, "1" * 64
BEFORE = Ingredients(
    config={"autoencoder": {"epochs": 3, "batch_size": 64}},
    code={"bench.a": OLD, "bench.gone": OLD},
    inputs={"fashion-mnist": OLD},
    upstream={"x/y/once": OLD},
    environment={"python": "3.11"},
)
SOURCE_BEFORE = '''"""Doc."""
LIMIT = 1


def f():
    return 1


class C:
    size = 1

    def g(self):
        return 1
'''


def earlier(root: Path, files: dict[str, bytes]) -> Stored:
    """A record of ``BEFORE`` with these files."""
    execution = Execution(
        started_at="", duration_s=0.0, peak_memory_bytes=0, machine={}, packages={}, git_commit=None, git_dirty=None
    )
    return commit(root, Draft(KEY, BEFORE, Result(status="ok"), files, execution, frozenset(files)))


def test_equal_ingredients_have_no_change(tmp_path: Path) -> None:
    """Nothing is explained where nothing differs."""
    assert changes_since(earlier(tmp_path, {}), BEFORE) == ()


def test_each_ingredient_is_named_with_old_and_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys carry their values, files and records their digests, functions theirs; an unchanged function is not named."""
    monkeypatch.setattr(explanation, "parts_of", lambda _module: {"f": NEW, "g": OLD, "h": NEW})
    before = earlier(tmp_path, {SOURCE: document_bytes({"bench.a": {"f": OLD, "g": OLD, "k": OLD}, "bench.gone": {"m": OLD}})})
    after = Ingredients(
        config={"autoencoder": {"epochs": 5, "batch_size": 64}},
        code={"bench.a": NEW},
        inputs={"fashion-mnist": NEW},
        upstream={"x/y/once": NEW},
        environment={"python": "3.12"},
    )
    found = {(change.kind, change.name): (change.old, change.new) for change in changes_since(before, after)}
    assert found == {
        ("config", "autoencoder.epochs"): ("3", "5"),
        ("code", "bench.a"): (OLD, NEW),
        ("code", "bench.gone"): (OLD, NONE),
        ("data", "fashion-mnist"): (OLD, NEW),
        ("upstream", "x/y/once"): (OLD, NEW),
        ("environment", "python"): ("3.11", "3.12"),
    }
    code = next(change for change in changes_since(before, after) if change.name == "bench.a")
    assert {part.name: (part.old, part.new) for part in code.parts} == {"f": (OLD, NEW), "h": (NONE, NEW), "k": (OLD, NONE)}
    text = "\n".join(change_lines(changes_since(before, after)))
    assert f"f  {OLD[:12]} -> {NEW[:12]}" in text


@pytest.mark.parametrize("content", [None, b"{", b"[]"])
def test_record_without_function_digests_is_explained_by_module(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An earlier version's record, or one with a damaged file, still names the module and says what is not known."""
    monkeypatch.setattr(explanation, "parts_of", lambda _module: {"f": NEW})
    before = earlier(tmp_path, {} if content is None else {SOURCE: content})
    (change,) = changes_since(before, BEFORE.model_copy(update={"code": {"bench.a": NEW, "bench.gone": OLD}}))
    assert (change.name, change.parts) == ("bench.a", ())
    assert "keeps no digests of single functions" in change_lines((change,))[1]


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (("return 1\n\n\nclass", "return 2\n\n\nclass"), {"f"}),
        (("        return 1\n", "        return 2\n"), {"C.g"}),
        (("size = 1", "size = 2"), {"class C"}),
        (("LIMIT = 1", "LIMIT = 2"), {MODULE_LEVEL}),
        (('"""Doc."""', '"""Other."""'), set()),
        (("LIMIT = 1", "LIMIT = 1  # why"), set()),
    ],
)
def test_edit_moves_the_digest_of_its_part_alone(edit: tuple[str, str], expected: set[str], tmp_path: Path) -> None:
    """A function, a method, a class body and the rest of a module have a digest each; comments and docstrings none."""
    for name, text in (("before", SOURCE_BEFORE), ("after", SOURCE_BEFORE.replace(*edit))):
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    before, after = parts_of("before", tmp_path), parts_of("after", tmp_path)
    assert before.keys() == {"f", "C.g", "class C", MODULE_LEVEL}
    assert {name for name in before if before[name] != after[name]} == expected
