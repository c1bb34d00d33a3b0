"""Trains the donor: a detector of drawn scenes that stands in for COCO weights as the start of the transfer arms.

Source: none; section 3.2 starts from weights pretrained on large data sets, and nobody has to have these for a first look.
Command: ``nox -s bench``; about half a minute on one CPU core. Expected: mAP@0.5 near 0.3 on its own validation images.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.datasets.kitti.locate import DONOR_SCENES
from bench.harness.task import Needs, Outcome, Task
from bench.studies.assignment_2.cells import needs_donor
from bench.studies.assignment_2.config import DetectionConfig, DonorConfig
from bench.studies.assignment_2.experiments.detector import DONOR, KEYS, trained_outcome
from store.schema import TaskKey

if TYPE_CHECKING:
    from bench.harness.task import Context
    from bench.studies.assignment_2.config import StudyConfig

PART = "detection"
QUESTIONS = ("main", "leakage")
_UPSTREAM = "donor_data/3class/once"


def plan(config: StudyConfig) -> tuple[Task, ...]:
    """One task for all seeds, where an arm needs a donor."""
    experiment, variant, _ = DONOR.split("/")
    settings = config.detection.model_copy(update={"dataset": "drawn", "epochs": config.donor.epochs})
    task = Task(
        key=TaskKey(experiment=experiment, variant=variant),
        module=__name__,
        config={
            "detection": settings.model_dump(mode="json", include=KEYS),
            "donor": config.donor.model_dump(mode="json", include={"seed"}),
        },
        inputs=(DONOR_SCENES,),
        upstream=(_UPSTREAM,),
        needs=Needs(memory_mb=3072),  # as the arms
    )
    return (task,) if needs_donor(config) else ()


def run(context: Context) -> Outcome:
    """Train from scratch; statuses and errors as the arms have them."""
    detection = DetectionConfig.model_validate(context.task.config["detection"])
    donor = DonorConfig.model_validate(context.task.config["donor"])
    return trained_outcome(context, detection, context.data[DONOR_SCENES], donor.seed)
