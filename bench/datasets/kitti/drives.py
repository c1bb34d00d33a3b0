"""Which drive and frame each image was taken from: manifest.csv, object_to_raw.csv or the devkit's mapping files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from os.path import lexists
from typing import TYPE_CHECKING

from bench.datasets.doors import data_door, read_rows, read_text
from store.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MANIFEST = "manifest.csv"
OBJECT_TO_RAW = "object_to_raw.csv"
_MAPPINGS = ("mapping", "devkit/mapping", "devkit_object/mapping")
_MAPPING_BYTES = 4 << 20  # the official files take 0.6 MB
_LAST_FRAME = 10**9  # ten years at 10 frames a second
_LONGEST_DRIVE = 100
_MAPPING_LINE = re.compile(r"\S+\s+(?P<drive>\d{4}_\d\d_\d\d_drive_\d+)(?:_sync)?\s+(?P<frame>\d+)")


@dataclass(frozen=True, slots=True)
class Origin:
    """A recording and the number of the frame in it."""

    drive: str
    frame: int


def read_origins(folder: Path) -> dict[str, Origin]:
    """Image id to origin, as far as the files in ``folder`` know it; raises DataError that names file and line.

    Where several files speak of one image, manifest.csv counts before object_to_raw.csv, and that before the mapping.
    """
    origins: dict[str, Origin] = {}
    for name in _MAPPINGS:
        if lexists(folder / name / "train_rand.txt"):
            origins |= read_mapping(folder / name)
    origins |= _read_csv(folder / OBJECT_TO_RAW, key="object_id")
    origins |= _read_csv(folder / MANIFEST, key="stem")
    return origins


def read_mapping(folder: Path) -> dict[str, Origin]:
    """The devkit's mapping: entry i of train_rand.txt is the line (from 1) of train_mapping.txt that image i came from.

    Raises DataError where the two files do not fit each other.
    """
    order_path, lines_path = folder / "train_rand.txt", folder / "train_mapping.txt"
    cure = "restore the two files of KITTI's object development kit"
    what = "the mapping to drives"
    order = read_text(order_path, what, cure, _MAPPING_BYTES).replace(",", " ").split()
    lines = read_text(lines_path, what, cure, _MAPPING_BYTES).splitlines()
    with data_door(folder, what, cure):
        return {f"{number:06d}": _origin_of(lines, int(entry)) for number, entry in enumerate(order)}


def origin_rows(origins: Mapping[str, Origin]) -> str:
    """The text of an object_to_raw.csv."""
    rows = [f"{name},{origin.drive},{origin.frame}\n" for name, origin in sorted(origins.items())]
    return "object_id,drive,frame\n" + "".join(rows)


def _origin_of(lines: list[str], number: int) -> Origin:
    if not 0 < number <= len(lines):
        raise ValueError(f"train_rand.txt asks for line {number} of {len(lines)} in train_mapping.txt")
    match = _MAPPING_LINE.fullmatch(lines[number - 1].strip())
    if match is None:
        raise ValueError(f"train_mapping.txt, line {number}: {lines[number - 1]!r}")
    return Origin(match["drive"], int(match["frame"]))


def _read_csv(path: Path, *, key: str) -> dict[str, Origin]:
    if not lexists(path):  # what is there and no file is refused by its reader
        return {}
    cure = f"give it the columns {key}, drive and frame, or remove the file"
    names, rows = read_rows(path, path.name, cure)
    missing = {key, "drive", "frame"} - set(names)
    if missing:
        raise DataError(f"{path.name} has no column {', '.join(sorted(missing))}", where=str(path), cure=cure)
    found: dict[str, Origin] = {}
    for number, row in enumerate(rows, start=2):
        if not row["drive"]:
            continue
        frame = row["frame"].strip()
        if not (frame.isascii() and frame.isdecimal() and len(frame) <= len(str(_LAST_FRAME)) and int(frame) <= _LAST_FRAME):
            message = f"{path.name} has no frame number in line {number}: {row['frame'][:_LONGEST_DRIVE]!r}"
            raise DataError(message, where=f"{path}:{number}", cure="write a whole number there")
        if len(row["drive"]) > _LONGEST_DRIVE or not row["drive"].isprintable():
            message = f"{path.name} has no name of a drive in line {number}: {row['drive'][:_LONGEST_DRIVE]!r}"
            raise DataError(message, where=f"{path}:{number}", cure=f"name it in at most {_LONGEST_DRIVE} printable letters")
        origin = Origin(row["drive"], int(frame))
        if found.setdefault(row[key], origin) != origin:
            message = f"{path.name} has two origins of {row[key][:_LONGEST_DRIVE]!r}, the second in line {number}"
            raise DataError(message, where=f"{path}:{number}", cure="remove the wrong one")
    return found
