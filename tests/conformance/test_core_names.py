"""The core knows no study: it names none, none of their models or arms, and imports nothing of them."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
ROOMS = ("bench", "store", "report")
CORE = sorted(
    path for room in ROOMS for path in (ROOT / room).rglob("*.py") if path.relative_to(ROOT / room).parts[0] != "studies"
)
STYLE = sorted(path for path in (ROOT / "templates" / "style").rglob("*") if path.is_file())


@cache
def names() -> frozenset[str]:
    """Every study, and every model and arm that one of them measures."""
    found = set()
    for path in (ROOT / "data" / "studies").glob("*/study.toml"):
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
        found |= {path.parent.name, *(one["key"] for group in ("models", "arms") for one in tree.get(group, ()))}
    return frozenset(found)


def named(tree: ast.AST) -> Iterator[str]:
    """The names that stand in the code as a text of their own, and imports of a study."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in names():
            yield f"line {node.lineno}: {node.value!r}"
        if isinstance(node, ast.ImportFrom | ast.Import):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
            yield from (f"line {node.lineno}: imports {one}" for one in modules if ".studies." in one)


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_core_module_names_a_study_or_what_is_one_s(path: Path) -> None:
    """What depends on a name stands in the study that has it."""
    assert list(named(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize("path", STYLE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_shared_template_names_a_study(path: Path) -> None:
    """The style of all reports is about none."""
    text = path.read_text(encoding="utf-8", errors="replace")
    studies = [folder.name for folder in (ROOT / "data" / "studies").iterdir() if folder.is_dir()]
    assert [name for name in studies if name in text] == []


@pytest.mark.parametrize(
    "code",
    [
        'def build(variant):\n    return 1 if variant == "vae" else 2',
        'ARMS = ("scratch-car",)',
        "from bench.studies.assignment_2 import config",
        'STUDY = "fashion_benchmark"',
    ],
)
def test_a_name_in_the_core_is_found(code: str) -> None:
    """So that the rule can fail."""
    assert list(named(ast.parse(code)))
