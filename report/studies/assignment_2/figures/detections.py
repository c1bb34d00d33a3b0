"""Figures 7 and 12: what the arms detect on the same validation images, with the ground truth beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import Rectangle

from report.evidence.records import arrays, frame
from report.printing.figure_style import WIDTH_IN, Drawing, absent, bare, canvas
from report.studies.assignment_2.arms import CLASS_TASKS, PUBLISHED_PAIR, arms_of, class_names, first_record
from report.studies.assignment_2.figures.curves import missing_words
from store.withheld import absent_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from report.evidence.subject import Subject
    from store.records import Stored

BOX_COLOUR = {"car": "#F5C518", "person": "#56B4E9", "cyclist": "#FF8FC7"}  # bright on photographs, black letters on them
_OTHER_COLOUR = "#C0E040"
CONFIDENCE = 0.25  # what the trainer's own prediction shows by default
_SHOWN = "shown.npz"
_GAP_IN, _MISSING_IN = 0.06, 0.4  # between two pictures, and in place of one
_STRIP = 0.5  # height over width: KITTI's pictures have 0.3, and fill the width
_LETTERS_PT, _TITLE_PT = 6.5, 8.0
Place = tuple[float, float, float, float]  # left, top, width and height of a label, pixels of the picture
_EARLIER, _LATER = slice(0, 2), slice(2, 4)  # which of the record's images the two figures take


@dataclass(frozen=True, slots=True)
class Scene:
    """One validation image: its id, ``pixels`` (h, w, 3) uint8 and the ``scale`` from the original's pixels to these."""

    image: str
    pixels: NDArray[np.uint8]
    scale: float


@dataclass(frozen=True, slots=True)
class Box:
    """A box in the scene's pixels, its class, and its confidence (None for ground truth)."""

    name: str
    score: float | None
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture: a scene, the words in its corner, and the boxes on it, the surest last."""

    scene: Scene
    title: str
    boxes: tuple[Box, ...]
    missing: str = ""


def pretrained(subject: Subject) -> Drawing | None:
    """Figure 7: the transfer arm on two images, ground truth above each."""
    scenes = scenes_of(subject)
    chosen = scenes[_LATER] or scenes[_EARLIER]
    if not chosen or first_record(subject.evidence, "detector", PUBLISHED_PAIR.transfer) is None:
        return None
    panels = [panel for scene in chosen for panel in panels_of(subject, scene, (PUBLISHED_PAIR.transfer,))]
    return _draw(subject, panels)


def side_by_side(subject: Subject, place: int) -> Drawing | None:
    """Figure 12: every arm on one image, ground truth on top."""
    scenes = scenes_of(subject)[_EARLIER]
    trained = any(subject.evidence.complete("detector", arm) for arm in arms_of(subject.evidence))
    if len(scenes) <= place or not trained:
        return None
    return _draw(subject, panels_of(subject, scenes[place], arms_of(subject.evidence)))


def _data(subject: Subject) -> Stored | None:
    """The record that the images come from: of the three-class task where it was run, for it has every box."""
    return next(
        (stored for task in reversed(CLASS_TASKS) if (stored := first_record(subject.evidence, "detection_data", task))), None
    )


def scenes_of(subject: Subject) -> list[Scene]:
    """The images that the record of the data keeps; none where there is no such record, or they were left out of it."""
    stored = _data(subject)
    if stored is None:
        return []
    if _SHOWN in absent_of(stored):  # photographs are not handed on with records
        return []
    shown = arrays(stored, _SHOWN)
    return [
        Scene(str(name), shown[f"pixels_{place}"].astype(np.uint8), float(scale))
        for place, (name, scale) in enumerate(zip(shown["image"], shown["scale"].astype(np.float64), strict=True))
    ]


def panels_of(subject: Subject, scene: Scene, arms: tuple[str, ...], least: float = CONFIDENCE) -> list[Panel]:
    """The ground truth and each arm on a scene, with the boxes that are at least so sure."""
    s = subject.strings
    stored = _data(subject)
    if stored is None:
        raise ValueError("a scene comes from a record")
    truth = _boxes(stored, "objects.parquet", scene, _names(stored))
    panels = [Panel(scene, s("figures.ground_truth", image=scene.image), truth)]
    for arm in arms:
        record = first_record(subject.evidence, "detector", arm)
        title = s("figures.detections_of", arm=s(f"arms.{arm}"))
        if record is None:
            panels.append(Panel(scene, title, (), missing_words(subject, "detector", arm)))
            continue
        boxes = _boxes(record, "predictions_last.parquet", scene, class_names(subject.evidence, arm), least)
        panels.append(Panel(scene, title, boxes))
    return panels


def _names(stored: Stored) -> tuple[str, ...]:
    names = stored.record.result.facts["class_names"]
    return tuple(str(name) for name in names) if isinstance(names, list) else ()


def _boxes(stored: Stored, name: str, scene: Scene, classes: tuple[str, ...], least: float = CONFIDENCE) -> tuple[Box, ...]:
    """The boxes of one image in the scene's pixels; of predictions, those from ``least`` up."""
    table = frame(stored, name)
    found = table[table["image"] == scene.image]
    scores: list[float | None] = [None] * len(found)
    if "score" in table:
        found = found[found["score"] >= least].sort_values(["score", "x1", "y1"])
        scores = [float(score) for score in found["score"].to_numpy()]
    corners = scene.scale * found[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)
    names = [classes[index] for index in found["class_index"].to_numpy(np.int64)]
    return tuple(Box(name, score, *corner) for name, score, corner in zip(names, scores, corners.tolist(), strict=True))


