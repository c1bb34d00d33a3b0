"""A run grows by seeds: what is there is reused, and only the tasks of the new seeds run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.datasets.catalogue import Dataset
from bench.harness.planner import inputs_of, plan, tasks_of
from bench.studies.assignment_2.config import StudyConfig
from store.records import Draft, commit
from store.schema import Result
from tests.bench.studies.assignment_2.experiments.records import EXECUTION

if TYPE_CHECKING:
    from pathlib import Path

    from bench.harness.planner import Planned


def planned(root: Path, *seeds: int) -> dict[str, Planned]:
    """The plan of the real experiments for these seeds, by task id; data are named and not read."""
    config = StudyConfig.model_validate({"dataset": {"source": "sample"}, "seeds": list(seeds)})
    data = {name: Dataset(name, root, "ab" * 32, lambda: "ab" * 32) for name in inputs_of(tasks_of(config))}
    return {item.id: item for item in plan(config, data, root)}


def finish(root: Path, items: dict[str, Planned]) -> None:
    """Leave a record for every task of a plan, as the executor would: upstream results are named."""
    results: dict[str, str] = {}
    for name, item in items.items():
        upstream = {other: results[other] for other in item.task.upstream}
        result = Result(status="ok", metrics={"value": len(results)}, upstream_results=upstream)
        stored = commit(root, Draft(item.task.key, item.ingredients, result, {}, EXECUTION, frozenset()))
        results[name] = stored.record.result_digest


@pytest.mark.parametrize("longer", [(0, 1, 2), (5, 1, 0)], ids=["one more", "another order and a gap"])
def test_more_seeds_leave_the_old_ones_alone(tmp_path: Path, longer: tuple[int, ...]) -> None:
    """Every task of seeds 0 and 1, and every one without a seed, is reused; the new seed's run and are new."""
    before = planned(tmp_path, 0, 1)
    assert {item.action for item in before.values()} == {"run"}
    finish(tmp_path, before)
    after = planned(tmp_path, *longer)
    (new,) = set(longer) - {0, 1}
    assert before.keys() < after.keys()
    assert {name for name, item in after.items() if item.action == "reuse"} == before.keys()
    assert {(item.task.key.seed, item.reason) for item in after.values() if item.action == "run"} == {(new, "new")}


def test_fewer_seeds_need_nothing_new(tmp_path: Path) -> None:
    """A shorter run is a part of a longer one."""
    finish(tmp_path, planned(tmp_path, 0, 1))
    assert {item.action for item in planned(tmp_path, 1).values()} == {"reuse"}
