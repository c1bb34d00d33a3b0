"""The data sets that the study's tasks read: for each name, how it is found as the configuration says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.datasets.fashion import locate as fashion
from bench.datasets.fashion.manifest import DATASET as FASHION
from bench.datasets.kitti import locate as kitti
from bench.models.detection import weights
from bench.studies.assignment_2.config import donor_images

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.datasets.catalogue import Dataset, Sources
    from bench.studies.assignment_2.config import StudyConfig

DATASETS: dict[str, Callable[[StudyConfig, Sources], Dataset]] = {
    FASHION: lambda config, sources: fashion.dataset_of(config.dataset.source, sources),
    kitti.KITTI: lambda config, sources: kitti.dataset_of(config.detection, sources),
    kitti.DRAWN: lambda config, sources: kitti.drawn_of(config.detection, sources),
    kitti.DONOR_SCENES: lambda config, sources: kitti.donor_scenes_of(donor_images(config), sources),
    weights.NAME: lambda _config, sources: weights.dataset_of(sources),
}
