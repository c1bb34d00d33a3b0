"""Two runs side by side: a planted difference is found with its size and its significance, and nothing else is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from scipy import stats

from report.checks.run_comparison.difference import Difference, adjusted, difference_of
from report.checks.run_comparison.facts import compare_facts
from report.checks.run_comparison.text import compare_text
from report.cli import main
from report.inference.testing import holm
from tests.report.configuration import changed_config
from tests.report.study import Spec, write_study

if TYPE_CHECKING:
    from pathlib import Path

CELL = ("classifier", "ae", "test_accuracy")
SEEDS = (0, 1, 2)
BEFORE, AFTER = (0.880, 0.884, 0.879), (0.861, 0.868, 0.860)


def planted(values: tuple[float, ...]) -> dict[str, dict[str, float]]:
    """The AE classifier's accuracies by seed."""
    return {f"classifier/ae/seed-{seed}": {"test_accuracy": value} for seed, value in zip(SEEDS, values, strict=True)}


def test_planted_difference_is_found_with_its_significance(tmp_path: Path) -> None:
    """One metric moved: it alone differs, by the right amount, with the p value of the paired test."""
    for name, values in (("a", BEFORE), ("b", AFTER)):
        write_study(tmp_path / name, Spec(seeds=SEEDS, metrics=planted(values)))
    facts = compare_facts((tmp_path / "a", tmp_path / "b"), ("synthetic-1", "synthetic-1"))
    metrics = facts["metrics"]
    assert isinstance(metrics, list)
    (row,) = [one for one in metrics if isinstance(one, dict) and one["test"] != "same"]
    assert (row["experiment"], row["variant"], row["metric"]) == CELL
    assert row["difference"] == pytest.approx(sum(AFTER) / 3 - sum(BEFORE) / 3)
    assert row["p"] == row["p_adjusted"] == pytest.approx(stats.ttest_rel(AFTER, BEFORE).pvalue)
    assert (facts["config"], facts["environment"], facts["code"], facts["tasks"], facts["curves"]) == ([], [], [], [], [])
    assert "classifier/ae test_accuracy" in compare_text(facts)


def test_equal_runs_differ_in_nothing(tmp_path: Path) -> None:
    """Every task has the same result bit for bit."""
    run = write_study(tmp_path, Spec())
    facts = compare_facts((tmp_path, tmp_path), (run.run_id, run.run_id))
    identical, metrics = facts["identical"], facts["metrics"]
    assert isinstance(identical, list)
    assert isinstance(metrics, list)
    assert len(identical) == len(run.entries)
    assert {one["test"] for one in metrics if isinstance(one, dict)} == {"same"}
    assert "configuration: the same" in compare_text(facts)


def test_settings_failures_and_missing_tasks_are_named(tmp_path: Path) -> None:
    """What the runs were made with, and what did not end well in one of them."""
    write_study(tmp_path / "a", Spec(seeds=(0, 1)))
    broken = {"classifier/dae/seed-0": ("failed", "ValueError")}
    write_study(tmp_path / "b", Spec(seeds=(0,), config=changed_config("autoencoder", "epochs", 8), broken=broken))
    facts = compare_facts((tmp_path / "a", tmp_path / "b"), ("synthetic-1", "synthetic-1"))
    text = compare_text(facts)
    assert "autoencoder.epochs: 25 -> 8" in text
    assert "classifier/dae/seed-0: ok -> failed" in text
    assert "classifier/ae/seed-1: ok -> not in it" in text


@pytest.mark.parametrize(
    ("first", "second", "test"),
    [
        ({0: 1.0, 1: 2.0, 2: 3.5}, {0: 1.1, 1: 2.3, 2: 3.6}, "paired"),
        ({0: 1.0, 1: 2.0, 2: 3.5}, {5: 1.1, 6: 2.3}, "welch"),
        ({0: 1.0}, {0: 1.1}, "one_seed"),
        ({None: 1.0}, {None: 1.0}, "same"),
        ({0: 1.0, 1: 2.0}, {0: 1.5, 1: 2.5}, "no_spread"),
    ],
)
def test_each_case_has_its_test(first: dict[int | None, float], second: dict[int | None, float], test: str) -> None:
    """Paired by seed where seeds are shared; one seed, or one shift for all, is never called significant."""
    found = difference_of(CELL, first, second)
    assert found.test == test
    assert (found.p is None) == (test in {"one_seed", "same", "no_spread"})
    if test == "welch":
        expected = stats.ttest_ind(list(second.values()), list(first.values()), equal_var=False)
        assert found.p == pytest.approx(expected.pvalue)
        assert found.interval == pytest.approx(tuple(expected.confidence_interval(0.95)))


def test_many_metrics_are_adjusted_by_experiment() -> None:
    """Holm over each experiment's metrics, and over no other's."""
    rows = [
        Difference((name, "ae", "m"), (3, 3), (0.0, 1.0), "paired", p=p) for name, p in (("a", 0.01), ("a", 0.04), ("b", 0.03))
    ]
    assert [one.p_adjusted for one in adjusted(rows)] == [*holm([0.01, 0.04]), 0.03]


def test_command_gives_text_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both runs are named on the command line; one that is not there is an error with the names there are."""
    write_study(tmp_path, Spec())
    assert main(["compare", "synthetic-1", "synthetic-1", "--artifacts", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["runs"] == ["synthetic-1", "synthetic-1"]
    assert main(["compare", "synthetic-1", "none", "--artifacts", str(tmp_path)]) == 2
    assert "choose one of: synthetic-1" in capsys.readouterr().err
