"""What the numbers of images allow: settings that leave a part empty, or that no library takes, are refused with the range.

A setting that a library would round, clip or stop at is a setting that the record misstates.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from bench.datasets.fashion.manifest import read_manifest
from bench.sections import OutOfRangeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.datasets.fashion.manifest import Source
    from bench.studies.assignment_2.config import StudyConfig

_MOST_IMAGES = 1_000_000  # as many as the setting takes


def check_limits(config: StudyConfig) -> None:
    """Raise OutOfRangeError, which names the key and its range, for the first setting that the images do not allow."""
    for key, value, low, high, why in _ranges(config):
        if not low <= value <= high:
            raise OutOfRangeError(key, f"{key} = {value}: allowed is {low:.10g} to {high:.10g}, {why}")


def _ranges(config: StudyConfig) -> Iterator[tuple[str, float, float, float, str]]:
    """Key, value, smallest and largest allowed value, and the reason."""
    train, test = _images(config.dataset.source)
    compared = min(config.latent.metric_images, test)
    yield _fraction("dataset.validation_fraction", config.dataset.validation_fraction, train)
    yield "latent.perplexity", config.latent.perplexity, 1, (test - 1) // 3, f"a third of the {test} test images"
    neighbours = f"less than half of the {compared} images that they are looked for among"
    yield "latent.neighbours", config.latent.neighbours, 1, (compared - 1) // 2, neighbours
    for pair in config.reconstruction.pairs:
        yield "reconstruction.pairs", pair, 0, test - 1, f"there are {test} test images"
    images = len(config.detection.ids) or config.detection.images
    named = "detection.ids" if config.detection.ids else "detection.images"
    yield named, images, 2, _MOST_IMAGES, "one for each part at least"
    yield _fraction("detection.validation_fraction", config.detection.validation_fraction, images)


def _fraction(key: str, value: float, images: int) -> tuple[str, float, float, float, str]:
    """At least one of the images in each part: what is rounded to none or to all is refused."""
    low, high = 0.5 / images, 1 - 0.5 / images
    why = f"so that neither part of {images} images is empty"
    return (key, value, value, value, why) if 1 <= round(images * value) < images else (key, value, low, high, why)


@cache
def _images(source: Source) -> tuple[int, int]:
    files = read_manifest(source).files
    return files[0].images, files[2].images