def _draw(subject: Subject, panels: list[Panel]) -> Drawing:
    """The panels below each other; pictures that are no wide strips go on in a second column."""
    columns = 2 if all(not panel.missing and _aspect(panel.scene) > _STRIP for panel in panels) else 1
    rows = math.ceil(len(panels) / columns)
    across = (WIDTH_IN - _GAP_IN * (columns - 1)) / columns
    heights = [max(_height(panel, across) for panel in panels[row::rows]) for row in range(rows)]
    figure, axes = canvas(rows, columns, sum(heights) + _GAP_IN * (rows - 1), gridspec_kw={"height_ratios": heights})
    figure.set_layout_engine(None)
    figure.subplots_adjust(0, 0, 1, 1, hspace=_GAP_IN * rows / sum(heights), wspace=_GAP_IN / across)
    by_column = [axes[row * columns + column] for column in range(columns) for row in range(rows)]
    for axis, panel in zip(by_column, panels, strict=False):
        _picture(subject, axis, panel, across)
    for axis in by_column[len(panels) :]:
        axis.remove()
    return Drawing(figure, " ".join(_alt(subject, panel) for panel in panels), photographs=True)


def _height(panel: Panel, across_in: float) -> float:
    return _MISSING_IN if panel.missing else across_in * _aspect(panel.scene)


def _aspect(scene: Scene) -> float:
    return float(scene.pixels.shape[0] / scene.pixels.shape[1])


def _picture(subject: Subject, axis: Axes, panel: Panel, across_in: float) -> None:
    height, width, _ = panel.scene.pixels.shape
    axis.set_xlim(0, width)
    axis.set_ylim(height, 0)
    if panel.missing:
        absent(axis, panel.missing)
    else:
        bare(axis)
        axis.imshow(panel.scene.pixels, interpolation="none", aspect="auto", extent=(0, width, height, 0))
    words = panel.title if panel.missing or len(panel.boxes) else subject.strings("figures.no_detection", title=panel.title)
    look: dict[str, Any] = {"fontsize": _TITLE_PT, "color": "white", "va": "top"}
    axis.text(4, 4, words, bbox={"facecolor": "black", "alpha": 0.7, "linewidth": 0, "pad": 2.0}, **look)
    if panel.missing:
        return
    per_inch = width / across_in
    taken = [(0.0, 0.0, *_size(words, _TITLE_PT, per_inch))]
    for box in panel.boxes:
        outline = ((box.left, box.top), box.right - box.left, box.bottom - box.top)
        axis.add_patch(Rectangle(*outline, fill=False, edgecolor="black", linewidth=1.9, alpha=0.6))
        axis.add_patch(Rectangle(*outline, fill=False, edgecolor=BOX_COLOUR.get(box.name, _OTHER_COLOUR), linewidth=1.2))
    for box in reversed(panel.boxes):
        text = _label(subject, box)
        place = _place(box, _size(text, _LETTERS_PT, per_inch), (width, height), taken)
        if place is None:
            continue  # its colour tells the class; a heap of labels would hide the objects
        taken.append(place)
        tag = {"facecolor": BOX_COLOUR.get(box.name, _OTHER_COLOUR), "linewidth": 0, "pad": 0.8, "alpha": 0.9}
        axis.text(place[0], place[1], text, fontsize=_LETTERS_PT, va="top", bbox=tag)


def _label(subject: Subject, box: Box) -> str:
    """``car 0.87``, or the class alone where the box is ground truth."""
    shown = subject.strings.named("detection_classes", box.name)
    return shown if box.score is None else f"{shown} {subject.numbers.fixed(box.score, 2)}"


def _size(text: str, points: float, per_inch: float) -> tuple[float, float]:
    """Width and height of a label in pixels of a picture with so many of them an inch, from the mean width of the letters."""
    pixel = points / 72 * per_inch
    return 0.60 * pixel * len(text) + 4, 1.35 * pixel


def _place(box: Box, size: tuple[float, float], picture: tuple[int, int], taken: list[Place]) -> Place | None:
    """Where a label covers no other: above its box, below it, or inside at the top; None where all three are taken."""
    across, down = size
    left = min(max(0.0, box.left), picture[0] - across)
    tops = (box.top - down - 1, box.bottom + 1, box.top + 1)
    places = ((left, top, across, down) for top in tops if 0 <= top <= picture[1] - down)
    return next((place for place in places if not any(_meets(place, other) for other in taken)), None)


def _meets(one: Place, other: Place) -> bool:
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )


def _alt(subject: Subject, panel: Panel) -> str:
    if panel.missing:
        return subject.strings("alt.missing", model=panel.title, words=panel.missing)
    parts = []
    for name in sorted({box.name for box in panel.boxes}):
        scores = [box.score for box in reversed(panel.boxes) if box.name == name]
        shown = subject.strings.named("detection_classes", name)
        confidence = subject.numbers.listed(subject.numbers.fixed(score, 2) for score in scores if score is not None)
        key = "alt.boxes_scored" if confidence else "alt.boxes"
        parts.append(subject.strings(key, count=len(scores), name=shown, confidence=confidence))
    return subject.strings("alt.detections", title=panel.title, boxes="; ".join(parts) or subject.strings("tables.none"))
