"""Ten thousand tasks whose records all stand: how long it takes to plan them, to say how they are, and to run nothing."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import pytest

from bench.harness import invocation, status
from tests.perf.many import fill, study
from tests.perf.many import options as options_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

RECORDS = 10_000
GOAL_S = 3.0


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Iterator[argparse.Namespace]:
    """A store with the records of all tasks, and a study that consists of these."""
    root = tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as hasty:
        hasty.setattr(os, "fsync", lambda _handle: None)  # the store is thrown away
        fill(root, RECORDS)
    with study(RECORDS):
        yield options_of(root)


def test_a_plan_of_ten_thousand_records(benchmark: BenchmarkFixture, options: argparse.Namespace) -> None:
    """Each manifest is read and each file compared with its digest."""
    facts = benchmark.pedantic(invocation.plan_facts, args=(options,), rounds=1)
    assert facts["to_run"] == 0
    benchmark.extra_info["goal_s"] = GOAL_S


def test_a_run_of_ten_thousand_records_with_nothing_to_do(benchmark: BenchmarkFixture, options: argparse.Namespace) -> None:
    """Plan, compare with the manifest, say so."""
    facts = invocation.run(options, io.StringIO())
    assert facts["reused"] == RECORDS
    benchmark.pedantic(invocation.run, args=(options, io.StringIO()), rounds=1)
    benchmark.extra_info["goal_s"] = GOAL_S


def test_the_status_of_ten_thousand_records(benchmark: BenchmarkFixture, options: argparse.Namespace) -> None:
    """Each record's status, and whether it is stale."""
    invocation.run(options, io.StringIO())
    facts = benchmark.pedantic(status.status_facts, args=(options.artifacts, None, options), rounds=1)
    assert isinstance(facts["tasks"], list)
    assert len(facts["tasks"]) == RECORDS
    benchmark.extra_info["goal_s"] = GOAL_S
