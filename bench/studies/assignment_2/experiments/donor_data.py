"""The drawn street scenes that the donor learns from, cut as the arms' images are: other drives than any arm sees.

Source: none; the scenes stand in for the photographs of COCO (section 3.2 has pretrained weights). Command: ``nox -s bench``;
about a second. Expected: 96 training and 24 validation images of twelve drives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.datasets.kitti.locate import DONOR_SCENES
from bench.harness.task import ON_CPU, Outcome, Task
from bench.studies.assignment_2.cells import needs_donor
from bench.studies.assignment_2.config import DonorConfig, donor_images
from bench.studies.assignment_2.experiments.detection_data import KEYS, cut_outcome
from store.schema import TaskKey

if TYPE_CHECKING:
    from bench.harness.task import Context
    from bench.studies.assignment_2.config import StudyConfig

PART = "detection"
QUESTIONS = ("main", "leakage")


def plan(config: StudyConfig) -> tuple[Task, ...]:
    """One task for all seeds, where an arm needs a donor."""
    task = Task(
        key=TaskKey(experiment="donor_data", variant="3class"),
        module=__name__,
        config={
            "detection": donor_images(config).model_dump(mode="json", include=KEYS),
            "donor": config.donor.model_dump(mode="json", include={"seed"}),
        },
        inputs=(DONOR_SCENES,),
        needs=ON_CPU,
    )
    return (task,) if needs_donor(config) else ()


def run(context: Context) -> Outcome:
    """Read and cut the scenes."""
    donor = DonorConfig.model_validate(context.task.config["donor"])
    return cut_outcome(context, context.data[DONOR_SCENES], donor.seed)
