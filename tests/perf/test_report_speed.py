"""How long a report takes: built whole, with the figures of the build before, with nothing changed, and verified."""

from __future__ import annotations

import shutil
import time
from functools import partial
from typing import TYPE_CHECKING

from report.build import KEPT, Options, build
from report.checks.verification import verify_facts
from tests.report.configuration import with_detection
from tests.report.study import Spec, write_study

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

ROUNDS = 3
TEST_IMAGES = 10_000  # as many points in each t-SNE map and rows in each table of errors as the full data give


def test_a_whole_report_beside_an_unchanged_one(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """A study of full size in both languages and in one; with kept figures; with nothing to do; verified."""
    write_study(tmp_path, Spec(images=TEST_IMAGES, config=with_detection()))

    def forget() -> None:
        shutil.rmtree(tmp_path / KEPT, ignore_errors=True)

    benchmark.pedantic(build, args=(tmp_path, Options(force=True)), setup=forget, rounds=ROUNDS, warmup_rounds=1)
    whole_s = benchmark.stats.stats.min
    kept_s, unchanged_s = (_fastest_s(partial(build, tmp_path, Options(force=force))) for force in (True, False))
    page, paper = (
        _fastest_s(partial(verify_facts, tmp_path / "report" / name, tmp_path, Options()))
        for name in ("report.html", "report.pdf")
    )
    one_s = _fastest_s(partial(build, tmp_path, Options(force=True, languages=("en",))), forget)
    benchmark.extra_info |= {
        "one_language_s": one_s,
        "kept_figures_s": kept_s,
        "unchanged_s": unchanged_s,
        "verify_page_s": page,
        "verify_pdf_s": paper,
        "other_over_here": unchanged_s / whole_s,
        "goals_s": {"both languages": 20, "one language": 12, "unchanged": 1, "verify": 10},
    }
    assert unchanged_s < kept_s < whole_s


def _fastest_s(what: Callable[[], object], before: Callable[[], object] = lambda: None) -> float:
    found = []
    for _ in range(ROUNDS):
        before()
        begin = time.perf_counter()
        what()
        found.append(time.perf_counter() - begin)
    return min(found)
