"""The study's configuration: which rows of Table 3 are run, on what, and the settings that the source leaves to its library.

``protocol.toml`` of the study's data gives the source of each default, or the reason why it is assumed; a test holds both
equal.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from bench.harness.settings import SensitivityConfig, StudySettings
from bench.sections import Once, PositiveInt, Section

Part = Literal["benchmark"]
Question = Literal["main", "sensitivity"]
Cost = Literal["seconds", "minute", "minutes", "hours"]
COSTS: tuple[Cost, ...] = ("seconds", "minute", "minutes", "hours")


class DatasetConfig(Section):
    """FashionMNIST: ``sample`` is the embedded part of it, ``full`` the four official files as they are today."""

    source: Literal["full", "sample"] = "full"
    standardise: bool = True


class RowsConfig(Section):
    """Which rows of Table 3 are run: those that cost at most ``cost`` a fit on the full data, or those that ``only`` names.

    ``only`` takes keys such as ``random-forest-10-gini-10`` with ``*`` for any letters; with it, ``cost`` does not count.
    """

    cost: Cost = "minute"
    only: Annotated[tuple[str, ...], Once] = ()


class StochasticConfig(Section):
    """When SGD, perceptron and passive-aggressive stop: after five passes (scikit-learn 0.19), or as the library does today."""

    stopping: Literal["five_passes", "library"] = "five_passes"


class SvcConfig(Section):
    """Width of the kernels: ``auto`` is one over the number of pixels, ``scale`` counts their variance too."""

    gamma: Literal["auto", "scale"] = "auto"


class LinearSvcConfig(Section):
    """Whether liblinear solves the dual problem: always (scikit-learn 0.19), or where the library of today finds it better."""

    dual: Literal["always", "library"] = "always"


class LogisticConfig(Section):
    """``liblinear`` fits one class against the rest (scikit-learn 0.19), ``lbfgs`` all classes together (today's default)."""

    solver: Literal["liblinear", "lbfgs"] = "liblinear"


class MlpConfig(Section):
    """After how many passes without progress training stops: 2 in scikit-learn 0.19, 10 today."""

    n_iter_no_change: PositiveInt = 2


class LibraryDefaults(SensitivityConfig):
    """Today's defaults of the library in place of those of its day."""

    alternatives: Annotated[tuple[str, ...], Once] = (
        "stochastic.stopping=library",
        "svc.gamma=scale",
        "linear_svc.dual=library",
        "logistic.solver=lbfgs",
        "mlp.n_iter_no_change=10",
    )


class BenchmarkConfig(StudySettings):
    """The whole study; ``sensitivity`` asks what today's defaults of the library are worth to its results."""

    study: ClassVar[str] = "fashion_benchmark"

    parts: Annotated[tuple[Part, ...], Once] = Field(default=("benchmark",), min_length=1)
    questions: Annotated[tuple[Question, ...], Once] = Field(default=("main",), min_length=1)
    dataset: DatasetConfig = DatasetConfig()
    rows: RowsConfig = RowsConfig()
    stochastic: StochasticConfig = StochasticConfig()
    svc: SvcConfig = SvcConfig()
    linear_svc: LinearSvcConfig = LinearSvcConfig()
    logistic: LogisticConfig = LogisticConfig()
    mlp: MlpConfig = MlpConfig()
    sensitivity: LibraryDefaults = LibraryDefaults()
