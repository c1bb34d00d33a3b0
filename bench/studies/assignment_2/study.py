"""What the harness has to know of this study: its configuration, its data sets, and the order of its parts."""

from __future__ import annotations

from bench.studies.assignment_2.config import StudyConfig
from bench.studies.assignment_2.datasets import DATASETS

__all__ = ["CONFIG", "DATASETS", "FLAGS", "SCHEDULE"]

CONFIG = StudyConfig
SCHEDULE = ("detection", "autoencoders")
FLAGS = {"strict": "detection.strict_labels"}
