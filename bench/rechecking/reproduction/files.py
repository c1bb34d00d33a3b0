"""Compares the files of two records of one task that are not the same, and tells how they differ."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from store.formats import read_arrays, read_table, read_weights

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from store.records import Stored

    Content = Mapping[str, NDArray[np.generic]]

_SHOWN = 4  # columns or tensors of one file


def file_differences(stored: Stored, again: Stored) -> tuple[str, ...]:
    """A line for each file of the results that is not the same in the two; raises IntegrityError where one cannot be read."""
    one, other = ({entry.name: entry.sha256 for entry in side.record.files if not entry.volatile} for side in (stored, again))
    lines = []
    for name in sorted(one.keys() | other.keys()):
        if name not in one or name not in other:
            lines.append(f"{name}: {'only now' if name in other else 'only on record'}")
        elif one[name] != other[name]:
            lines.append(f"{name}: {_told(stored.folder / name, again.folder / name)}")
    return tuple(lines)


def _told(stored: Path, again: Path) -> str:
    one, other = _content(stored), _content(again)
    if one is None or other is None:
        return "other bytes"
    if one.keys() != other.keys():
        return f"only one of the two has {', '.join(sorted(one.keys() ^ other.keys())[:_SHOWN])}"
    lines = [line for name in one for line in _distances(name, one[name], other[name])]
    more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return ", ".join(lines[:_SHOWN]) + more or "equal values in other bytes"


def _content(path: Path) -> Content | None:
    """Columns, arrays or tensors by name; None for a file of another kind."""
    if path.suffix == ".parquet":
        return {name: _column(values) for name, values in read_table(path).to_pydict().items()}
    if path.suffix == ".npz":
        return read_arrays(path)
    return read_weights(path) if path.suffix == ".safetensors" else None


def _column(values: list[object]) -> NDArray[np.generic]:
    """Numbers with NaN for what is missing, texts as they are."""
    if all(value is None or isinstance(value, int | float) for value in values):
        return np.array([math.nan if value is None else value for value in values], np.float64)
    return np.array([str(value) for value in values])


def _distances(name: str, one: NDArray[np.generic], other: NDArray[np.generic]) -> Iterator[str]:
    """In how many values the two differ, and by how much at most; of texts, in how many."""
    if one.shape != other.shape:
        yield f"{name} has shape {one.shape} on record, {other.shape} again"
    elif one.dtype.kind in "iufb" and other.dtype.kind in "iufb":
        left, right = one.astype(np.float64), other.astype(np.float64)
        apart = ~((left == right) | (np.isnan(left) & np.isnan(right)))
        if apart.any():
            largest = np.nanmax(np.abs(left - right)[apart], initial=0.0)
            yield f"{name} differs in {int(apart.sum())} of {apart.size} values, by up to {float(largest):.3g}"
    elif (one != other).any():
        yield f"{name} differs in {int((one != other).sum())} of {one.size} values"
