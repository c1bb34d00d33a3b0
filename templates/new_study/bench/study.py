"""What the harness has to know of this study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.studies.STUDY_NAME.config import StudyConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.datasets.catalogue import Dataset, Sources

CONFIG = StudyConfig
SCHEDULE = ("simulation",)  # the parts, those first that take longest

# Name of a data set, as a task's `inputs` have it, to a function of configuration and sources that finds it; the `dataset_of`
# of bench/datasets/fashion/locate.py is one.
DATASETS: dict[str, Callable[[StudyConfig, Sources], Dataset]] = {}
