"""What lies in a folder of detection data: images and labels by id, and how the labels are to be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.datasets.kitti.class_lists import find_names
from bench.datasets.kitti.classes import KITTI_CLASSES
from bench.datasets.kitti.folders import list_files
from bench.datasets.kitti.labels import LABEL_BYTES, LabelRules, looks_like
from store.doors import read_bounded
from store.errors import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bench.datasets.kitti.labels import LabelFormat


@dataclass(frozen=True, slots=True)
class Layout:
    """What lies in a data folder: image and label file by id, sorted, and how the labels are to be read.

    ``duplicates`` are images and ``duplicate_labels`` labels whose id another one of the folder has already;
    ``unreadable`` are files whose name is not UTF-8. ``parts`` are the folders that the images are spread over,
    ``roots`` those where a class list may lie.
    """

    folder: Path
    images: Mapping[str, Path]
    labels: Mapping[str, Path]
    duplicates: tuple[Path, ...]
    duplicate_labels: tuple[Path, ...]
    unreadable: tuple[Path, ...]
    parts: tuple[str, ...]
    roots: tuple[Path, ...]
    rules: LabelRules

    def relative(self, path: Path) -> str:
        """``path`` as it is named in records: below the data folder, with forward slashes, unprintable letters escaped."""
        return printable(path.relative_to(self.folder).as_posix())


def read_layout(folder: Path) -> Layout:
    """List the images and labels of ``folder``; raises DataError where it holds no such data, or no image."""
    files = list_files(folder)
    images, duplicates = _by_id(files.images)
    labels, duplicate_labels = _by_id(files.labels)
    rules = _rules(folder, labels, files.roots)
    return Layout(folder, images, labels, duplicates, duplicate_labels, files.unreadable, files.parts, files.roots, rules)


def _by_id(paths: Sequence[Path]) -> tuple[dict[str, Path], tuple[Path, ...]]:
    """Id to the first file by name, and all other files."""
    first = {path.stem: path for path in reversed(paths)}
    return dict(sorted(first.items())), tuple(path for path in paths if first[path.stem] != path)


def _rules(folder: Path, labels: Mapping[str, Path], roots: Sequence[Path]) -> LabelRules:
    label_format = _format(labels)
    if label_format == "kitti":
        return LabelRules(label_format, KITTI_CLASSES)
    return LabelRules(label_format, *find_names(folder, roots))


def _format(labels: Mapping[str, Path]) -> LabelFormat:
    """The format of the first line that shows one; KITTI text where no label holds any."""
    for path in labels.values():
        try:
            found = looks_like(read_bounded(path, LABEL_BYTES))
        except (OSError, ValueError):  # the reader names it among the problems
            continue
        if found:
            return found
    return "kitti"
