"""Which tests run which lines: a pytest plugin that traces chosen files, and the choice of tests for a changed line."""

from __future__ import annotations

import ast
import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path
    from types import FrameType

Line = tuple[str, int]


@dataclass(eq=False)
class Lines:
    """Traces the files of ``watched``: each line is put down to the test, or to the fixture, that was running.

    A fixture's lines belong to every test that asks for it, whichever was the first. What other processes run is not seen.
    """

    watched: frozenset[str]
    hits: dict[str, set[Line]] = field(default_factory=lambda: defaultdict(set))
    users: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    seconds: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    running: list[str] = field(default_factory=list)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note which fixtures each test asks for, and begin: what importing runs is no test's."""
        for item in session.items:
            for name in getattr(item, "fixturenames", ()):
                self.users[name].append(item.nodeid)
        sys.settrace(self._enter)
        threading.settrace(self._enter)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Whatever runs now is this test's, with the tracer set anew: Python drops one that raises, as at the stack's end."""
        sys.settrace(self._enter)
        self.running.append(item.nodeid)
        begin = time.process_time()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.process_time() - begin
            self.running.pop()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
        """Whatever runs now is this fixture's."""
        self.running.append(f"fixture {fixturedef.argname}")
        try:
            return (yield)
        finally:
            self.running.pop()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember what fails by itself: it can tell nothing."""
        if report.failed:
            self.failed.append(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Stop tracing."""
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]

    def by_line(self) -> dict[str, dict[int, list[str]]]:
        """File to line to the tests that run it."""
        found: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        for who, lines in self.hits.items():
            tests = self.users[who.removeprefix("fixture ")] if who.startswith("fixture ") else [who]
            for file, line in lines:
                found[file][line].update(tests)
        return {file: {line: sorted(tests) for line, tests in lines.items()} for file, lines in found.items()}

    def _enter(self, frame: FrameType, _event: str, _arg: object) -> object:
        return self._step if frame.f_code.co_filename in self.watched else None

    def _step(self, frame: FrameType, _event: str, _arg: object) -> object:
        if self.running:
            self.hits[self.running[-1]].add((frame.f_code.co_filename, frame.f_lineno))
        return self._step


@dataclass(frozen=True, slots=True)
class Known:
    """What the tests told when they ran without a mutant: who runs which line of which file, and for how long."""

    tests: dict[str, dict[int, list[str]]]
    seconds: dict[str, float]

    def chosen(self, place: Path, line: int, lines: dict[int, range], budget: float) -> list[str]:
        """The tests that run the statement of ``line``, quickest first, as many as ``budget`` seconds allow.

        A line outside functions takes effect in all of the module: there any test that runs some line of it.
        """
        by_line = self.tests.get(str(place), {})
        names = {name for one in lines.get(line, by_line) for name in by_line.get(one, ())}
        total, found = 0.0, []
        for name in sorted(names, key=lambda name: (self.seconds[name], name)):
            total += self.seconds[name]
            if found and total > budget:
                break
            found.append(name)
        return found


def statement_lines(source: str) -> dict[int, range]:
    """Each line to the lines of the statement that it belongs to; of a compound one its head alone.

    Lines outside functions are left out: they run when the module is imported.
    """
    found: dict[int, range] = {}
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for statement in function.body:
                _note(statement, found)
    return found


def _note(statement: ast.stmt, found: dict[int, range]) -> None:
    inner = list(_statements(statement))
    last = max(statement.lineno, inner[0].lineno - 1) if inner else statement.end_lineno or statement.lineno
    lines = range(statement.lineno, last + 1)
    found.update(dict.fromkeys(lines, lines))
    for one in inner:
        _note(one, found)


def _statements(statement: ast.stmt) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.stmt):
            yield child
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            yield from child.body
