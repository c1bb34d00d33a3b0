"""Stored detections on one validation image, every arm with every confidence, and the ground truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.studies.assignment_2.arms import arms_of
from report.studies.assignment_2.figures.detections import BOX_COLOUR, Box, panels_of, scenes_of
from report.studies.assignment_2.views.images import jpeg

if TYPE_CHECKING:
    from pydantic import JsonValue

    from report.evidence.subject import Subject

MOST = 200
"""Boxes of an arm that the page takes at most, the surest first."""
LEAST = 0.01  # confidence below which nobody looks
_QUALITY = 85


def boxes(subject: Subject, place: int) -> JsonValue:
    """The scene of the figure ``detections-<place + 1>``; None where the run has none."""
    scenes = scenes_of(subject)
    if len(scenes) <= place or not any(subject.evidence.complete("detector", arm) for arm in arms_of(subject.evidence)):
        return None
    scene = scenes[place]
    truth, *arms = panels_of(subject, scene, arms_of(subject.evidence), least=LEAST)
    names = {box.name for panel in (truth, *arms) for box in panel.boxes}
    rows: list[JsonValue] = [["arm", "class", "confidence", "left", "top", "right", "bottom"]]
    for panel in (truth, *arms):
        rows += [[panel.title, box.name, box.score if box.score is not None else "", *_corners(box)] for box in panel.boxes]
    return {
        "kind": "boxes",
        "image": jpeg(scene.pixels, _QUALITY),
        "width": scene.pixels.shape[1],
        "height": scene.pixels.shape[0],
        "classes": {name: subject.strings.named("detection_classes", name) for name in sorted(names)},
        "colours": {name: BOX_COLOUR[name] for name in sorted(names & BOX_COLOUR.keys())},
        "truth": [_corners(box) for box in truth.boxes],
        "arms": [
            {"name": panel.title, "missing": panel.missing, "boxes": [_scored(box) for box in panel.boxes[-MOST:]]}
            for panel in arms
        ],
        "data": rows,
    }


def _corners(box: Box) -> list[JsonValue]:
    return [round(one, 1) for one in (box.left, box.top, box.right, box.bottom)]


def _scored(box: Box) -> list[JsonValue]:
    return [*_corners(box), round(box.score or 0.0, 4), box.name]
