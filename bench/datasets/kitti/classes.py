"""Which class of the labels becomes which class of a detection task, and which ones are ignored.

The published study has car, person and cyclist. Van, Truck, Tram, Misc and DontCare belong to none of them unless the
configuration says so: their boxes are left out of the labels (a detection on a van counts as background) and counted.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bench.datasets.kitti.settings import KittiSettings

ClassTask = Literal["car", "3class"]

KITTI_CLASSES = ("Car", "Van", "Truck", "Pedestrian", "Person_sitting", "Cyclist", "Tram", "Misc", "DontCare")
REGION = "DontCare"  # marks a part of the image where labellers looked for nothing: no object, its box is not checked
TASK_CLASSES: Mapping[ClassTask, tuple[str, ...]] = {"car": ("car",), "3class": ("car", "person", "cyclist")}
YOLO_CLASSES = TASK_CLASSES["3class"]  # the order in the assignment's YOLO labels, where no class list lies beside them


@dataclass(frozen=True, slots=True)
class ClassMap:
    """``names`` are the task's classes by index; ``targets`` gives each source class one of them, or None: ignored."""

    names: tuple[str, ...]
    targets: Mapping[str, str | None]

    def index_of(self, source: str) -> int | None:
        """Index of the task's class for ``source``, None where it is ignored; raises KeyError for an unknown class."""
        target = self.targets[source]
        return None if target is None else self.names.index(target)


def class_map(detection: KittiSettings, task: ClassTask, sources: Iterable[str] = KITTI_CLASSES) -> ClassMap:
    """Map every class of ``sources`` as the configuration says; raises UsageError for a misspelt or twice used class.

    A source class is a KITTI class, or is called car, person or cyclist itself (in any case); any other is ignored.
    """
    wanted = _wanted(detection)
    names = TASK_CLASSES[task]
    found = {source: wanted.get(source) or _own_name(source) for source in sources}
    return ClassMap(names, {source: target if target in names else None for source, target in found.items()})


def _wanted(detection: KittiSettings) -> dict[str, str]:
    wanted: dict[str, str] = {}
    for target in YOLO_CLASSES:
        for source in getattr(detection, target):
            if source not in KITTI_CLASSES:
                near = difflib.get_close_matches(source, KITTI_CLASSES, n=1)
                cure = f"did you mean {near[0]}?" if near else f"choose among {', '.join(KITTI_CLASSES)}"
                raise UsageError(f"KITTI has no class {source!r}", where=f"detection.{target}", cure=cure)
            if source in wanted:
                message = f"class {source} is given to both {wanted[source]} and {target}"
                raise UsageError(message, where=f"detection.{target}", cure="name every class once")
            wanted[source] = target
    return wanted


def _own_name(source: str) -> str | None:
    lowered = source.lower()
    return lowered if source not in KITTI_CLASSES and lowered in YOLO_CLASSES else None
