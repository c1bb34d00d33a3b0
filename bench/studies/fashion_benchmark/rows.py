"""The 126 rows of Table 3: their keys, and each one's estimator with every setting that the table or its library's day gives.

Settings of the table stand first in each row's parameters; the others are the defaults of scikit-learn 0.19, which the
source's program asks for. What a row costs stands in ``costs.toml``, so that a new measurement makes no record stale.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from bench.studies.fashion_benchmark.config import COSTS
from store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pydantic import JsonValue

    from bench.studies.fashion_benchmark.config import BenchmarkConfig, Cost

    Parameters = Mapping[str, JsonValue]

_COSTS = Path(__file__).with_name("costs.toml")
_LIMITS_S: dict[Cost, float] = {"seconds": 10, "minute": 60, "minutes": 600}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: ``assumed`` turns the configuration into the settings that the table leaves to the library.

    ``fixed`` says that nothing in it is random: neither the order of the images nor a draw changes its predictions.
    """

    key: str
    estimator: str
    stated: Parameters
    fixed: bool = False
    assumed: Callable[[BenchmarkConfig], Parameters] = field(default=lambda _config: {})

    def settings(self, config: BenchmarkConfig) -> dict[str, JsonValue]:
        """``{"estimator", "parameters"}`` of this row, every setting written out."""
        return {"estimator": self.estimator, "parameters": {**self.stated, **self.assumed(config)}}


def chosen(config: BenchmarkConfig) -> tuple[Row, ...]:
    """The rows that the configuration names; raises UsageError for a pattern that no row's key matches."""
    patterns = config.rows.only
    for pattern in patterns:
        if not any(fnmatchcase(row.key, pattern) for row in ROWS):
            cure = f"write a key such as {ROWS[0].key}, or a part of one with *"
            raise UsageError(f"no row of Table 3 is called {pattern!r}", where="rows.only", cure=cure)
    if patterns:
        return tuple(row for row in ROWS if any(fnmatchcase(row.key, pattern) for pattern in patterns))
    return tuple(row for row in ROWS if COSTS.index(cost_of(row.key)) <= COSTS.index(config.rows.cost))


@cache
def cost_of(key: str) -> Cost:
    """What one fit and test of the row costs on the full data and one core, by the measurements of ``costs.toml``."""
    tree = tomllib.loads(_COSTS.read_text(encoding="utf-8"))
    seconds = next(entry["seconds"] for entry in tree["rows"] if fnmatchcase(key, entry["keys"]))
    return next((name for name, limit in _LIMITS_S.items() if seconds < limit), COSTS[-1])


def _stochastic(config: BenchmarkConfig) -> Parameters:
    return {"max_iter": 5, "tol": None} if config.stochastic.stopping == "five_passes" else {}


def _dual(config: BenchmarkConfig) -> Parameters:
    return {"dual": True if config.linear_svc.dual == "always" else "auto", "max_iter": 1000}


def _key(name: str, *values: object) -> str:
    return "-".join([name, *(str(value).replace("_", "-") for value in values)])


def _trees() -> Iterable[Row]:
    for criterion, depth, splitter in product(("entropy", "gini"), (10, 50, 100), ("best", "random")):
        stated: Parameters = {"criterion": criterion, "max_depth": depth, "splitter": splitter}
        key = _key("decision-tree", criterion, depth, splitter)
        yield Row(key, "DecisionTreeClassifier", {**stated, "max_features": None})
        key = _key("extra-tree", criterion, depth, splitter)
        yield Row(key, "ExtraTreeClassifier", {**stated, "max_features": "sqrt"})


def _forests() -> Iterable[Row]:
    for trees, criterion, depth in product((10, 50, 100), ("entropy", "gini"), (10, 50, 100)):
        stated: Parameters = {"n_estimators": trees, "criterion": criterion, "max_depth": depth, "max_features": "sqrt"}
        yield Row(_key("random-forest", trees, criterion, depth), "RandomForestClassifier", stated)


