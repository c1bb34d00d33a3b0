"""Reads a folder of labelled images for one class task; what cannot be used is named with file and line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, UnidentifiedImageError

from bench.datasets.kitti.classes import ClassMap, class_map
from bench.datasets.kitti.digests import content_of, image_digests
from bench.datasets.kitti.drives import read_origins
from bench.datasets.kitti.entries import Box, ImageEntry, LabelledImage, Problem
from bench.datasets.kitti.labels import parse_labels
from bench.datasets.kitti.layout import read_layout
from bench.datasets.kitti.subset import choose
from store.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bench.datasets.kitti.classes import ClassTask
    from bench.datasets.kitti.entries import ProblemKind
    from bench.datasets.kitti.labels import LabelFormat
    from bench.datasets.kitti.layout import Layout
    from bench.datasets.kitti.settings import KittiSettings

_PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_JPEG_END = b"\xff\xd9"
_SHOWN_PROBLEMS = 5


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """The used part of a data folder for one class task.

    ``images`` are in the order of their ids. ``ignored`` counts objects of source classes that the task does not have.
    ``images_requested`` is the configured number, ``images_available`` what the folder holds, ``images_without_label``
    how many used images have no label file, which is allowed: they show no object.
    """

    images: tuple[LabelledImage, ...]
    problems: tuple[Problem, ...]
    ignored: Mapping[str, int]
    class_map: ClassMap
    label_format: LabelFormat
    images_requested: int
    images_available: int
    images_without_label: int

    @property
    def dropped_lines(self) -> int:
        """How many label lines could not be used."""
        return sum(problem.line > 0 for problem in self.problems)


def read_dataset(folder: Path, detection: KittiSettings, task: ClassTask, cache_dir: Path | None = None) -> LabelledSet:
    """Read images (header only) and labels of ``folder``; the images' digests may come from ``cache_dir``.

    An unusable line or image is left out and kept in ``problems``; with ``detection.strict_labels`` the first one raises
    DataError. Raises DataError also where the folder holds no such data or no usable image, UsageError for a wrong class.
    """
    layout = read_layout(folder)
    mapping = class_map(detection, task, layout.rules.names)
    subset = choose(layout, detection)
    problems = [Problem(layout.relative(path), 0, "duplicate-image", "") for path in layout.duplicates]
    problems += [Problem(layout.relative(path), 0, "label-without-image", "") for path in subset.orphans]
    entries = _read_entries(layout, subset.images, detection, cache_dir, problems)
    ignored: Counter[str] = Counter()
    images = tuple(LabelledImage(entry, _read_boxes(layout, entry, mapping, problems, ignored)) for entry in entries)
    _refuse(folder, images, problems, strict=detection.strict_labels)
    return LabelledSet(
        images=images,
        problems=tuple(sorted(problems, key=lambda problem: (problem.file, problem.line))),
        ignored=dict(sorted(ignored.items())),
        class_map=mapping,
        label_format=layout.rules.label_format,
        images_requested=len(detection.ids) or detection.images,
        images_available=subset.available,
        images_without_label=sum(entry.id not in layout.labels for entry in entries),
    )


def image_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels from the image's header; raises OSError, or SyntaxError for some broken headers."""
    with Image.open(path) as image:
        return image.size


def is_truncated(path: Path) -> bool:
    """Whether the file lacks the end mark of its format (PNG or JPEG), as after a cut download; raises OSError."""
    end = _PNG_END if path.suffix.lower() == ".png" else _JPEG_END
    with path.open("rb") as stream:
        stream.seek(0, 2)
        stream.seek(max(stream.tell() - len(end), 0))
        return stream.read() != end


def _read_entries(
    layout: Layout, images: Mapping[str, Path], detection: KittiSettings, cache_dir: Path | None, problems: list[Problem]
) -> list[ImageEntry]:
    sizes: dict[str, tuple[int, int]] = {}
    for name, path in images.items():
        problem: tuple[ProblemKind, str] | None = None
        try:
            sizes[name] = image_size(path)
            if is_truncated(path):
                problem = ("truncated-image", "")
        except UnidentifiedImageError:
            problem = ("unreadable-image", "no PNG or JPEG image")
        except (OSError, SyntaxError) as error:  # Pillow reports some broken PNG files as a SyntaxError
            problem = ("unreadable-image", str(getattr(error, "strerror", None) or error))
        if problem is not None:
            sizes.pop(name, None)
            problems.append(Problem(layout.relative(path), 0, *problem))
    digests = image_digests((images[name] for name in sizes), content_of(detection), cache_dir)
    origins = read_origins(layout.folder)
    entries = []
    for name, (width, height) in sizes.items():
        origin = origins.get(name)
        drive, frame = (None, None) if origin is None else (origin.drive, origin.frame)
        entries.append(ImageEntry(name, images[name], width, height, digests[images[name]], drive, frame))
    return entries


def _read_boxes(
    layout: Layout, entry: ImageEntry, mapping: ClassMap, problems: list[Problem], ignored: Counter[str]
) -> tuple[Box, ...]:
    path = layout.labels.get(entry.id)
    if path is None:
        return ()
    try:
        content = path.read_bytes()
    except OSError as error:
        problems.append(Problem(layout.relative(path), 0, "unreadable-label", error.strerror or str(error)))
        return ()
    found, bad = parse_labels(content, layout.rules, entry.width, entry.height)
    problems.extend(Problem(layout.relative(path), line.line, line.problem, line.text) for line in bad)
    boxes = []
    for box in found:
        index = mapping.index_of(box.source)
        if index is None:
            ignored[box.source] += 1
        else:
            boxes.append(Box(index, box.x1, box.y1, box.x2, box.y2))
    return tuple(boxes)


def _refuse(folder: Path, images: tuple[LabelledImage, ...], problems: list[Problem], *, strict: bool) -> None:
    if strict and problems:
        lines = [problem.describe() for problem in problems[:_SHOWN_PROBLEMS]]
        if len(problems) > _SHOWN_PROBLEMS:
            lines.append(f"and {len(problems) - _SHOWN_PROBLEMS} more")
        message = "the labelled images have errors:" + "".join(f"\n  - {line}" for line in lines)
        cure = "correct them, or let them be dropped and recorded: --set detection.strict_labels=false"
        raise DataError(message, where=str(folder), cure=cure)
    if not images:
        raise DataError("no image of the data set can be read", where=str(folder), cure="restore the images: bench data verify")
