"""``python -m tests.mutation store report/claims --sample 18``: the share of mutants that a test kills, module by module.

The tree is copied, and nothing in it changes. The tests run once to see which of them run which lines; a mutant then meets
those that run its line, the quickest first, until one fails. A mutant that none of them kills is printed with its line, what
stood there and what stands there instead: it needs a test, or a reason why both programs are the same.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from importlib.util import cache_from_source
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from tests.mutation.lines import Known, Lines, statement_lines
from tests.mutation.mutants import Mutant, mutants_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parents[2]
_COPIED = (
    "bench",
    "store",
    "report",
    "templates",
    "data",
    "tests",
    "docs",
    "pyproject.toml",
    "noxfile.py",
    "constraints.txt",
    "README.md",
)
_PROJECT = frozenset({"bench", "store", "report", "tests"})
# Imported once and not once a mutant; pytest's plugins are none of them, it wants to import those by itself.
_HEAVY = frozenset({"PIL", "jinja2", "matplotlib", "numpy", "pandas", "pyarrow", "pydantic", "safetensors", "scipy", "sklearn"})
_WITHOUT = ("cacheprovider", "xdist", "anyio", "benchmark")  # pytest's plugins that no test here needs, and that take time
_PYTEST = ("-x", "-q", *(f"-pno:{name}" for name in _WITHOUT), "-m", "not campaign")
_STARTING = 60.0  # seconds that a child may take besides its tests, on a busy machine


def main() -> int:
    """Exit 0 where at least ``--goal`` of the mutants were killed, 1 where fewer were, 2 where the tests fail by themselves."""
    options = _parser().parse_args()
    sys.dont_write_bytecode = True
    paths = sorted({each for path in options.path for each in (path.rglob("*.py") if path.is_dir() else [path])})
    tests = options.tests or sorted({f"tests/{path if path.is_dir() else path.parent}" for path in options.path})
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        copy = _copied(Path(folder))
        known = _known(copy, paths, tests)
        if known is None:
            return 2
        rows = [_module(copy, path, known, options) for path in paths]
    rows = [row for row in rows if row[2]]
    killed, tried = sum(row[1] for row in rows), sum(row[2] for row in rows)
    for path, *counts in rows:
        print("| `{}` | {} of {} | {} |".format(path, *counts))
    print(f"{killed} of {tried} mutants killed ({killed / max(tried, 1):.0%}), seed {options.seed}")
    return 0 if killed >= options.goal * tried else 1


def _module(copy: Path, path: Path, known: Known, options: argparse.Namespace) -> tuple[Path, int, int, int]:
    """The module, how many mutants were killed, of how many tried, of how many there are."""
    source = (copy / path).read_text(encoding="utf-8")
    found = list(mutants_of(source))
    chosen = Random(options.seed).sample(found, min(options.sample or len(found), len(found)))  # noqa: S311 - to repeat it
    lines = statement_lines(source)
    killed = 0
    for number, mutant in enumerate(chosen):
        tests = known.chosen(copy / path, mutant.line, lines, options.budget)
        timeout = _STARTING + 20 * sum(known.seconds[name] for name in tests)
        if number == 0 and tests and _in_child(lambda tests=tests: _pytest(copy, tests), timeout) != 0:  # type: ignore[misc]
            raise RuntimeError(f"{path}: one of these fails without a mutant: {', '.join(tests)}")
        killed += _is_killed(copy, path, mutant, tests, timeout)
    print(f"{path}: {killed} of {len(chosen)}", file=sys.stderr, flush=True)
    return path, killed, len(chosen), len(found)


def _is_killed(copy: Path, path: Path, mutant: Mutant, tests: Sequence[str], timeout: float) -> bool:
    place = copy / path
    original = place.read_text(encoding="utf-8")
    place.write_text(mutant.source, encoding="utf-8")
    try:
        killed = bool(tests) and _in_child(lambda: _pytest(copy, tests), timeout) != 0
    finally:
        place.write_text(original, encoding="utf-8")
    if not killed:
        seen = "" if tests else " (no test runs it)"
        print(f"survived: {path}:{mutant.line}: {mutant.before!r} -> {mutant.after!r}{seen}", flush=True)
    return killed


def _known(copy: Path, paths: Sequence[Path], tests: Sequence[str]) -> Known | None:
    """Run the tests once and see; what they import from elsewhere is imported here, too, once for all children.

    None, and the names of the tests, where some fail without a mutant.
    """
    answer = copy.parent / "known.json"

    def trace() -> int:
        sys.dont_write_bytecode = False  # what is not changed is compiled once
        traced = Lines(frozenset(str(copy / path) for path in paths))
        code = _pytest(copy, tests, traced)
        foreign = sorted(name for name in sys.modules if name.split(".")[0] in _HEAVY)
        by_line = {file: list(lines.items()) for file, lines in traced.by_line().items()}
        told = {"tests": by_line, "seconds": traced.seconds, "modules": foreign, "failed": traced.failed}
        answer.write_text(json.dumps(told), encoding="utf-8")
        return code

    if _in_child(trace, float("inf")) != 0:
        failed = json.loads(answer.read_text(encoding="utf-8"))["failed"] if answer.exists() else []
        print("the tests fail without a mutant, or cannot be collected: nothing can be told", *failed, sep="\n")
        return None
    for path in paths:  # a mutant may be as long, and as old to the second, as what was compiled
        Path(cache_from_source(str(copy / path))).unlink(missing_ok=True)
    told = json.loads(answer.read_text(encoding="utf-8"))
    for name in told["modules"]:
        with contextlib.suppress(Exception):  # a module that was made while the tests ran, or that is imported another way
            importlib.import_module(name)
    return Known({file: dict(lines) for file, lines in told["tests"].items()}, told["seconds"])


def _in_child(work: Callable[[], int], timeout: float) -> int:
    """The exit code of ``work`` in a child that has the libraries already; a hang is ended, and gives minus SIGKILL."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setsid()
            code = work()
        except BaseException:  # noqa: BLE001 - nothing of the child may go on in the parent's stead
            traceback.print_exc()
        os._exit(code)
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _pytest(copy: Path, tests: Sequence[str], *plugins: object) -> int:
    import pytest

    os.chdir(copy)
    sys.path[:] = [str(copy), *(entry for entry in sys.path if entry not in {"", str(ROOT)})]
    for name in [name for name in sys.modules if name.split(".")[0] in _PROJECT]:
        del sys.modules[name]
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    return int(pytest.main([*_PYTEST, *tests], plugins=plugins))


def _copied(folder: Path) -> Path:
    copy = folder / "tree"
    copy.mkdir()
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.is_file():
            shutil.copy2(source, copy / name)
    return copy


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("path", type=Path, nargs="+", help="modules or packages, such as store or report/claims")
    parser.add_argument("--tests", action="append", help="where tests may be (default: what mirrors PATH); may be repeated")
    parser.add_argument("--sample", type=int, default=0, help="at most so many mutants a module (default: all)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--budget", type=float, default=20.0, help="seconds of tests that a mutant meets at most")
    parser.add_argument("--goal", type=float, default=0.85, help="share of killed mutants that ends with exit code 0")
    return parser


sys.exit(main())
