"""``python -m tests.mutation store --tests tests/store --sample 100 --seed 1``: the share of mutants that a test kills.

The tree is copied, and nothing in it changes. A mutant that no test kills is printed with its line, what stood there and
what stands there instead: it needs a test, or a reason why both programs are the same.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from tests.mutation.mutants import Mutant, mutants_of

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
_HEAVY = ("numpy", "pyarrow.parquet", "pydantic", "pytest", "safetensors.numpy", "pandas", "scipy.stats")


def main() -> int:
    """Exit 0 where at least ``--goal`` of the mutants were killed, 1 where fewer were, 2 where the tests fail by themselves."""
    options = _parser().parse_args()
    paths = sorted(options.path.rglob("*.py")) if options.path.is_dir() else [options.path]
    found = [(path, mutant) for path in paths for mutant in mutants_of(path.read_text(encoding="utf-8"))]
    chosen = Random(options.seed).sample(found, min(options.sample or len(found), len(found)))  # noqa: S311 - to repeat it
    tests = options.tests or [f"tests/{options.path}"]
    for name in _HEAVY:
        with contextlib.suppress(ImportError):
            __import__(name)  # once here, not once in the child of each mutant
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        copy = _copied(Path(folder))
        if _failing(copy, tests, options.timeout * 4):
            print("the tests fail without a mutant: nothing can be told")
            return 2
        killed = [_is_killed(copy, path, mutant, tests, options.timeout) for path, mutant in chosen]
    share = sum(killed) / max(len(killed), 1)
    print(
        f"{sum(killed)} of {len(killed)} mutants killed ({share:.0%}), of {len(found)} in {options.path}, seed {options.seed}"
    )
    return 0 if share >= options.goal else 1


def _is_killed(copy: Path, path: Path, mutant: Mutant, tests: list[str], timeout: float) -> bool:
    place = copy / path
    original = place.read_text(encoding="utf-8")
    place.write_text(mutant.source, encoding="utf-8")
    try:
        killed = _failing(copy, tests, timeout)
    finally:
        place.write_text(original, encoding="utf-8")
    if not killed:
        print(f"survived: {path}:{mutant.line}: {mutant.before!r} -> {mutant.after!r}", flush=True)
    return killed


def _failing(copy: Path, tests: list[str], timeout: float) -> bool:
    """Whether pytest ends in anything but success, in a child that has the libraries already; a hang counts as a failure."""
    child = os.fork()
    if child == 0:
        _run(copy, tests)
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) != 0
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def _run(copy: Path, tests: list[str]) -> None:
    import pytest

    os.setsid()
    os.chdir(copy)
    sys.path[:] = [str(copy), *(entry for entry in sys.path if entry not in {"", str(ROOT)})]
    for name in [name for name in sys.modules if name.split(".")[0] in {"bench", "store", "report", "tests"}]:
        del sys.modules[name]
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    sys.dont_write_bytecode = True
    arguments = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", "not campaign and not slow", *tests]
    os._exit(int(pytest.main(arguments)))


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
    parser.add_argument("path", type=Path, help="a module or a package, such as store or report/claims")
    parser.add_argument("--tests", action="append", help="what to run (default: the tests that mirror PATH); may be repeated")
    parser.add_argument("--sample", type=int, default=0, help="at most so many mutants, drawn with --seed (default: all)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds for the tests on one mutant")
    parser.add_argument("--goal", type=float, default=0.85, help="share of killed mutants that ends with exit code 0")
    return parser


sys.exit(main())