def _boosting() -> Iterable[Row]:
    # The table's loss is called deviance, which is log_loss today; the grid is not a full one.
    for trees, depth in ((10, 3), (10, 10), (10, 50), (50, 3), (50, 10), (100, 3), (100, 10)):
        stated: Parameters = {"n_estimators": trees, "loss": "log_loss", "max_depth": depth}
        assumed: Parameters = {"learning_rate": 0.1, "subsample": 1.0, "max_features": None}
        yield Row(_key("gradient-boosting", trees, depth), "GradientBoostingClassifier", {**stated, **assumed})


def _neighbours() -> Iterable[Row]:
    for weights, neighbours, power in product(("distance", "uniform"), (1, 5, 9), (1, 2)):
        stated: Parameters = {"weights": weights, "n_neighbors": neighbours, "p": power, "algorithm": "brute"}
        yield Row(_key("neighbours", weights, neighbours, power), "KNeighborsClassifier", stated, fixed=True)


def _linear() -> Iterable[Row]:
    kinds = (("ovr", "l2"), ("crammer_singer", "l1"), ("crammer_singer", "l2"))
    for loss, c, (classes, penalty) in product(("hinge", "squared_hinge"), (1, 10, 100), kinds):
        stated: Parameters = {"loss": loss, "C": float(c), "multi_class": classes, "penalty": penalty}
        yield Row(_key("linear-svc", loss, c, classes, penalty), "LinearSVC", stated, assumed=_dual)
    for c, penalty in ((1, "l1"), (1, "l2"), (10, "l1"), (10, "l2"), (100, "l2")):
        yield _logistic(c, penalty)
    for loss, penalty in product(("hinge", "log", "modified_huber", "perceptron", "squared_hinge"), ("elasticnet", "l1", "l2")):
        # the table's log is called log_loss today
        stated = {"loss": "log_loss" if loss == "log" else loss, "penalty": penalty, "alpha": 1e-4}
        yield Row(_key("sgd", loss, penalty), "SGDClassifier", stated, assumed=_stochastic)
    for penalty in ("elasticnet", "l1", "l2"):
        yield Row(_key("perceptron", penalty), "Perceptron", {"penalty": penalty, "alpha": 1e-4}, assumed=_stochastic)
    for c in (1, 10, 100):
        # PassiveAggressiveClassifier is deprecated; the library names this as the same computation
        stated = {"loss": "hinge", "penalty": None, "learning_rate": "pa1", "eta0": float(c)}
        yield Row(_key("passive-aggressive", c), "SGDClassifier", stated, assumed=_stochastic)


def _logistic(c: int, penalty: str) -> Row:
    ratio: Parameters = {"C": float(c), "l1_ratio": 1.0 if penalty == "l1" else 0.0}

    def assumed(config: BenchmarkConfig) -> Parameters:
        # lbfgs has no l1 penalty: such a row keeps its solver
        together = config.logistic.solver == "lbfgs" and penalty == "l2"
        return {"solver": "lbfgs" if together else "liblinear", "max_iter": 100, "one_vs_rest": not together}

    return Row(_key("logistic", c, penalty), "LogisticRegression", ratio, assumed=assumed)


def _networks() -> Iterable[Row]:
    for activation, sizes in product(("relu", "tanh"), ((10,), (10, 10), (100,), (100, 10))):
        stated: Parameters = {"activation": activation, "hidden_layer_sizes": list(sizes)}
        yield Row(_key("mlp", activation, *sizes), "MLPClassifier", stated, assumed=_mlp)


def _mlp(config: BenchmarkConfig) -> Parameters:
    return {"solver": "adam", "batch_size": 200, "max_iter": 200, "n_iter_no_change": config.mlp.n_iter_no_change}


def _support_vectors() -> Iterable[Row]:
    for c, kernel in product((1, 10, 100), ("linear", "poly", "rbf", "sigmoid")):
        stated: Parameters = {"C": float(c), "kernel": kernel}
        yield Row(_key("svc", c, kernel), "SVC", stated, assumed=lambda config: {"gamma": config.svc.gamma})


def _bayes() -> Iterable[Row]:
    yield Row("gaussian-nb", "GaussianNB", {"priors": [0.1] * 10, "var_smoothing": 1e-9}, fixed=True)


ROWS: tuple[Row, ...] = (
    *_trees(), *_bayes(), *_boosting(), *_neighbours(), *_linear(), *_networks(), *_forests(), *_support_vectors(),
)  # fmt: skip
