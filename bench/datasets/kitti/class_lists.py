"""Finds the list that says which class each id of YOLO labels stands for, and holds it against the ids that occur."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.datasets.doors import read_text, read_yaml
from bench.datasets.kitti.classes import known_class
from bench.datasets.kitti.folders import entries
from store.errors import DataError, printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bench.datasets.kitti.labels import LabelRules

_PLAIN_LISTS = ("classes.txt", "obj.names")
_DATASET_FILES = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
_YAML = frozenset({".yaml", ".yml", ".names"})
_MOST_NAMES, _LONGEST_NAME = 1000, 100
_LIST_BYTES = 1 << 20
_WAYS = "a file classes.txt beside the labels, with one class name a line in the order of the ids"


def find_names(folder: Path, roots: Sequence[Path]) -> tuple[tuple[str, ...], str]:
    """Class names by id, and the file that they stand in; no names and no file where there is no list.

    Looks for data.yaml, classes.txt and obj.names in ``roots``: a list under another name may be another data set's. Raises
    DataError for a list that cannot be read or is none, and for two that differ.
    """
    found: dict[str, tuple[str, ...]] = {}
    for root in roots:
        for path in entries(root):
            name = path.relative_to(folder).as_posix()
            if path.name.lower() in _PLAIN_LISTS:
                found[name] = _checked(_plain(path), path)
            elif path.name.lower() in _DATASET_FILES:
                found[name] = _checked(_from_yaml(path), path)
    if len(set(found.values())) > 1:
        message = f"the class lists differ: {', '.join(found)}"
        raise DataError(message, where=str(folder), cure="keep the one that the labels were written with")
    return next(iter(found.values()), ()), next(iter(found), "")


def check_ids(ids: Mapping[int, str], rules: LabelRules, folder: Path, roots: Sequence[Path]) -> None:
    """Refuse YOLO labels whose class list is missing, too short, or names no class of the study; raises DataError.

    ``ids`` are those that occur, each with a label file that has it.
    """
    used = sorted(ids)
    if not used:
        return
    shown = f"{_runs(used)} ({ids[used[-1]]})"
    if not rules.names:
        message = f"the labels are YOLO text with the class ids {shown}, and no list says what they stand for"
        cure = f"put the names there: {_WAYS}, such as car, person, cyclist"
        if others := _other_lists(folder, roots):
            cure = f"if {others} is their list, call it {_DATASET_FILES[0]}; or {cure}"
        raise DataError(message, where=str(folder), cure=cure)
    if used[-1] >= len(rules.names):
        message = (
            f"the labels have the class ids {shown}, {rules.list_file} names {len(rules.names)}: 0 to {len(rules.names) - 1}"
        )
        cure = f"correct the list: {_WAYS}"
        if used[0] == 1:
            cure += "; ids that count from 1 need a first line for id 0, such as unused"
        raise DataError(message, where=str(folder), cure=cure)
    if all(known_class(rules.names[number]) is None for number in used):
        named = ", ".join(rules.names[number] for number in used[:5])
        message = f"the class ids {shown} are {named} in {rules.list_file}: none is a class of KITTI, or a person"
        raise DataError(message, where=str(folder), cure=f"correct the list, if it is another data set's: {_WAYS}")


def _runs(ids: Sequence[int]) -> str:
    """``0 to 2, 5``."""
    runs: list[list[int]] = []
    for number in ids:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs[:5])


def _plain(path: Path) -> list[str]:
    text = read_text(path, "the list of class names", "save it as UTF-8 text, one name a line", _LIST_BYTES)
    names = [line.strip() for line in text.rstrip().splitlines()]
    if "" in names:
        message = f"no class name in line {names.index('') + 1}: whether it counts as an id, nobody can know"
        raise DataError(message, where=str(path), cure="remove the empty line, or write unused there if its id has no class")
    return names


def _other_lists(folder: Path, roots: Sequence[Path]) -> str:
    """Files that may hold class names and are called otherwise."""
    found = [path for root in roots for path in entries(root) if path.suffix.lower() in _YAML]
    return " or ".join(printable(path.relative_to(folder).as_posix()) for path in found[:2])


def _from_yaml(path: Path) -> list[str]:
    cure = "give it a list of class names: names: [car, person, cyclist]"
    content = read_yaml(path, "the class names", cure)
    names = content.get("names") if isinstance(content, dict) else None
    if isinstance(names, dict) and set(names) == set(map(str, range(len(names)))):
        names = [names[str(index)] for index in range(len(names))]
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise DataError("no class names: the key names is missing or no list", where=str(path), cure=cure)
    count = content.get("nc") if isinstance(content, dict) else None
    if count is not None and count != str(len(names)):
        raise DataError(f"the class names are {len(names)}, and nc says {str(count)[:20]}", where=str(path), cure=cure)
    return names


def _checked(names: list[str], path: Path) -> tuple[str, ...]:
    if not names or len(names) > _MOST_NAMES or max(map(len, names)) > _LONGEST_NAME:
        message = f"no class names: {len(names)} of them, where 1 to {_MOST_NAMES} of {_LONGEST_NAME} letters are read"
        raise DataError(message, where=str(path), cure="write one name a line, in the order of the ids")
    return tuple(names)
