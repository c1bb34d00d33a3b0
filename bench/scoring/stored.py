"""Reads ground truth and predictions out of the files of records, and refuses rows that cannot be scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from bench.scoring.boxes import Detections, Objects, order_detections, order_objects
from store.errors import DataError
from store.formats import read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

_Rows = TypeVar("_Rows", Objects, Detections)

_CORNERS = ("x1", "y1", "x2", "y2")
_CURE = "run again: nox -s bench; if it stays, delete the folder of this record first"


def read_validation_images(path: Path) -> tuple[str, ...]:
    """Ids of the validation images in ``images.parquet``, sorted: their place is their number in the arrays."""
    table = _columns(path, ("image", "split"))
    splits = table.column("split").to_pylist()
    return tuple(sorted(name for name, split in zip(_names(table), splits, strict=True) if split == "validation"))


def read_objects(path: Path, images: tuple[str, ...], class_count: int) -> Objects:
    """Ground truth of the validation ``images`` in ``objects.parquet``; raises DataError on a class or box that is none."""
    table = _columns(path, ("image", "class_index", *_CORNERS))
    number = {name: place for place, name in enumerate(images)}
    names = _names(table)
    wanted = np.array([name in number for name in names], np.bool_)
    image = _image_numbers([name for name in names if name in number], number, path)
    classes = _classes(table, class_count, path)[wanted]
    return _checked(path, lambda: order_objects(image, classes, _boxes(table)[wanted]))


def read_detections(path: Path, images: tuple[str, ...], class_count: int) -> Detections:
    """Rows of a predictions file; raises DataError where one names no validation image, or no class, score or box."""
    table = _columns(path, ("image", "class_index", "score", *_CORNERS))
    image = _image_numbers(_names(table), {name: place for place, name in enumerate(images)}, path)
    classes = _classes(table, class_count, path)
    return _checked(path, lambda: order_detections(image, classes, _numbers(table, "score"), _boxes(table)))


def _columns(path: Path, names: tuple[str, ...]) -> pa.Table:
    table = read_table(path)
    absent = [name for name in names if name not in table.column_names]
    if absent:
        raise DataError(f"{path.name} has no column {', '.join(absent)}", where=str(path), cure=_CURE)
    holed = [name for name in names if table.column(name).null_count]
    if holed:
        raise DataError(f"{path.name} has rows without {', '.join(holed)}", where=str(path), cure=_CURE)
    return table.select(list(names))


def _names(table: pa.Table) -> list[str]:
    return [str(name) for name in table.column("image").to_pylist()]


def _numbers(table: pa.Table, name: str) -> NDArray[np.float64]:
    return np.asarray(table.column(name).to_numpy(), np.float64)


def _boxes(table: pa.Table) -> NDArray[np.float64]:
    return np.stack([_numbers(table, name) for name in _CORNERS], axis=1)


def _classes(table: pa.Table, class_count: int, path: Path) -> NDArray[np.int64]:
    classes = np.asarray(table.column("class_index").to_numpy(), np.int64)
    outside = classes[(classes < 0) | (classes >= class_count)]
    if outside.size:
        message = f"{path.name} names class {outside[0]}, but the classes are 0 to {class_count - 1}"
        raise DataError(message, where=str(path), cure=_CURE)
    return classes


def _image_numbers(names: Iterable[str], number: Mapping[str, int], path: Path) -> NDArray[np.int64]:
    try:
        return np.array([number[name] for name in names], np.int64)
    except KeyError as error:
        message = f"{path.name} has a box on image {error.args[0]}, which is no validation image"
        raise DataError(message, where=str(path), cure=_CURE) from error


def _checked(path: Path, order: Callable[[], _Rows]) -> _Rows:
    try:
        return order()
    except ValueError as error:
        raise DataError(f"{path.name} cannot be scored: {error}", where=str(path), cure=_CURE) from error
