"""The rule bench -> store <- report: who may import what, read from the sources and tried with the rest made unimportable."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
COMPUTING = {"torch", "torchvision", "ultralytics"}
FORBIDDEN = {
    "store": COMPUTING | {"bench", "report"},
    "report": COMPUTING | {"bench"},
    "bench": {"report"},
}
OPTIONAL = {"bench": ("cluster",)}  # groups whose packages are imported only by those who ask for what they do
IMPORT_ALL = """
import importlib, pkgutil, sys

package_name, *forbidden = sys.argv[1:]

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in forbidden:
            raise ModuleNotFoundError(f"{name} is out of reach here", name=name)

sys.meta_path.insert(0, Absent())
package = importlib.import_module(package_name)
names = [found.name for found in pkgutil.walk_packages(package.__path__, package_name + ".", onerror=None)]
for name in names:
    if not name.endswith(".__main__"):
        importlib.import_module(name)
print(len(names))
"""


def imported_packages(source: str) -> set[str]:
    """First parts of the names that the module imports anywhere, functions and type checking included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("package", FORBIDDEN)
def test_sources_import_nothing_forbidden(package: str) -> None:
    """No module of the package names a forbidden one in an import, not even inside a function."""
    modules = sorted((ROOT / package).rglob("*.py"))
    found = {str(path.relative_to(ROOT)): imported_packages(path.read_text(encoding="utf-8")) for path in modules}
    assert found
    assert {path: names & FORBIDDEN[package] for path, names in found.items() if names & FORBIDDEN[package]} == {}


def required(group: str) -> set[str]:
    """Packages that the dependency group names, included groups' ones too."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    names: set[str] = set()
    for line in groups[group]:
        names |= {canonicalize_name(Requirement(line).name)} if isinstance(line, str) else required(line["include-group"])
    return names


@pytest.mark.parametrize("package", FORBIDDEN)
def test_what_is_imported_is_a_named_dependency(package: str) -> None:
    """Nothing is imported that only happens to come with another package and may leave with its next release."""
    modules = sorted((ROOT / package).rglob("*.py"))
    imported = set().union(*(imported_packages(path.read_text(encoding="utf-8")) for path in modules))
    foreign = imported - sys.stdlib_module_names - FORBIDDEN.keys()
    providers = packages_distributions()
    named = required(package).union(*(required(group) for group in OPTIONAL.get(package, ())))
    unnamed = {name for name in foreign if not named & {canonicalize_name(one) for one in providers.get(name, ())}}
    assert foreign
    assert unnamed == set()


@pytest.mark.parametrize("package", ["store", "report"])
def test_every_module_imports_without_what_computes(package: str) -> None:
    """The package works on a machine that has neither torch nor bench."""
    command = [sys.executable, "-c", IMPORT_ALL, package, *sorted(FORBIDDEN[package])]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert int(answer.stdout) > 0


def test_the_reader_of_imports_sees_hidden_ones() -> None:
    """The check above finds imports in functions and dotted ones, so that it can fail."""
    assert imported_packages("def f():\n    import torch.nn as nn\n    from bench.harness.task import Task\n") == {
        "torch",
        "bench",
    }


@pytest.mark.parametrize("room", ["bench/datasets", "bench/models"])
def test_data_sets_and_models_import_no_study(room: str) -> None:
    """A second study finds them as it needs them: nothing there names the first."""
    modules = sorted((ROOT / room).rglob("*.py"))
    assert modules
    assert [str(path.relative_to(ROOT)) for path in modules if "bench.studies" in path.read_text(encoding="utf-8")] == []
