"""How long the command lines take to answer, beside the bare interpreter in the same run."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

ROOT = Path(__file__).parents[2]
ROUNDS = 7


def start(arguments: list[str]) -> float:
    """Seconds that a Python process with ``arguments`` lives."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - begin


@pytest.mark.parametrize("program", ["bench", "report"])
def test_help_answers_at_once(benchmark: BenchmarkFixture, program: str) -> None:
    """``--help`` needs neither torch nor matplotlib, and so answers almost as fast as Python starts."""
    bare_s = min(start(["-c", "pass"]) for _ in range(ROUNDS))
    benchmark.extra_info["bare_interpreter_s"] = bare_s
    benchmark.pedantic(start, args=(["-m", program, "--help"],), rounds=ROUNDS, warmup_rounds=1)
    benchmark.extra_info["other_over_here"] = bare_s / benchmark.stats.stats.min
