"""Which class of the labels becomes which class of a detection task, and which ones are ignored.

The published study has car, person and cyclist. Van, Truck, Tram, Misc and DontCare belong to none of them unless the
configuration says so: their boxes are left out of the labels (a detection on a van counts as background) and counted.

One rule for names, in label lines, class lists and configuration: they are KITTI's, in any case. A class list may also say
``person``.
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
OWN_CLASSES = TASK_CLASSES["3class"]  # what a class list may call the study's classes itself
_CANONICAL = {name.casefold(): name for name in (*OWN_CLASSES, *KITTI_CLASSES)}  # KITTI's name where both have one


def known_class(name: str) -> str | None:
    """KITTI's spelling of a class that is named in any case, ``person`` for the study's own, None for any other name."""
    return _CANONICAL.get(name.casefold())


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

    A source class whose name is not known is ignored.
    """
    wanted = _wanted(detection)
    names = TASK_CLASSES[task]
    found = {source: wanted.get(known_class(source) or "") for source in sources}
    return ClassMap(names, {source: target if target in names else None for source, target in found.items()})


def _wanted(detection: KittiSettings) -> dict[str, str]:
    """The study's class of each known source class that has one; ``person`` is a person whatever the configuration says."""
    wanted = {"person": "person"}
    for target in OWN_CLASSES:
        for given in getattr(detection, target):
            source = known_class(given)
            if source not in KITTI_CLASSES:
                near = difflib.get_close_matches(given, KITTI_CLASSES, n=1)
                cure = f"did you mean {near[0]}?" if near else f"choose among {', '.join(KITTI_CLASSES)}"
                raise UsageError(f"KITTI has no class {given!r}", where=f"detection.{target}", cure=cure)
            if source in wanted:
                message = f"class {source} is given to both {wanted[source]} and {target}"
                raise UsageError(message, where=f"detection.{target}", cure="name every class once")
            wanted[source] = target
    return wanted
