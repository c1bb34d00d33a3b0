"""Draws pedestrians and cyclists of the street scenes as flat figures that face the camera or pass sideways."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.datasets.drawn.pen import Pen
    from bench.datasets.drawn.world import Camera, Colour, Point, Thing

_TROUSERS: tuple[Colour, ...] = ((44, 50, 74), (62, 58, 54), (30, 30, 34), (112, 96, 76))
_HAIR: tuple[Colour, ...] = ((58, 42, 32), (28, 24, 24), (150, 112, 60))
_HELMETS: tuple[Colour, ...] = ((230, 230, 224), (200, 40, 40), (40, 90, 170))
_TYRE: Colour = (28, 28, 30)
_FRAMES: tuple[Colour, ...] = ((170, 40, 40), (40, 110, 150), (60, 60, 64))


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A flat upright sheet at the object's distance, drawn on in metres from its foot; ``turn`` mirrors it."""

    pen: Pen
    camera: Camera
    thing: Thing
    x: float
    z: float
    turn: int

    def spot(self, point: Point) -> Point:
        """Pixel of a point on the sheet."""
        right, up = (part * self.thing.size for part in point)
        return self.camera.project(self.x + self.turn * right, up, self.z)

    def line(self, points: list[Point], width: float, colour: Colour, shade: float = 1.0) -> None:
        """A limb or tube ``width`` metres thick."""
        pixels = width * self.thing.size * _pixels_per_metre(self)
        self.pen.line([self.spot(point) for point in points], pixels, self.camera.seen(colour, self.z, shade))

    def disc(self, centre: Point, radii: Point, colour: Colour, shade: float = 1.0) -> None:
        """A filled ellipse."""
        scale = self.thing.size * _pixels_per_metre(self)
        self.pen.ellipse(self.spot(centre), (radii[0] * scale, radii[1] * scale), self.camera.seen(colour, self.z, shade))

    def area(self, points: list[Point], colour: Colour, shade: float = 1.0) -> None:
        """A filled polygon."""
        self.pen.polygon([self.spot(point) for point in points], self.camera.seen(colour, self.z, shade))


def draw_pedestrian(pen: Pen, camera: Camera, thing: Thing, x: float, z: float) -> None:
    """Draw a walking person 1.75 m tall; ``phase`` of the thing is the phase of the step."""
    sheet = _sheet(pen, camera, thing, x, z)
    swing = 0.26 * math.sin(2 * math.pi * thing.phase) * (1.0 if _sideways(thing) else 0.4)
    trousers = _pick(_TROUSERS, thing)
    _leg(sheet, (-0.07, 0.86), -swing, trousers, 0.8)
    sheet.line([(0.0, 1.38), (-0.22 - swing / 2, 0.86)], 0.1, thing.paint, 0.75)
    _leg(sheet, (0.07, 0.86), swing, trousers, 1.0)
    sheet.area([(-0.2, 1.44), (0.2, 1.44), (0.17, 0.82), (-0.17, 0.82)], thing.paint)
    sheet.disc((0.0, 1.42), (0.2, 0.07), thing.paint)
    sheet.line([(0.17, 1.38), (0.24 + swing / 2, 0.88)], 0.1, thing.paint, 0.88)
    sheet.disc((0.24 + swing / 2, 0.86), (0.05, 0.06), thing.trim)
    _head(sheet, (0.0, 1.61), _pick(_HAIR, thing))


def draw_cyclist(pen: Pen, camera: Camera, thing: Thing, x: float, z: float) -> None:
    """Draw a person riding a bicycle, from the side or from its end."""
    sheet = _sheet(pen, camera, thing, x, z)
    if _sideways(thing):
        _ride_sideways(sheet)
    else:
        _ride_along(sheet)


