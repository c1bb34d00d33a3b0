"""Street scenes drawn by this program: a small synthetic detection set without anyone's licence, in KITTI's form.

Drives of ten frames, 320 x 256 pixels: eight that the arms see, twelve others for the donor. Every scene is a solid little
world seen by a moving camera, so that frames of one drive resemble each other as KITTI's do. It shows that the pipeline
works; what is measured on it says nothing about real images. 200 scenes are drawn in about 4 s.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from bench.datasets.drawn.pen import HEIGHT, SCALE, WIDTH, Pen
from bench.datasets.drawn.people import draw_cyclist, draw_pedestrian
from bench.datasets.drawn.street import draw_shadow, draw_street, make_blocks
from bench.datasets.drawn.vehicles import draw_vehicle
from bench.datasets.drawn.world import Camera, at_frame, make_street, make_things
from bench.datasets.kitti.drives import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from bench.datasets.drawn.pen import Outline
    from bench.datasets.drawn.street import Block
    from bench.datasets.drawn.world import Thing

FRAMES = 10
DRIVES = range(8)
DONOR_DRIVES = range(8, 20)  # other streets: nothing that an arm sees was shown to its donor
NOTE = (
    "Drawn street scenes: synthetic images, made by bench/datasets/drawn/scenes.py, not KITTI and not photographs.\n"
    "Labels are KITTI text. Part of this project, under its licence.\n"
)
_SEED = 20
_MINIMUM_PX = 15.0  # what is less high is marked DontCare, as KITTI does with what is too far to be labelled
_VISIBLE = 0.2  # what is hidden but for a fifth is no object
_NOISE = 5


@dataclass(frozen=True, slots=True)
class Scene:
    """One frame: ``pixels`` (HEIGHT, WIDTH, 3) uint8, and its KITTI label text."""

    id: str
    drive: str
    frame: int
    pixels: NDArray[np.uint8]
    label: str


def write_drawn(folder: Path, drives: range = DRIVES) -> None:
    """Write the drives' images/, labels/, manifest.csv and a note into ``folder``; raises OSError."""
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
    rows = ["stem,drive,frame,width,height,file\n"]
    for scene in sorted(draw_scenes(drives), key=lambda item: item.id):
        (folder / "images" / f"{scene.id}.png").write_bytes(_png(scene.pixels))
        (folder / "labels" / f"{scene.id}.txt").write_text(scene.label, encoding="ascii", newline="\n")
        rows.append(f"{scene.id},{scene.drive},{scene.frame},{WIDTH},{HEIGHT},{scene.id}.png\n")
    (folder / MANIFEST).write_text("".join(rows), encoding="ascii", newline="\n")
    (folder / "NOTE.txt").write_text(NOTE, encoding="ascii", newline="\n")


def draw_scenes(drives: range = DRIVES) -> Iterator[Scene]:
    """Every scene of the drives. Ids go through the drives in turn, so that the first ones show all of them."""
    for place, drive in enumerate(drives):
        generator = np.random.Generator(np.random.PCG64([_SEED, drive]))
        street = make_street(generator)
        speed = float(generator.uniform(0.9, 1.8))
        things = make_things(generator, speed, FRAMES)
        blocks = make_blocks(generator, street, speed * FRAMES)
        centre = WIDTH / 2 + float(generator.uniform(-12, 12))
        for frame in range(FRAMES):
            camera = Camera(street, speed * frame, centre)
            pixels, label = _draw(camera, things, blocks, frame)
            noisy = _noise(pixels, np.random.Generator(np.random.PCG64([_SEED, drive, frame])))
            yield Scene(f"{frame * len(drives) + place:06d}", f"drawn_drive_{drive:04d}", frame, noisy, label)


def _draw(camera: Camera, things: tuple[Thing, ...], blocks: tuple[Block, ...], frame: int) -> tuple[NDArray[np.uint8], str]:
    pen = Pen()
    draw_street(pen, camera, blocks)
    outlines: dict[int, tuple[Thing, float, Outline]] = {}
    for owner, (_, thing, x, z) in enumerate(at_frame(things, camera.position_z, frame), start=1):
        pen.begin(0)
        draw_shadow(pen, camera, thing, x, z)
        pen.begin(owner)
        if thing.kind == "Pedestrian":
            draw_pedestrian(pen, camera, thing, x, z)
        elif thing.kind == "Cyclist":
            draw_cyclist(pen, camera, thing, x, z)
        else:
            draw_vehicle(pen, camera, thing, x, z)
        outlines[owner] = thing, z, pen.outline(owner)
    seen = pen.seen()
    lines = [_label(thing, z, outline, seen[owner]) for owner, (thing, z, outline) in outlines.items()]
    return pen.picture(), "".join(line for line in lines if line)


def _label(thing: Thing, z: float, outline: Outline, visible: int) -> str:
    """The KITTI line of an object, empty where nearly nothing of it is seen. Its box ignores what hides it."""
    total = outline.pixels
    if not total or visible < _VISIBLE * total:
        return ""
    left, top, right, bottom = (edge / SCALE for edge in outline.box)
    box = f"{left:.2f} {top:.2f} {right:.2f} {bottom:.2f}"
    if bottom - top < _MINIMUM_PX:
        return f"DontCare -1 -1 -10 {box} -1 -1 -1 -1000 -1000 -1000 -10\n"
    truncated = 0.5 if left <= 0 or right >= WIDTH else 0.0
    occluded = 0 if visible > 0.9 * total else 1 if visible > 0.5 * total else 2  # KITTI: fully, partly, hardly seen
    return f"{thing.kind} {truncated:.2f} {occluded} 0.00 {box} -1 -1 -1 -1000 -1000 {z:.2f} {thing.yaw:.2f}\n"


def _noise(pixels: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
    """Add triangular noise: two whole-number draws, whose sum is the same on every machine."""
    draws = generator.integers(-_NOISE, _NOISE + 1, size=(2, *pixels.shape), dtype=np.int16)
    noisy: NDArray[np.int16] = pixels.astype(np.int16) + draws.sum(axis=0, dtype=np.int16)
    return noisy.clip(0, 255).astype(np.uint8)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    sink = io.BytesIO()
    Image.fromarray(pixels).save(sink, format="PNG", compress_level=1)  # a tenth larger than by 6, in a fraction of the time
    return sink.getvalue()
