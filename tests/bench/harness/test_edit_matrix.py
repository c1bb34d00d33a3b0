"""An edit re-runs exactly the experiments that import the edited module: every module of bench and store, one by one.

What an experiment imports is found out apart from the closure: by Python itself, which imports it in a process of its own,
plus the imports inside functions, which Python meets only later.
"""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

import pytest

from bench.harness.closure import ROOT, closure_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for package in ("bench", "store")
    for path in (ROOT / package).rglob("*.py")
)
EXPERIMENTS = sorted(name for name in MODULES if name.startswith("bench.studies.assignment_2.experiments."))
# Answers each module's name with what importing it loads, in a process of its own. The libraries of others are there already:
# to import them afresh each time would take a minute and a half. The detector's package says on standard output that it makes
# a file of settings where the user has none.
_IMPORTER = """
import importlib, json, os, sys, tempfile
answers, sys.stdout = sys.stdout, sys.stderr
import pandas, scipy, skimage, sklearn, torch
with tempfile.TemporaryDirectory() as folder:
    os.environ["YOLO_CONFIG_DIR"] = folder
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        if not os.fork():
            importlib.import_module(line.strip())
            names = sorted(n for n in sys.modules if n.split(".")[0] in ("bench", "store"))
            print(json.dumps(names), file=answers, flush=True)
            os._exit(0)
        os.wait()
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages, which a test may edit."""
    root = tmp_path_factory.mktemp("tree")
    for package in ("bench", "store"):
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    return root


@pytest.fixture(scope="module")
def before(tree: Path) -> dict[str, dict[str, str]]:
    """The digests without any edit."""
    return digests(tree)


def path_of(root: Path, module: str) -> Path:
    """The file of a module or package."""
    stem = root.joinpath(*module.split("."))
    return stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")


@cache
def importer() -> subprocess.Popen[str]:
    """A process that has imported everything but what is under test."""
    command = [sys.executable, "-c", _IMPORTER]
    process = subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    while process.stdout.readline() not in {"ready\n", ""}:
        pass
    return process


@pytest.fixture(scope="module", autouse=True)
def ended() -> Iterator[None]:
    """No process is left behind."""
    yield
    importer().communicate()
    importer.cache_clear()


@cache
def imported_by_python(module: str) -> set[str]:
    """The own modules that are loaded once ``module`` has been imported."""
    process = importer()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{module}\n")
    process.stdin.flush()
    return set(json.loads(process.stdout.readline()))


@cache
def inside_functions(module: str) -> frozenset[str]:
    """The own modules that the functions of ``module`` name in their imports."""
    names: set[str] = set()
    for function in ast.walk(ast.parse(path_of(ROOT, module).read_text(encoding="utf-8"))):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.ImportFrom) and node.module:
                    names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
                elif isinstance(node, ast.Import):
                    names |= {alias.name for alias in node.names}
    return frozenset(names & set(MODULES))


@cache
def really_imports(experiment: str) -> frozenset[str]:
    """All that Python loads for the experiment, and whatever its functions or those of its imports load later."""
    loaded = imported_by_python(experiment)
    pending = set(loaded)
    while pending:
        later = inside_functions(pending.pop()) - loaded
        for module in later:
            found = imported_by_python(module) - loaded
            loaded |= found
            pending |= found
    return frozenset(loaded)


def digests(root: Path) -> dict[str, dict[str, str]]:
    """Experiment to the digests that its fingerprint holds."""
    return {name: closure_of(name, root).code for name in EXPERIMENTS}


@pytest.mark.parametrize("module", MODULES)
def test_an_edit_reaches_exactly_what_imports_the_module(module: str, tree: Path, before: dict[str, dict[str, str]]) -> None:
    """A statement moves the digests of the experiments that import the module, and of no other; a comment moves none."""
    path = path_of(tree, module)
    source, own = path.read_text(encoding="utf-8"), closure_of(module, tree)
    try:
        path.write_text(f"{source}\n# a comment that says nothing of what runs\n", encoding="utf-8")
        assert closure_of(module, tree) == own  # what any closure would take of it
        path.write_text(f"{source}\n_EDITED = True\n", encoding="utf-8")
        after = digests(tree)
    finally:
        path.write_text(source, encoding="utf-8")
    moved = {name for name in EXPERIMENTS if after[name] != before[name]}
    assert moved == {name for name in EXPERIMENTS if module in really_imports(name)}
