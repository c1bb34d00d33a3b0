"""The code part of a fingerprint: semantic edits count, comments do not, unused modules do not."""

from __future__ import annotations

import ast
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from bench.harness.closure import closure_of, digest_under_3_12

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "bench/__init__.py": '"""Package."""\n',
    "bench/main.py": (
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nimport numpy as np\n"
        "from bench.deep import helper\nif TYPE_CHECKING:\n    from bench.typed import Shape\n"
        "def run():\n    from bench.late import late\n    return helper() + late()\n"
    ),
    "bench/deep.py": '"""Doc."""\nfrom bench import inner\ndef helper():\n    """Add."""\n    return inner.VALUE  # comment\n',
    "bench/inner.py": "VALUE = 1\n",
    "bench/late.py": "def late():\n    return 2\n",
    "bench/typed.py": "Shape = int\n",
    "bench/unused.py": "OTHER = 3\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small package."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_digest_is_the_same_under_every_python(tmp_path: Path) -> None:
    """Generic parameters (3.12), empty ends of nested formats (3.12) and hidden empty fields (3.13) change nothing."""
    path = tmp_path / "bench" / "odd.py"
    path.parent.mkdir()
    path.write_text("class Empty:\n    pass\n\ndef shown(value, *, width=3):\n    return f'{value:>{width}}', None, [], ''\n")
    assert closure_of("bench.odd", tmp_path).code == {
        "bench.odd": "d944b32ac790a8e268e197279343c630f5610c9a180744a27e61d85b8cc03f50"
    }


def test_a_digest_that_python_3_12_once_gave_is_known(tmp_path: Path) -> None:
    """What Python 3.12.1 dumped of this text before the digests became the same everywhere."""
    path = tmp_path / "bench" / "odd.py"
    path.parent.mkdir()
    path.write_text("class Empty:\n    pass\n\ndef shown(value, *, width=3):\n    return value, None, [], ''\n")
    assert digest_under_3_12("bench.odd", tmp_path) == "e7404f65972f5a53bf1027d7fcf6eef24fbc770c10a06cae3467c4c5e0330f96"


def test_closure_follows_real_imports_only(tree: Path) -> None:
    """Transitive, late and package imports count; type-only imports and strangers do not."""
    closure = closure_of("bench.main", tree)
    assert set(closure.code) == {"bench", "bench.main", "bench.deep", "bench.inner", "bench.late"}
    assert "numpy" in closure.libraries


@pytest.mark.parametrize("name", ["bench/main.py", "bench/deep.py", "bench/inner.py", "bench/late.py"])
def test_semantic_edit_changes_just_that_module(tree: Path, name: str) -> None:
    """The digest that differs names the edited file."""
    before = closure_of("bench.main", tree).code
    path = tree / name
    path.write_text(path.read_text() + "EXTRA = 1\n")
    after = closure_of("bench.main", tree).code
    assert [module for module in before if before[module] != after[module]] == [name.removesuffix(".py").replace("/", ".")]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("bench/deep.py", "# comment", "# another"),
        ("bench/deep.py", '"""Add."""', '"""Sum up."""'),
        ("bench/deep.py", '    """Add."""\n', ""),
        ("bench/deep.py", "def helper():", "\n\ndef helper( ):"),
        ("bench/unused.py", "3", "4"),
        ("bench/typed.py", "int", "str"),
    ],
)
def test_edit_without_effect_changes_nothing(tree: Path, name: str, old: str, new: str) -> None:
    """Comments, docstrings, layout, type-only and unused modules do not re-run a task."""
    before = closure_of("bench.main", tree)
    path = tree / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    assert closure_of("bench.main", tree) == before


def test_missing_module_is_an_error(tree: Path) -> None:
    """A task without source cannot be fingerprinted."""
    with pytest.raises(FileNotFoundError, match=r"bench\.nowhere"):
        closure_of("bench.nowhere", tree)


def test_threads_read_source_one_after_the_other(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.11 ends in a SystemError where two of them build trees at a time: a cluster's worker asks in several."""
    reading, met, parse = threading.Event(), [], ast.parse

    def slow(source: bytes) -> ast.Module:
        met.append(reading.is_set())
        reading.set()
        time.sleep(0.02)
        reading.clear()
        return parse(source)

    with monkeypatch.context() as patch, ThreadPoolExecutor(4) as pool:
        patch.setattr(ast, "parse", slow)
        found = list(pool.map(lambda _number: closure_of("bench.main", tree), range(4)))
        list(pool.map(lambda _number: digest_under_3_12("bench.main", tree), range(4)))
    assert all(each == found[0] for each in found)
    assert len(met) > 4
    assert not any(met)