def _ride_sideways(sheet: _Sheet) -> None:
    thing, frame = sheet.thing, _pick(_FRAMES, sheet.thing)
    for centre in (-0.52, 0.52):
        sheet.disc((centre, 0.34), (0.34, 0.34), _TYRE)
        sheet.disc((centre, 0.34), (0.27, 0.27), sheet.camera.street.asphalt, 1.12)
        sheet.disc((centre, 0.34), (0.05, 0.05), _TYRE)
    sheet.line([(-0.52, 0.34), (-0.2, 0.88), (0.36, 0.84), (0.0, 0.32), (-0.52, 0.34)], 0.06, frame)
    sheet.line([(0.52, 0.34), (0.38, 1.02), (0.24, 1.04)], 0.06, frame)
    step = math.sin(2 * math.pi * thing.phase)
    trousers = _pick(_TROUSERS, thing)
    sheet.line([(-0.2, 0.94), (0.14, 0.72 - 0.1 * step), (0.0, 0.3 - 0.14 * step)], 0.13, trousers, 0.75)
    sheet.line([(-0.2, 0.94), (0.16, 0.72 + 0.1 * step), (0.0, 0.3 + 0.14 * step)], 0.14, trousers)
    sheet.area([(-0.32, 0.92), (-0.06, 0.9), (0.26, 1.42), (0.0, 1.5)], thing.paint)
    sheet.line([(0.16, 1.4), (0.26, 1.06)], 0.1, thing.paint, 0.85)
    _head(sheet, (0.2, 1.62), _pick(_HELMETS, thing))


def _ride_along(sheet: _Sheet) -> None:
    thing, frame = sheet.thing, _pick(_FRAMES, sheet.thing)
    sheet.disc((0.0, 0.34), (0.06, 0.35), _TYRE)
    step = 0.1 * math.sin(2 * math.pi * thing.phase)
    trousers = _pick(_TROUSERS, thing)
    for side in (-1, 1):
        sheet.line([(side * 0.1, 0.96), (side * 0.16, 0.66), (side * 0.12, 0.26 + side * step)], 0.13, trousers, 0.9)
    sheet.line([(-0.3, 1.04), (0.3, 1.04)], 0.05, frame)
    sheet.area([(-0.22, 1.46), (0.22, 1.46), (0.17, 0.9), (-0.17, 0.9)], thing.paint)
    for side in (-1, 1):
        sheet.line([(side * 0.2, 1.42), (side * 0.3, 1.06)], 0.1, thing.paint, 0.85)
    _head(sheet, (0.0, 1.63), _pick(_HELMETS, thing))


def _leg(sheet: _Sheet, hip: Point, swing: float, colour: Colour, shade: float) -> None:
    right, up = hip
    sheet.line([(right, up), (right + swing / 2, up / 2), (right + swing, 0.06)], 0.15, colour, shade)
    sheet.disc((right + swing + 0.04, 0.05), (0.1, 0.05), _TYRE)


def _head(sheet: _Sheet, centre: Point, cap: Colour) -> None:
    right, up = centre
    sheet.disc((right, up), (0.11, 0.14), sheet.thing.trim)
    sheet.disc((right - 0.01, up + 0.07), (0.12, 0.09), cap)


def _sheet(pen: Pen, camera: Camera, thing: Thing, x: float, z: float) -> _Sheet:
    return _Sheet(pen, camera, thing, x, z, -1 if thing.speed_x < 0 else 1)


def _sideways(thing: Thing) -> bool:
    return abs(math.sin(thing.yaw)) > 0.5  # noqa: PLR2004 - nearer to across than to along the road


def _pixels_per_metre(sheet: _Sheet) -> float:
    return sheet.camera.project(1.0, 0.0, sheet.z)[0] - sheet.camera.project(0.0, 0.0, sheet.z)[0]


def _pick(colours: tuple[Colour, ...], thing: Thing) -> Colour:
    """A colour that stays with the thing: its phase is as good as a draw of its own."""
    return colours[int(thing.phase * 97) % len(colours)]
