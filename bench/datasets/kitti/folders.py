"""Finds which folders of a data folder hold the images and which the labels, in the forms that usual tools leave."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.errors import DataError, printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# KITTI's own, unpacked into one folder or each archive into its own, with the names of its other benchmarks; and the flat one.
_PAIRS = (
    ("training/image_2", "training/label_2"),
    ("data_object_image_2/training/image_2", "data_object_label_2/training/label_2"),
    ("training/image_02", "training/label_02"),
    ("image_2", "label_2"),
    ("image_02", "label_02"),
    ("images", "labels"),
)
_PARTS = ("train", "training", "val", "valid", "validation")
_IMAGES = frozenset({".png", ".jpg", ".jpeg"})
_LABEL = ".txt"
# Text files that are no labels where labels lie beside the images.
_NOTES = frozenset({"classes.txt", "readme.txt", "license.txt", "licence.txt", "note.txt", "notes.txt", "train.txt", "val.txt"})
_MOST_NAMED = 8
EXPECTED = (
    "kitti/training/image_2 and label_2, or kitti/images and kitti/labels (in either, images may lie in train and val), "
    "or kitti/train/images and kitti/train/labels, or labels beside their images"
)


@dataclass(frozen=True, slots=True)
class Files:
    """Images and labels in the order of their names; ``unreadable`` are files whose name is not UTF-8.

    ``parts`` are the folders (such as train and val) that the images are spread over, none where they lie in one.
    ``roots`` are the folders that a class list may lie in.
    """

    images: tuple[Path, ...]
    labels: tuple[Path, ...]
    unreadable: tuple[Path, ...]
    parts: tuple[str, ...]
    roots: tuple[Path, ...]


def is_dataset(folder: Path) -> bool:
    """Whether ``folder`` holds images and labels in one of the forms; raises DataError where it cannot be looked into."""
    return _pairs(folder) is not None


def list_files(folder: Path) -> Files:
    """Every image and label; raises DataError where ``folder`` holds none of the forms, or no image."""
    pairs = _pairs(folder)
    if pairs is None:
        message = f"no detection data here: {contents(folder)}"
        raise DataError(message, where=str(folder), cure=f"name a folder that holds {EXPECTED}: --data DIR")
    image_files = sorted(path for images, _ in pairs for path in _files(images, _IMAGES))
    label_files = sorted(path for _, labels in pairs for path in _files(labels, {_LABEL}) if path.name.lower() not in _NOTES)
    unreadable = tuple(path for path in (*image_files, *label_files) if not _is_text(path.name))
    images = tuple(path for path in image_files if _is_text(path.name))
    labels = tuple(path for path in label_files if _is_text(path.name))
    if not images and not unreadable:
        cure = "put PNG or JPEG images there, or fetch them: nox -s bench -- data fetch kitti"
        raise DataError("the image folder holds no image", where=", ".join(str(one) for one, _ in pairs), cure=cure)
    parts = tuple(
        sorted({part for part in _PARTS for one, _ in pairs if part in (one.name, one.parent.name) and one != folder})
    )
    roots = tuple(dict.fromkeys(place for pair in pairs for one in pair for place in (folder, one.parent, one)))
    return Files(images, labels, unreadable, parts if len(pairs) > 1 else (), roots)


def contents(folder: Path) -> str:
    """What lies in a folder that is no data set, for the message that says so."""
    names: list[str] = []
    for path in entries(folder):
        inner = [f"{path.name}/{one.name}" for one in entries(path) if one.is_dir()] if path.is_dir() else []
        names += inner or [path.name + ("/" if path.is_dir() else "")]
    shown = ", ".join(printable(name) for name in names[:_MOST_NAMED])
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"it holds {shown}{more}" if names else "it is empty" if folder.is_dir() else "there is no such folder"


def _pairs(folder: Path) -> tuple[tuple[Path, Path], ...] | None:
    """Folders of images, each with that of its labels."""
    for images, labels in _PAIRS:
        if (folder / images).is_dir() and (folder / labels).is_dir():
            return tuple(_spread(folder / images, folder / labels))
    inside = [(folder / part / "images", folder / part / "labels") for part in _PARTS]
    if found := tuple(pair for pair in inside if all(one.is_dir() for one in pair)):
        return found
    beside = [folder / "images", folder, *(folder / part for part in _PARTS), *(folder / "images" / part for part in _PARTS)]
    return tuple((one, one) for one in beside if _holds_both(one)) or None


def _spread(images: Path, labels: Path) -> Iterator[tuple[Path, Path]]:
    """The two folders, and those below both of them that are called like a part."""
    parts = [(images / part, labels / part) for part in _PARTS]
    found = [pair for pair in parts if all(one.is_dir() for one in pair)]
    if not found or _files(images, _IMAGES):
        yield images, labels
    yield from found


def _holds_both(folder: Path) -> bool:
    stems = {path.stem for path in _files(folder, _IMAGES)}
    return any(path.stem in stems for path in _files(folder, {_LABEL}))


def _files(folder: Path, suffixes: frozenset[str] | set[str]) -> list[Path]:
    """Files by name; those that begin with a dot are other programs' notes."""
    return [path for path in entries(folder) if path.suffix.lower() in suffixes and not path.name.startswith(".")]


def entries(folder: Path) -> list[Path]:
    """What lies in the folder, by name, nothing where there is none; raises DataError where it cannot be looked into."""
    if not folder.is_dir():
        return []
    try:
        return sorted(folder.iterdir(), key=lambda path: os.fsencode(path.name))
    except OSError as error:
        message = f"cannot look into the folder: {error.strerror or error}"
        raise DataError(message, where=str(folder), cure="allow it to be read, or name another folder: --data DIR") from error


def _is_text(name: str) -> bool:
    """Whether a file's name is UTF-8: Python marks bytes that are not with halves of surrogate pairs."""
    return not any("\ud800" <= letter <= "\udfff" for letter in name)
