"""How long a report takes: built whole, with the figures of the build before, and with nothing changed, in one run."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

from report.build import KEPT, Options, build
from tests.report.configuration import with_detection
from tests.report.study import Spec, write_study

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

ROUNDS = 3
TEST_IMAGES = 10_000  # as many points in each t-SNE map and rows in each table of errors as the full data give


def test_a_whole_report_beside_an_unchanged_one(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """A study of full size in both languages; the same with kept figures; the check that finds nothing to do."""
    write_study(tmp_path, Spec(images=TEST_IMAGES, config=with_detection()))

    def forget() -> None:
        shutil.rmtree(tmp_path / KEPT, ignore_errors=True)

    benchmark.pedantic(build, args=(tmp_path, Options(force=True)), setup=forget, rounds=ROUNDS, warmup_rounds=1)
    kept_s, unchanged_s = (_fastest_s(tmp_path, Options(force=force)) for force in (True, False))
    whole_s = benchmark.stats.stats.min
    benchmark.extra_info |= {"kept_figures_s": kept_s, "unchanged_s": unchanged_s, "other_over_here": unchanged_s / whole_s}
    assert unchanged_s < kept_s < whole_s


def _fastest_s(artifacts: Path, options: Options) -> float:
    found = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        build(artifacts, options)
        found.append(time.perf_counter() - begin)
    return min(found)
