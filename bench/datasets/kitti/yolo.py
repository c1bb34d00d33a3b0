"""Writes a split as the folder that Ultralytics trains from: links to the images, YOLO labels, and the dataset YAML."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from store.errors import unwritable
from store.records import write_atomic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.datasets.kitti.entries import LabelledImage
    from bench.datasets.kitti.split import Split

DATASET_FILE = "data.yaml"
_PARTS = ("train", "val")


def write_yolo_dataset(split: Split, class_names: Sequence[str], folder: Path) -> Path:
    """Write ``data.yaml``, ``images/{train,val}`` and ``labels/{train,val}`` under ``folder``; returns the YAML's path.

    Images are symbolic links, or copies where the file system has none; nothing is written beside the originals. What an
    earlier call left there is replaced, a trainer's label cache too. Equal input gives equal content: no path of this
    machine is in a file, as the trainer resolves the parts against the YAML's own folder. For the car-only copy of the
    published study, pass the split and names of the task ``car``. Raises StoreError where the folder cannot be written.
    """
    try:
        for part, images in zip(_PARTS, (split.train, split.validation), strict=True):
            _write_part(images, folder / "images" / part, folder / "labels" / part)
            (folder / "labels" / f"{part}.cache").unlink(missing_ok=True)
    except OSError as error:
        elsewhere = "or name another folder with --artifacts DIR"
        raise unwritable("cannot write the training data", folder, error, elsewhere) from error
    path = folder / DATASET_FILE
    write_atomic(path, _dataset_yaml(class_names).encode())
    return path


def yolo_rows(image: LabelledImage) -> str:
    """The YOLO label text: class index, centre and size as fractions of the image, a line a box."""
    width, height = image.entry.width, image.entry.height
    rows = []
    for box in image.boxes:
        x, y = (box.x1 + box.x2) / 2 / width, (box.y1 + box.y2) / 2 / height
        # 8 digits: less than 0.0001 pixel off, where the usual 6 move a box by up to 0.001 pixel.
        rows.append(f"{box.class_index} {x:.8f} {y:.8f} {(box.x2 - box.x1) / width:.8f} {(box.y2 - box.y1) / height:.8f}\n")
    return "".join(rows)


def _dataset_yaml(class_names: Sequence[str]) -> str:
    lines = [f"{part}: images/{part}" for part in _PARTS]
    lines += ["names:", *(f"  {index}: {json.dumps(name)}" for index, name in enumerate(class_names))]
    return "\n".join(lines) + "\n"


def _write_part(images: Sequence[LabelledImage], image_folder: Path, label_folder: Path) -> None:
    for path in (image_folder, label_folder):
        path.mkdir(parents=True, exist_ok=True)
        for old in path.iterdir():
            old.unlink()
    for image in images:
        _place(image.entry.path.resolve(), image_folder / f"{image.entry.id}{image.entry.path.suffix.lower()}")
        (label_folder / f"{image.entry.id}.txt").write_text(yolo_rows(image), encoding="ascii", newline="\n")


def _place(source: Path, target: Path) -> None:
    try:
        target.symlink_to(source)
    except (OSError, NotImplementedError):  # no symbolic links here: some file systems, Windows without the right
        shutil.copyfile(source, target)
