"""The rows of Table 3: all there, chosen by cost or by key, and every setting of the library's day written out."""

from __future__ import annotations

import pytest

from bench.harness.planner import tasks_of
from bench.harness.profile import load_profile
from bench.studies.fashion_benchmark.config import COSTS, BenchmarkConfig
from bench.studies.fashion_benchmark.rows import ROWS, chosen, cost_of
from store.errors import UsageError

# Rows of Table 3 by its classifier, as the paper prints them.
PRINTED = {
    "decision-tree": 12, "extra-tree": 12, "gaussian-nb": 1, "gradient-boosting": 7, "neighbours": 12, "linear-svc": 18,
    "logistic": 5, "mlp": 8, "passive-aggressive": 3, "perceptron": 3, "random-forest": 18, "sgd": 15, "svc": 12,
}  # fmt: skip


def config(**sections: object) -> BenchmarkConfig:
    """The paper's configuration with some sections changed."""
    return BenchmarkConfig.model_validate(sections)


def test_the_table_has_its_126_rows() -> None:
    """Each of the 13 classifiers has as many rows as the paper prints, every key is one of its own."""
    keys = [row.key for row in ROWS]
    assert {name: sum(key == name or key.startswith(f"{name}-") for key in keys) for name in PRINTED} == PRINTED
    assert len(set(keys)) == sum(PRINTED.values()) == 126


def test_cost_chooses_rows_upwards() -> None:
    """A dearer class holds the cheaper ones; the dearest holds all."""
    counts = [len(chosen(config(rows={"cost": cost}))) for cost in COSTS]
    assert counts == sorted(set(counts))
    assert counts[-1] == 126
    assert {cost_of(row.key) for row in chosen(config(rows={"cost": "seconds"}))} == {"seconds"}


def test_keys_choose_rows_whatever_they_cost() -> None:
    """A pattern takes dear rows too; one that no key matches is an error that shows how keys look."""
    assert {row.key for row in chosen(config(rows={"only": ["svc-10-*"]}))} == {
        f"svc-10-{kernel}" for kernel in ("linear", "poly", "rbf", "sigmoid")
    }
    with pytest.raises(UsageError, match="svm") as caught:
        chosen(config(rows={"only": ["svm-*"]}))
    assert "decision-tree" in caught.value.cure


def test_what_has_no_randomness_is_one_task() -> None:
    """Naive Bayes and nearest neighbours are fitted once, a tree with each seed."""
    rows = {"only": ["gaussian-nb", "neighbours-uniform-5-2", "extra-tree-gini-10-best"]}
    ids = {task.key.id for task in tasks_of(config(seeds=[0, 1], rows=rows))}
    assert {name for name in ids if name.startswith("baseline")} == {
        "baseline/gaussian-nb/once",
        "baseline/neighbours-uniform-5-2/once",
        "baseline/extra-tree-gini-10-best/seed-0",
        "baseline/extra-tree-gini-10-best/seed-1",
    }


@pytest.mark.parametrize(
    ("override", "row", "key", "then", "now"),
    [
        ("stochastic.stopping=library", "sgd-hinge-l2", "max_iter", 5, None),
        ("svc.gamma=scale", "svc-1-rbf", "gamma", "auto", "scale"),
        ("linear_svc.dual=library", "linear-svc-hinge-1-ovr-l2", "dual", True, "auto"),
        ("logistic.solver=lbfgs", "logistic-1-l2", "solver", "liblinear", "lbfgs"),
        ("logistic.solver=lbfgs", "logistic-1-l1", "solver", "liblinear", "liblinear"),
        ("mlp.n_iter_no_change=10", "mlp-relu-10", "n_iter_no_change", 2, 10),
    ],
)
def test_defaults_of_the_librarys_day_and_of_today(override: str, row: str, key: str, then: object, now: object) -> None:
    """What scikit-learn 0.19 had is written out; the alternative is what the library of today has."""
    (found,) = (each for each in ROWS if each.key == row)
    for overrides, expected in (([], then), ([override], now)):
        settings = load_profile("paper", overrides, study="fashion_benchmark").config
        assert isinstance(settings, BenchmarkConfig)
        parameters = found.settings(settings)["parameters"]
        assert isinstance(parameters, dict)
        assert parameters.get(key) == expected


def test_todays_defaults_touch_their_own_rows_alone() -> None:
    """Sensitivity re-runs what a default changes, under a name that says so, and nothing else."""
    rows = {"only": ["sgd-hinge-l2", "extra-tree-gini-10-best"]}
    section = {"alternatives": ["stochastic.stopping=library"], "seeds": 1}
    tasks = tasks_of(config(seeds=[0], rows=rows, questions=["sensitivity"], sensitivity=section))
    assert {task.key.variant for task in tasks if task.key.experiment == "baseline"} == {
        "sgd-hinge-l2",
        "sgd-hinge-l2.stochastic.stopping-library",
        "extra-tree-gini-10-best",
    }
