"""A changed line meets the tests that run it, through a fixture or by themselves, and no others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.mutation.lines import Known, Lines, statement_lines

ROOT = Path(__file__).parents[2]
MODULE = """LIMIT = 3

def kind(value):
    if (value
            > LIMIT):
        return "large"
    return "small"

def made():
    return kind(0)

def deep():
    return deep()
"""
TESTS = """import pytest
from subject import deep, kind, made

def test_beyond_the_stack():
    with pytest.raises(RecursionError):
        deep()

@pytest.fixture(scope="module")
def shared():
    return made()

def test_first(shared):
    assert shared == "small"

def test_second(shared):
    assert shared

def test_large():
    assert kind(4) == "large"

def test_apart():
    assert True
"""
SCRIPT = """
import json, sys, pytest
from tests.mutation.lines import Lines

lines = Lines(frozenset(sys.argv[1:2]))
code = pytest.main(["-q", "-p", "no:cacheprovider", "-c", "none.ini", "--rootdir=.", "test_subject.py"], plugins=[lines])
print(json.dumps({"code": int(code), "lines": lines.by_line(), "timed": sorted(lines.seconds)}))
"""


def test_each_line_is_put_down_to_the_tests_that_run_it(tmp_path: Path) -> None:
    """What a shared fixture runs is every user's of it, not the first one's alone; a full stack hides no other test."""
    import json

    (tmp_path / "subject.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "test_subject.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / "none.ini").write_text("[pytest]\n", encoding="utf-8")
    watched = str(tmp_path / "subject.py")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, watched],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{ROOT}:{tmp_path}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout.splitlines()[-1])
    lines = {int(line): tests for line, tests in told["lines"][watched].items()}
    both = ["test_subject.py::test_first", "test_subject.py::test_second"]
    assert told["code"] == 0
    assert lines[10] == both
    assert lines[6] == ["test_subject.py::test_large"]
    assert lines[7] == both
    assert lines[4] == [*both[:1], "test_subject.py::test_large", *both[1:]]
    assert 1 not in lines
    assert len(told["timed"]) == 5


def test_a_statement_is_one_place_whatever_its_lines() -> None:
    """A condition of two lines has both; the head of a compound statement ends where its body begins."""
    lines = statement_lines(MODULE)
    assert lines[4] == lines[5] == range(4, 6)
    assert lines[6] == range(6, 7)
    assert 1 not in lines


def test_the_quickest_tests_come_first_and_the_budget_ends_them() -> None:
    """A line of a function meets its own tests; one outside functions meets all that run something of the module."""
    tests = {"/m.py": {4: ["slow", "quick"], 7: ["middle"]}}
    known = Known(tests, {"slow": 9.0, "quick": 0.1, "middle": 1.0})
    lines = statement_lines(MODULE)
    assert known.chosen(Path("/m.py"), 5, lines, 20.0) == ["quick", "slow"]
    assert known.chosen(Path("/m.py"), 5, lines, 2.0) == ["quick"]
    assert known.chosen(Path("/m.py"), 1, lines, 20.0) == ["quick", "middle", "slow"]
    assert known.chosen(Path("/m.py"), 6, lines, 20.0) == []
    assert known.chosen(Path("/other.py"), 4, lines, 20.0) == []


def test_failures_are_kept() -> None:
    """A test that fails without a mutant can tell nothing, and is named."""
    lines = Lines(frozenset())
    report = type("Report", (), {"failed": True, "nodeid": "test_it"})()
    lines.pytest_runtest_logreport(report)  # type: ignore[arg-type]
    assert lines.failed == ["test_it"]
