"""The data set that the study's tasks read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.datasets.fashion import locate as fashion
from bench.datasets.fashion.manifest import DATASET

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.datasets.catalogue import Dataset, Sources
    from bench.studies.fashion_benchmark.config import BenchmarkConfig

DATASETS: dict[str, Callable[[BenchmarkConfig, Sources], Dataset]] = {
    DATASET: lambda config, sources: fashion.dataset_of(config.dataset.source, sources),
}
