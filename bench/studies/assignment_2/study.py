"""What the harness has to know of this study: its configuration, its data sets, and the order of its parts."""

from __future__ import annotations

from bench.models.detection.weights import NAME
from bench.studies.assignment_2.config import StudyConfig
from bench.studies.assignment_2.datasets import DATASETS

__all__ = ["CONFIG", "DATASETS", "FLAGS", "IMAGES", "SCHEDULE", "WEIGHTS"]

CONFIG = StudyConfig
SCHEDULE = ("detection", "autoencoders")
FLAGS = {"strict": "detection.strict_labels"}
WEIGHTS = {NAME: "detection.pretrained=coco"}
IMAGES = {
    "fashion_data": ("images_train", "images_validation", "images_test"),
    "detection_data": ("images_train", "images_validation"),
    "donor_data": ("images_train", "images_validation"),
}
