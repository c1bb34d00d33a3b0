"""The data sets that the study's tasks read: for each name, how it is found as the configuration says.

What the configuration asks of street images is held against what they have here, before a task runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.datasets.fashion import locate as fashion
from bench.datasets.fashion.manifest import DATASET as FASHION
from bench.datasets.kitti import locate as kitti
from bench.datasets.kitti.ambiguity import refuse_ambiguous
from bench.datasets.kitti.classes import class_map
from bench.models.detection import weights
from bench.studies.assignment_2.cells import cells_of
from bench.studies.assignment_2.config import donor_images
from store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.datasets.catalogue import Dataset, Sources
    from bench.studies.assignment_2.config import StudyConfig


def _street_images(find: Callable[[StudyConfig, Sources], Dataset]) -> Callable[[StudyConfig, Sources], Dataset]:
    def found(config: StudyConfig, sources: Sources) -> Dataset:
        _hold_classes(config)
        return find(config, sources)

    return found


def _hold_classes(config: StudyConfig) -> None:
    """Raise UsageError for a class that KITTI does not have or that is given twice, and for an arm whose classes are none."""
    wanted = class_map(config.detection, "3class")
    given = {target for target in wanted.targets.values() if target is not None}
    for cell in cells_of(config):
        names = class_map(config.detection, "car" if cell.data.startswith("car") else "3class").names
        if not given.intersection(names):
            message = f"{cell.variant} would have nothing to find: no class of the labels is given to {', '.join(names)}"
            raise UsageError(message, where=f"detection.{names[0]}", cure=f"""name one: --set 'detection.{names[0]}=["Car"]'""")


def _kitti(config: StudyConfig, sources: Sources) -> Dataset:
    if folder := kitti.find_kitti(sources.data_dir, sources.cache_dir):
        refuse_ambiguous(folder)
    return kitti.dataset_of(config.detection, sources)


def _donor_scenes(config: StudyConfig, sources: Sources) -> Dataset:
    """Raise UsageError where the donor's scenes are too few for two parts."""
    images, fraction = config.donor.images, config.detection.validation_fraction
    if not 1 <= round(images * fraction) < images:
        message = f"donor.images = {images}: with detection.validation_fraction = {fraction} one part of them is empty"
        raise UsageError(message, where="donor.images", cure="take more scenes, such as --set donor.images=120")
    return kitti.donor_scenes_of(donor_images(config), sources)


DATASETS: dict[str, Callable[[StudyConfig, Sources], Dataset]] = {
    FASHION: lambda config, sources: fashion.dataset_of(config.dataset.source, sources),
    kitti.KITTI: _street_images(_kitti),
    kitti.DRAWN: _street_images(lambda config, sources: kitti.drawn_of(config.detection, sources)),
    kitti.DONOR_SCENES: _street_images(_donor_scenes),
    weights.NAME: lambda _config, sources: weights.dataset_of(sources),
}
