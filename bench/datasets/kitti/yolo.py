"""Writes a split as the folder that Ultralytics trains from: images, YOLO labels, and the dataset YAML."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bench.datasets.kitti.yolo_text import yolo_rows
from bench.datasets.pictures import PictureError, png_bytes, read_picture
from store.errors import DataError, unwritable
from store.records import write_atomic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.datasets.kitti.entries import LabelledImage
    from bench.datasets.kitti.split import Split

DATASET_FILE = "data.yaml"
# A trainer's decoder: the bytes of a file to (H, W, 3) uint8 RGB, None where it cannot.
Decoder: TypeAlias = Callable[[bytes], NDArray[np.uint8] | None]
_PARTS = ("train", "val")


def write_yolo_dataset(split: Split, class_names: Sequence[str], folder: Path, decode: Decoder) -> Path:
    """Write ``data.yaml``, ``images/{train,val}`` and ``labels/{train,val}`` under ``folder``; returns the YAML's path.

    Where the trainer's own decoder ``decode`` finds the pixels that digests, hashes and figures see, an image is a symbolic
    link, or a copy where the file system has none; any other is decoded here and written as a plain PNG, so that the trainer
    has nothing to turn, to convert or to repair. Nothing is written beside the originals. What an earlier call left there is
    replaced, a trainer's label cache too. Equal input gives equal content: no path of this machine is in a file, as the
    trainer resolves the parts against the YAML's own folder. For the car-only copy of the published study, pass the split
    and names of the task ``car``. Raises StoreError where the folder cannot be written, DataError for an image that can no
    longer be decoded.
    """
    try:
        for part, images in zip(_PARTS, (split.train, split.validation), strict=True):
            _write_part(images, folder / "images" / part, folder / "labels" / part, decode)
            (folder / "labels" / f"{part}.cache").unlink(missing_ok=True)
    except OSError as error:
        elsewhere = "or name another folder with --artifacts DIR"
        raise unwritable("cannot write the training data", folder, error, elsewhere) from error
    path = folder / DATASET_FILE
    write_atomic(path, _dataset_yaml(class_names).encode())
    return path


def _dataset_yaml(class_names: Sequence[str]) -> str:
    lines = [f"{part}: images/{part}" for part in _PARTS]
    lines += ["names:", *(f"  {index}: {json.dumps(name)}" for index, name in enumerate(class_names))]
    return "\n".join(lines) + "\n"


def _write_part(images: Sequence[LabelledImage], image_folder: Path, label_folder: Path, decode: Decoder) -> None:
    for path in (image_folder, label_folder):
        path.mkdir(parents=True, exist_ok=True)
        for old in path.iterdir():
            old.unlink()
    for image in images:
        _place(image.entry.path.resolve(), image_folder, image.entry.id, decode)
        (label_folder / f"{image.entry.id}.txt").write_text(yolo_rows(image), encoding="ascii", newline="\n")


def _place(source: Path, folder: Path, name: str, decode: Decoder) -> None:
    try:
        picture = read_picture(source)
    except PictureError as error:
        message = f"image {source.name} can no longer be decoded: {error}"
        raise DataError(message, where=str(source), cure="restore it and run again") from error
    theirs = decode(picture.content) if picture.ends_clean else None
    if theirs is None or not np.array_equal(theirs, picture.pixels):
        (folder / f"{name}.png").write_bytes(png_bytes(picture.pixels))
        return
    target = folder / f"{name}{picture.suffix}"
    try:
        target.symlink_to(source)
    except (OSError, NotImplementedError):  # no symbolic links here: some file systems, Windows without the right
        shutil.copyfile(source, target)
