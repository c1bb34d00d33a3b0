"""What a user should hear about labelled images that are not used as they lie there, and when there is nothing to train on."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bench.datasets.kitti.reader import SHOWN_PROBLEMS
from bench.datasets.kitti.split import leakage_of
from store.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.datasets.kitti.entries import Problem
    from bench.datasets.kitti.reader import LabelledSet
    from bench.datasets.kitti.split import Split

_LEFT_OUT = frozenset({"unreadable-image", "truncated-image", "unusual-image", "unreadable-label", "unreadable-name"})


def notes_of(found: LabelledSet, split: Split) -> tuple[str, ...]:
    """A sentence each on dropped lines, images left out or without label, unused files, folders read as one, unknown drives."""
    lines = [problem for problem in found.problems if problem.line]
    left_out = [problem for problem in found.problems if not problem.line and problem.problem in _LEFT_OUT]
    others = [problem for problem in found.problems if not problem.line and problem.problem not in _LEFT_OUT]
    undecided = leakage_of(split).undecided
    return tuple(
        note
        for wanted, note in (
            (lines, f"{len(lines)} label lines were dropped: {_kinds(lines)}"),
            (left_out, f"{len(left_out)} images were left out: {_kinds(left_out)}"),
            (others, f"{len(others)} files were not used: {_kinds(others)}"),
            (
                found.images_without_label,
                f"{found.images_without_label} images have no label file: they count as without object",
            ),
            (found.parts, f"the folders {' and '.join(found.parts)} were read as one set, which the study cuts itself"),
            (
                undecided,
                f"whether {undecided} validation images have a training neighbour is not known: drives are missing",
            ),
        )
        if wanted
    )


def refuse_empty(found: LabelledSet, split: Split, folder: Path) -> None:
    """Raise DataError where no image of the training part shows an object of the task, with what the labels hold instead."""
    if any(image.boxes for image in split.train):
        return
    ignored = ", ".join(f"{name} {count}" for name, count in found.ignored.items())
    rows = [
        f"{found.images_without_label} of {len(found.images)} images have no label file" if found.images_without_label else "",
        f"objects of classes that the task ignores: {ignored}" if ignored else "",
        *(problem.describe() for problem in found.problems[:SHOWN_PROBLEMS]),
    ]
    names = ", ".join(found.class_map.names)
    message = f"none of the {len(split.train)} training images shows an object of {names}"
    message += "".join(f"\n  - {row}" for row in rows if row)
    raise DataError(message, where=str(folder), cure="nox -s bench -- data verify kitti names every line that was not used")


def _kinds(problems: Sequence[Problem]) -> str:
    """``3 malformed-line, 1 unknown-class, first labels/000007.txt:3``."""
    if not problems:
        return ""
    counts = Counter(problem.problem for problem in problems)
    first = problems[0]
    place = f"{first.file}:{first.line}" if first.line else first.file
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) + f", first {place}"
