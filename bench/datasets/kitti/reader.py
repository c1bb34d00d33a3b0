"""Reads a folder of labelled images for one class task; what cannot be used is named with file and line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from bench.datasets.kitti.class_lists import check_ids
from bench.datasets.kitti.classes import ClassMap, class_map
from bench.datasets.kitti.digests import content_of, digest_of_pixels
from bench.datasets.kitti.drives import read_origins
from bench.datasets.kitti.entries import Box, ImageEntry, LabelledImage, Problem
from bench.datasets.kitti.integrity import manifest_rows, refuse_other
from bench.datasets.kitti.labels import LABEL_BYTES, ids_of, looks_like, parse_labels
from bench.datasets.kitti.layout import read_layout
from bench.datasets.kitti.perceptual import difference_hash
from bench.datasets.kitti.subset import choose
from bench.datasets.kitti.yolo_text import twin_key
from bench.datasets.pictures import PictureError, read_picture
from store.doors import read_bounded, reason_of
from store.errors import DataError, printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bench.datasets.kitti.classes import ClassTask
    from bench.datasets.kitti.entries import ProblemKind
    from bench.datasets.kitti.labels import LabelFormat
    from bench.datasets.kitti.layout import Layout
    from bench.datasets.kitti.settings import KittiSettings

SHOWN_PROBLEMS = 5


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """The used part of a data folder for one class task.

    ``images`` are in the order of their ids, ``hashes`` their perceptual hashes by id. ``ignored`` counts objects of source
    classes that the task does not have. ``images_requested`` is the configured number, ``images_available`` what the folder
    holds, ``images_without_label`` how many used images have no label file, which is allowed: they show no object.
    ``parts`` are the folders (such as train and val) that the images were spread over.
    """

    images: tuple[LabelledImage, ...]
    hashes: Mapping[str, str]
    problems: tuple[Problem, ...]
    ignored: Mapping[str, int]
    class_map: ClassMap
    label_format: LabelFormat
    images_requested: int
    images_available: int
    images_without_label: int
    parts: tuple[str, ...] = ()

    @property
    def dropped_lines(self) -> int:
        """How many label lines could not be used."""
        return sum(problem.line > 0 for problem in self.problems)


@dataclass(slots=True)
class _Reading:
    """What is known so far of a folder that is being read."""

    layout: Layout
    mapping: ClassMap
    problems: list[Problem] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)

    def note(self, path: Path, problem: Problem) -> None:
        """Keep a problem of the file at ``path``."""
        self.problems.append(Problem(self.layout.relative(path), problem.line, problem.problem, printable(problem.text)))


def read_dataset(folder: Path, settings: KittiSettings, task: ClassTask) -> LabelledSet:
    """Decode the images and read the labels of ``folder`` that ``settings`` ask for.

    An unusable line or image is left out and kept in ``problems``, and so is an image whose label file cannot be read: nobody
    knows what it shows. With ``settings.strict_labels`` the first one raises DataError. Raises DataError also where the
    folder holds no such data or no usable image, and where labels and class list do not fit each other; UsageError for a
    wrong class.
    """
    layout = read_layout(folder)
    reading = _Reading(layout, class_map(settings, task, layout.rules.names))
    subset = choose(layout, settings)
    left_out: tuple[tuple[Sequence[Path], ProblemKind], ...] = (
        (layout.unreadable, "unreadable-name"),
        (layout.duplicates, "duplicate-image"),
        (layout.duplicate_labels, "duplicate-label"),
        (subset.orphans, "label-without-image"),
    )
    for paths, kind in left_out:
        for path in paths:
            reading.note(path, Problem("", 0, kind, ""))
    labels = _read_labels(reading, subset.images)
    entries = _read_entries(reading, {name: path for name, path in subset.images.items() if name in labels}, settings)
    images = tuple(LabelledImage(entry, _boxes(reading, entry, labels[entry.id])) for entry, _ in entries)
    problems = sorted(reading.problems, key=lambda problem: (problem.file, problem.line))
    _refuse(folder, images, problems, strict=settings.strict_labels)
    return LabelledSet(
        images=images,
        hashes={entry.id: found for entry, found in entries},
        problems=tuple(problems),
        ignored=dict(sorted(reading.ignored.items())),
        class_map=reading.mapping,
        label_format=layout.rules.label_format,
        images_requested=len(settings.ids) or settings.images,
        images_available=subset.available,
        images_without_label=sum(image.entry.id not in layout.labels for image in images),
        parts=layout.parts,
    )


def _read_labels(reading: _Reading, images: Mapping[str, Path]) -> dict[str, bytes]:
    """Image id to the bytes of its label file, none where it has no such file; without the images whose label is unreadable."""
    layout = reading.layout
    found: dict[str, bytes] = {}
    formats: dict[str, str] = {}
    for name in images:
        path = layout.labels.get(name)
        if path is None:
            found[name] = b""
            continue
        try:
            found[name] = read_bounded(path, LABEL_BYTES)
            found[name].decode("utf-8-sig")
        except (OSError, ValueError) as error:
            found.pop(name, None)
            reading.note(path, Problem("", 0, "unreadable-label", reason_of(error)))
            continue
        if (each := looks_like(found[name])) is not None:
            formats.setdefault(each, layout.relative(path))
    if len(formats) > 1:
        message = "the labels are in two formats: " + ", ".join(
            f"{each.upper()} text in {file}" for each, file in formats.items()
        )
        raise DataError(message, where=str(layout.folder), cure="write them all in one")
    if layout.rules.label_format == "yolo":
        ids: dict[int, str] = {}
        for name in (name for name, content in found.items() if content):
            for number in ids_of(found[name]):
                ids.setdefault(number, layout.relative(layout.labels[name]))
        check_ids(ids, layout.rules, layout.folder, layout.roots)
    return found


def _read_entries(reading: _Reading, images: Mapping[str, Path], settings: KittiSettings) -> list[tuple[ImageEntry, str]]:
    """Each image that can be decoded, with its perceptual hash; it is read and decoded once."""
    by_pixels = content_of(settings) == "pixels"
    origins = read_origins(reading.layout.folder)
    listed = {} if by_pixels else {row.get("stem"): row.get("sha256") for row in manifest_rows(reading.layout.folder)}
    entries = []
    for name, path in images.items():
        try:
            picture = read_picture(path)
        except PictureError as error:
            reading.note(path, Problem("", 0, error.flaw, str(error)))
            continue
        origin = origins.get(name)
        drive, frame = (None, None) if origin is None else (origin.drive, origin.frame)
        digest = digest_of_pixels(picture.pixels) if by_pixels else sha256(picture.content).hexdigest()
        refuse_other(path, digest, listed.get(name) or digest)
        height, width, _ = picture.pixels.shape
        entries.append((ImageEntry(name, path, width, height, digest, drive, frame), difference_hash(picture.pixels)))
    return entries


def _boxes(reading: _Reading, entry: ImageEntry, content: bytes) -> tuple[Box, ...]:
    """The boxes of the task's classes; a second one that a trainer cannot tell from a first is dropped and named."""
    path = reading.layout.labels.get(entry.id)
    if path is None:
        return ()
    found, bad = parse_labels(content, reading.layout.rules, entry.width, entry.height)
    for line in bad:
        reading.note(path, Problem("", line.line, line.problem, line.text))
    boxes: dict[bytes, Box] = {}
    for box in found:
        index = reading.mapping.index_of(box.source)
        if index is None:
            reading.ignored[box.source] += 1
            continue
        own = Box(index, box.x1, box.y1, box.x2, box.y2)
        key = twin_key(own, entry.width, entry.height)
        if key in boxes:
            reading.note(path, Problem("", box.line, "duplicate-line", f"{box.source} {box.x1} {box.y1} {box.x2} {box.y2}"))
        else:
            boxes[key] = own
    return tuple(boxes.values())


def _refuse(folder: Path, images: Sequence[LabelledImage], problems: Sequence[Problem], *, strict: bool) -> None:
    lines = "".join(f"\n  - {problem.describe()}" for problem in problems[:SHOWN_PROBLEMS])
    if len(problems) > SHOWN_PROBLEMS:
        lines += f"\n  - and {len(problems) - SHOWN_PROBLEMS} more"
    if strict and problems:
        cure = "correct them, or let them be dropped and recorded: --set detection.strict_labels=false"
        raise DataError(f"the labelled images have errors:{lines}", where=str(folder), cure=cure)
    if not images:
        message = f"no image of the data set can be used:{lines}"
        raise DataError(message, where=str(folder), cure="restore the images: bench data verify kitti names every problem")
