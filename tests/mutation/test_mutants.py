"""The mutator changes one thing at a time, and what it writes is a program."""

from __future__ import annotations

import ast

from tests.mutation.mutants import mutants_of

SOURCE = '''
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    LIMIT = 5

def judge(value: "int | None", items: list[int] = []) -> bool | None:
    """Text that is left alone: 5."""
    if value is None or not items:
        raise ValueError("no value")
    return min(item + 1 for item in items if item != 3) <= value and True
'''


def test_every_mutant_differs_in_one_place_and_compiles() -> None:
    """Comparisons, operators, negations, numbers, conditions, raises, filters; no annotation and no text."""
    found = {(mutant.before, mutant.after) for mutant in mutants_of(SOURCE)}
    expected = {
        ("value is None", "value is not None"), ("not items", "items"), ("3", "4"), ("1", "2"), ("True", "False"),
        ("item + 1", "item - 1"), ("item != 3", "item == 3"), ("raise ValueError('no value')", "pass"),
    }  # fmt: skip
    assert expected <= found
    assert not any("5" in before and len(before) < 3 for before, _ in found)
    assert not any("int | None" in before and before.startswith("int") for before, _ in found)
    plain = ast.unparse(ast.parse(SOURCE))
    for mutant in mutants_of(SOURCE):
        compile(mutant.source, "mutant", "exec")
        assert mutant.source != plain
        assert mutant.line > 0


def test_mutants_are_the_same_each_time() -> None:
    """A sample with a seed can be repeated."""
    assert list(mutants_of(SOURCE)) == list(mutants_of(SOURCE))
