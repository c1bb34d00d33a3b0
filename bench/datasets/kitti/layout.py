"""The three folder layouts that are read: KITTI's own, flat folders with KITTI text, flat folders with YOLO text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.datasets.kitti.classes import KITTI_CLASSES, YOLO_CLASSES
from bench.datasets.kitti.labels import LabelRules, looks_like
from store.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bench.datasets.kitti.labels import LabelFormat

_FOLDERS = (("training/image_2", "training/label_2"), ("images", "labels"))
_SUFFIXES = frozenset({".png", ".jpg", ".jpeg"})
_CLASS_LIST = "classes.txt"
_DATASET_FILE = "data.yaml"


@dataclass(frozen=True, slots=True)
class Layout:
    """What lies in a data folder: image and label file by id, sorted, and how the labels are to be read.

    ``duplicates`` are images whose id another image of the folder has already.
    """

    folder: Path
    images: Mapping[str, Path]
    labels: Mapping[str, Path]
    duplicates: tuple[Path, ...]
    rules: LabelRules

    def relative(self, path: Path) -> str:
        """``path`` as it is named in records: below the data folder, with forward slashes."""
        return path.relative_to(self.folder).as_posix()


def is_dataset(folder: Path) -> bool:
    """Whether ``folder`` holds one of the layouts."""
    return _folders(folder) is not None


def read_layout(folder: Path) -> Layout:
    """List the images and labels of ``folder``; raises DataError where it has none of the layouts or no image."""
    found = _folders(folder)
    if found is None:
        expected = " or ".join(f"{images} beside {labels}" for images, labels in _FOLDERS)
        raise DataError("no detection data here", where=str(folder), cure=f"name a folder that holds {expected}: --data DIR")
    image_folder, label_folder = found
    pictures = [path for path in _files(image_folder) if path.suffix.lower() in _SUFFIXES]
    images = {path.stem: path for path in reversed(pictures)}
    duplicates = tuple(path for path in pictures if images[path.stem] != path)
    if not images:
        cure = "put PNG or JPEG images there, or fetch them: nox -s bench -- data fetch kitti"
        raise DataError("the image folder holds no image", where=str(image_folder), cure=cure)
    labels = {path.stem: path for path in _files(label_folder) if path.suffix == ".txt" and path.name != _CLASS_LIST}
    rules = _rules(folder, label_folder, labels)
    return Layout(folder, dict(sorted(images.items())), dict(sorted(labels.items())), duplicates, rules)


def _folders(folder: Path) -> tuple[Path, Path] | None:
    for images, labels in _FOLDERS:
        if (folder / images).is_dir() and (folder / labels).is_dir():
            return folder / images, folder / labels
    return None


def _files(folder: Path) -> list[Path]:
    """Files by name; those that begin with a dot are other programs' notes."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _rules(folder: Path, label_folder: Path, labels: Mapping[str, Path]) -> LabelRules:
    label_format = _format(labels)
    if label_format == "kitti":
        return LabelRules(label_format, KITTI_CLASSES)
    return LabelRules(label_format, _yolo_names(folder, label_folder))


def _format(labels: Mapping[str, Path]) -> LabelFormat:
    """The format of the first line that shows one; KITTI text where no label holds any."""
    for path in labels.values():
        if path.is_file() and (found := looks_like(path.read_bytes())):
            return found
    return "kitti"


def _yolo_names(folder: Path, label_folder: Path) -> tuple[str, ...]:
    """Class names by index from data.yaml or classes.txt, else the order of the assignment."""
    dataset_file = folder / _DATASET_FILE
    if dataset_file.is_file():
        return _names_of(dataset_file)
    for path in (folder / _CLASS_LIST, label_folder / _CLASS_LIST):
        if path.is_file():
            return tuple(line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip())
    return YOLO_CLASSES


def _names_of(path: Path) -> tuple[str, ...]:
    import yaml  # noqa: PLC0415 - only a folder with YOLO labels needs it

    cure = "give it a list of class names: names: [car, person, cyclist]"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"the class names cannot be read: {error}", where=str(path), cure=cure) from error
    names = content.get("names") if isinstance(content, dict) else None
    if isinstance(names, dict) and set(names) == set(range(len(names))):
        names = [names[index] for index in range(len(names))]
    if not isinstance(names, list) or not names:
        raise DataError("no class names: the key names is missing or no list", where=str(path), cure=cure)
    return tuple(str(name) for name in names)
