"""Cuts labelled images into training and validation part: at random as published, or whole drives at a time."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from store.canonical import digest
from store.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.datasets.kitti.entries import ImageEntry, LabelledImage
    from bench.datasets.kitti.settings import KittiSettings


@dataclass(frozen=True, slots=True)
class Split:
    """The two parts, each in the order of the ids; no image is in both."""

    train: tuple[LabelledImage, ...]
    validation: tuple[LabelledImage, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over the ids of both parts."""
        parts = {"train": self.train, "validation": self.validation}
        return digest({name: [image.entry.id for image in part] for name, part in parts.items()})


@dataclass(frozen=True, slots=True)
class Leakage:
    """How near the two parts are to each other.

    ``neighbours`` counts validation images with a training image of the same drive; the distances, in frames to the
    nearest such image, are over these alone and None where there is none. KITTI was recorded at 10 frames a second.
    ``undecided`` counts the validation images of which nobody can say whether they have such a neighbour: their own drive,
    or that of some training image, is not known. Where there are any, the other counts are lower bounds.
    """

    neighbours: int
    frame_distance_minimum: int | None
    frame_distance_median: float | None
    within_10_frames: int
    undecided: int = 0


def split_images(images: Sequence[LabelledImage], detection: KittiSettings, seed: int) -> Split:
    """Cut as ``detection.split`` and ``validation_fraction`` say; the same seed and ids give the same cut.

    The cut does not depend on the labels, so that both class tasks have the same one. Raises DataError where the images
    or their drives are too few for two parts.
    """
    if len(images) < 2:  # noqa: PLR2004 - one for each part
        raise DataError(f"{len(images)} image cannot be cut into two parts", cure="use a data folder with more images")
    generator = _generator(seed)
    draw = _by_drive if detection.split == "drive" else _at_random
    chosen = draw([image.entry for image in images], detection.validation_fraction, generator)
    ordered = sorted(images, key=lambda image: image.entry.id)
    train = tuple(image for image in ordered if image.entry.id not in chosen)
    return Split(train, tuple(image for image in ordered if image.entry.id in chosen))


def leakage_of(split: Split) -> Leakage:
    """Count the validation images whose drive is on the training side as well, and how near in time they are."""
    frames: dict[str, list[int]] = defaultdict(list)
    for image in split.train:
        if image.entry.drive is not None and image.entry.frame is not None:
            frames[image.entry.drive].append(image.entry.frame)
    distances = [
        min(abs(frame - image.entry.frame) for frame in frames[image.entry.drive])
        for image in split.validation
        if image.entry.drive in frames and image.entry.frame is not None
    ]
    hidden = any(image.entry.drive is None for image in split.train)
    certain = sum(image.entry.drive in frames for image in split.validation)
    blind = sum(image.entry.drive is None for image in split.validation)
    undecided = len(split.validation) - certain if hidden else blind
    if not distances:
        return Leakage(0, None, None, 0, undecided)
    within = sum(distance <= 10 for distance in distances)  # noqa: PLR2004 - one second: nearly the same picture
    return Leakage(len(distances), min(distances), float(np.median(distances)), within, undecided)


def drives_of(images: Sequence[LabelledImage]) -> int:
    """How many known drives the images come from."""
    return len({image.entry.drive for image in images} - {None})


def _generator(seed: int) -> np.random.Generator:
    """A stream of its own for the cut: other uses of the seed neither move it nor share its numbers."""
    material = hashlib.sha256(f"{seed}/kitti-split".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(material, "big")))


def _at_random(entries: Sequence[ImageEntry], fraction: float, generator: np.random.Generator) -> frozenset[str]:
    names = sorted(entry.id for entry in entries)
    count = min(max(round(len(names) * fraction), 1), len(names) - 1)
    return frozenset(_shuffled(names, generator)[:count])


def _by_drive(entries: Sequence[ImageEntry], fraction: float, generator: np.random.Generator) -> frozenset[str]:
    """Take drives in random order, each where it brings the part nearer to its size; every drive must be known."""
    unknown = sorted(entry.id for entry in entries if entry.drive is None)
    if unknown:
        message = f"a split by drive needs the drive of every image, and {len(unknown)} have none, such as {unknown[0]}"
        cure = "name them in object_to_raw.csv (object_id,drive,frame) beside the images, or take --set detection.split=random"
        raise DataError(message, cure=cure)
    groups: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        groups[str(entry.drive)].append(entry.id)
    if len(groups) < 2:  # noqa: PLR2004 - one for each part
        message = f"a split by drive needs images of two drives at least, here are {len(groups)}"
        cure = "put object_to_raw.csv (object_id,drive,frame) beside the images, or take --set detection.split=random"
        raise DataError(message, cure=cure)
    target = len(entries) * fraction
    order = _shuffled(sorted(groups), generator)
    chosen = _fill(order, lambda name: len(groups[name]), target)
    if not chosen:
        chosen = [min(order, key=lambda name: len(groups[name]))]
    elif len(chosen) == len(groups):
        chosen.remove(max(chosen, key=lambda name: len(groups[name])))
    return frozenset(name for group in chosen for name in groups[group])


def _fill(order: Sequence[str], size_of: Callable[[str], int], target: float) -> list[str]:
    chosen: list[str] = []
    total = 0
    for name in order:
        if abs(total + size_of(name) - target) < abs(total - target):
            chosen.append(name)
            total += size_of(name)
    return chosen


def _shuffled(names: Sequence[str], generator: np.random.Generator) -> list[str]:
    return [names[index] for index in generator.permutation(len(names))]
