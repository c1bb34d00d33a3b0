"""No sentence, table or figure of a study judges by itself: verdicts come from the claims, through one engine."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

STUDIES = Path(__file__).parents[2] / "report" / "studies"
MODULES = sorted(STUDIES.rglob("*.py"))
# Words that are a verdict, in the judge's spelling and in what others have been used.
VERDICTS = {"reproduced", "consistent", "refuted", "inconclusive", "not_comparable"}
VERDICTS |= {"supported", "not_supported", "undecided", "not_measured", "confirmed", "rejected"}
TESTS = {"inside_p", "outside_p", "all_inside_p", "any_outside_p", "against_p", "one_more_p", "seeds_needed", "judge_family"}
BOUNDS = {"low", "high"}


def faults(tree: ast.AST) -> list[str]:
    """Where the code compares an interval's bound, gives a verdict's word, or tests a claim."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(_is_bound(side) for side in (node.left, *node.comparators)):
            found.append(f"line {node.lineno}: compares a bound of an interval")
        if isinstance(node, ast.Return | ast.IfExp | ast.Dict | ast.Call | ast.Assign | ast.AnnAssign):
            words = [part for part in _given(node) if isinstance(part, ast.Constant) and part.value in VERDICTS]
            found += [f"line {word.lineno}: gives the verdict {word.value!r}" for word in words]
        if isinstance(node, ast.ImportFrom):
            found += [f"line {node.lineno}: imports {name.name}" for name in node.names if name.name in TESTS]
    return found


def _is_bound(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in BOUNDS


def _given(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.Return | ast.Assign | ast.AnnAssign):
        return [node.value] if node.value else []
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.Dict):
        return list(node.values)
    return list(node.args) if isinstance(node, ast.Call) else []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(STUDIES).as_posix())
def test_a_study_speaks_verdicts_and_gives_none(path: Path) -> None:
    """Whoever wants to say more about a claim says it in claims.toml."""
    assert faults(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "code",
    [
        "def f(gap):\n    return 'supported' if gap.mean > 0 else 'open'",
        "def f(gap):\n    return gap.interval.low > 0",
        "def f(gap):\n    verdict = 'refuted'\n    return verdict",
        "def f(gap):\n    return Observation('key', 'undecided')",
        "from report.inference.testing import outside_p",
    ],
)
def test_a_sentence_that_judges_is_found(code: str) -> None:
    """What the rule looks for is what sentences did."""
    assert faults(ast.parse(code))
