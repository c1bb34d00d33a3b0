"""Which source a task really runs: the modules that its experiment imports, and a digest of each one's syntax tree.

Digests ignore comments, docstrings, blank lines and formatting; imports under ``if TYPE_CHECKING`` do not count. They are
the same under every version of Python that runs the program.
"""

from __future__ import annotations

import ast
import sys
import threading
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store.canonical import digest_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

ROOT = Path(__file__).parents[2]
MODULE_LEVEL = "module level"
_OWN = ("bench", "store")
_GENERIC = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_ALONE = threading.Lock()  # Python 3.11 adds up the depth of trees that threads build side by side, and finds it wrong
_EMPTY_SHOWN: Mapping[str, Any] = {"show_empty": True} if sys.version_info >= (3, 13) else {}


@dataclass(frozen=True, slots=True)
class Closure:
    """``code`` maps own module to digest, ``libraries`` are the top-level names of everything else imported."""

    code: dict[str, str]
    libraries: frozenset[str]


def closure_of(module: str, root: Path = ROOT) -> Closure:
    """Follow the imports of ``module`` (dotted, under ``root``) through bench and store; raises FileNotFoundError."""
    code: dict[str, str] = {}
    libraries: set[str] = set()
    place = cache(partial(_path_of, root))  # most modules are imported by many
    own = cache(lambda name: tuple(_own_modules(place, name)))
    pending = [module, *own(module)]  # importing a module runs its packages first
    while pending:
        name = pending.pop()
        if name in code:
            continue
        source = _Source.read(_found(place(name), name, root))
        code[name] = source.digest
        for imported in source.imports:
            if imported.split(".")[0] in _OWN:
                pending.extend(own(imported))
            else:
                libraries.add(imported.split(".")[0])
    return Closure(dict(sorted(code.items())), frozenset(libraries))


def parts_of(module: str, root: Path = ROOT) -> dict[str, str]:
    """Digests of the module's functions and methods (``Class.method``), and of all its other statements together.

    They explain a change of the module's digest and are no part of a fingerprint. Raises FileNotFoundError.
    """
    return dict(_Source.read(_found(_path_of(root, module), module, root)).parts)


def digest_under_3_12(module: str, root: Path = ROOT) -> str:
    """The module's digest as this program took it under Python 3.12 before 2026-11-27: parameters of generics stand in it.

    Records made so are told by it to be of this source. Raises FileNotFoundError.
    """
    tree = _tree_of(_found(_path_of(root, module), module, root))
    _strip_docstrings(tree)
    generic: Any
    for generic in (node for node in ast.walk(tree) if isinstance(node, _GENERIC)):
        generic.type_params = []
        generic._fields = (*(name for name in generic._fields if name != "type_params"), "type_params")
    return digest_bytes(ast.dump(tree, **_EMPTY_SHOWN).encode())


@dataclass(frozen=True, slots=True)
class _Source:
    digest: str
    imports: tuple[str, ...]
    parts: tuple[tuple[str, str], ...]

    @staticmethod
    def read(path: Path) -> _Source:
        found = path.stat()
        return _parse(path, found.st_mtime_ns, found.st_size)


@cache
def _parse(path: Path, _mtime_ns: int, _size: int) -> _Source:
    tree = _tree_of(path)
    imports = tuple(sorted(set(_imports(tree))))
    _strip_docstrings(tree)
    return _Source(_digest_of([tree]), imports, tuple(_parts(tree)))


def _tree_of(path: Path) -> ast.Module:
    with _ALONE:
        return ast.parse(path.read_bytes())


def _digest_of(nodes: Sequence[ast.AST]) -> str:
    return digest_bytes("\n".join(map(_dump, nodes)).encode())


def _dump(node: ast.AST) -> str:
    """The tree as Python 3.11 writes it: 3.12 adds generic parameters and empty ends of formats, 3.13 hides empty fields."""
    for child in ast.walk(node):
        if isinstance(child, ast.JoinedStr):
            child.values = [part for part in child.values if not (isinstance(part, ast.Constant) and part.value == "")]
        if not getattr(child, "type_params", True):
            del child.type_params  # type: ignore[attr-defined]
    return ast.dump(node, **_EMPTY_SHOWN)


def _parts(tree: ast.Module) -> Iterator[tuple[str, str]]:
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    rest: list[ast.AST] = []
    for node in tree.body:
        if isinstance(node, functions):
            yield node.name, _digest_of([node])
        elif isinstance(node, ast.ClassDef):
            methods = [item for item in node.body if isinstance(item, functions)]
            yield from ((f"{node.name}.{method.name}", _digest_of([method])) for method in methods)
            node.body = [item for item in node.body if not isinstance(item, functions)]
            yield f"class {node.name}", _digest_of([node])
        else:
            rest.append(node)
    yield MODULE_LEVEL, _digest_of(rest)


def _path_of(root: Path, module: str) -> Path | None:
    stem = root.joinpath(*module.split("."))
    for candidate in (stem.with_suffix(".py"), stem / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def _found(path: Path | None, module: str, root: Path) -> Path:
    if path is None:
        raise FileNotFoundError(f"no source for module {module} under {root}")
    return path


def _own_modules(place: Callable[[str], Path | None], name: str) -> Iterator[str]:
    """``a.b.c`` runs the packages ``a`` and ``a.b`` too; a trailing attribute is no module and is left out."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        module = ".".join(parts[:end])
        if place(module) is not None:
            yield module


def _imports(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and _is_type_checking(child.test):
            for other in child.orelse:
                yield from _imports(other)
        elif isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module and not child.level:
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        else:
            yield from _imports(child)


def _is_type_checking(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def _strip_docstrings(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and ast.get_docstring(node, clean=False) is not None
        ):
            node.body = node.body[1:] or [ast.Pass()]
