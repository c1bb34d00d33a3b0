"""How long a report takes: built whole, and asked for again with nothing changed, both in the same run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from report.build import Options, build
from tests.report.study import Spec, write_study

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

ROUNDS = 3
TEST_IMAGES = 10_000  # as many points in each t-SNE map and rows in each table of errors as the full data give


def test_a_whole_report_beside_an_unchanged_one(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """HTML and PDF of a study of full size, and the check that finds nothing to do."""
    write_study(tmp_path, Spec(images=TEST_IMAGES))
    benchmark.pedantic(build, args=(tmp_path, Options(force=True)), rounds=ROUNDS, warmup_rounds=1)
    unchanged_s = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        build(tmp_path, Options())
        unchanged_s.append(time.perf_counter() - begin)
    whole_s = benchmark.stats.stats.min
    benchmark.extra_info |= {"unchanged_s": min(unchanged_s), "other_over_here": min(unchanged_s) / whole_s}
