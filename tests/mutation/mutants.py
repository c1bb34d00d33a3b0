"""Finds every place of a module where one small change gives another program, and writes the module with that change."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: where, what stood there, what stands there now, and the whole source with it."""

    line: int
    before: str
    after: str
    source: str


def mutants_of(source: str) -> Iterator[Mutant]:
    """Every mutant of the module; annotations, decorators, docstrings and other texts are left alone."""
    tree = ast.parse(source)
    skipped = _declared(tree)
    for number, node in enumerate(ast.walk(tree)):
        if id(node) in skipped:
            continue
        for change in _changes(node):
            other = copy.deepcopy(tree)
            twin = next(each for place, each in enumerate(ast.walk(other)) if place == number)
            before = ast.unparse(node)
            replaced = change(twin)
            if replaced is not None:
                other = _Replacing(twin, replaced).visit(other)
            shown = ast.unparse(twin if replaced is None else replaced)
            yield Mutant(_line(node), before, shown, ast.unparse(ast.fix_missing_locations(other)))


def _changes(node: ast.AST) -> Iterator[Callable[[ast.AST], ast.AST | None]]:  # noqa: C901 - a branch for each kind of node
    """What can be changed at a node: each change edits the twin of it in place, or gives another node for it."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARISONS:
        yield lambda twin: setattr(twin, "ops", [_COMPARISONS[type(twin.ops[0])]()])  # type: ignore[attr-defined]
    elif isinstance(node, ast.BoolOp):
        yield lambda twin: setattr(twin, "op", ast.Or() if isinstance(twin.op, ast.And) else ast.And())  # type: ignore[attr-defined]
    elif isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        yield lambda twin: setattr(twin, "op", _OPERATORS[type(twin.op)]())  # type: ignore[attr-defined]
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield lambda twin: twin.operand  # type: ignore[attr-defined]
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield lambda twin: setattr(twin, "value", not twin.value)  # type: ignore[attr-defined]
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield lambda twin: setattr(twin, "value", twin.value + 1)  # type: ignore[attr-defined]
    elif isinstance(node, ast.IfExp | ast.If):
        for value in (True, False):
            yield lambda twin, value=value: setattr(twin, "test", ast.Constant(value))  # type: ignore[misc]
    elif isinstance(node, ast.Raise):
        yield lambda _twin: ast.Pass()
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
        yield lambda twin: setattr(twin.func, "id", _CALLS[twin.func.id])  # type: ignore[attr-defined]
    elif isinstance(node, ast.comprehension) and node.ifs:
        yield lambda twin: setattr(twin, "ifs", [])


def _line(node: ast.AST) -> int:
    """Of the node, or of the first one in it that has a line: a comprehension has none of its own."""
    return next(each.lineno for each in ast.walk(node) if hasattr(each, "lineno"))


class _Replacing(ast.NodeTransformer):
    """Puts one node in another's place."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        """Replace the node itself, go on into any other."""
        return self.new if node is self.old else self.generic_visit(node)


def _declared(tree: ast.Module) -> set[int]:
    """Everything inside annotations and under ``if TYPE_CHECKING``, which no test can see, and ``frozen=True, slots=True``."""
    roots: list[ast.AST | None] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign | ast.arg):
            roots.append(node.annotation)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            roots += [node.returns, *node.decorator_list]
        elif isinstance(node, ast.ClassDef):
            roots += node.decorator_list
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            roots.append(node)
    return {id(inner) for root in roots if root is not None for inner in ast.walk(root)}
