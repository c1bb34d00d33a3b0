"""What the harness has to know of this study: its configuration, its data set, and its one part."""

from __future__ import annotations

from bench.studies.fashion_benchmark.config import BenchmarkConfig
from bench.studies.fashion_benchmark.datasets import DATASETS

__all__ = ["CONFIG", "DATASETS", "SCHEDULE"]

CONFIG = BenchmarkConfig
SCHEDULE = ("benchmark",)
