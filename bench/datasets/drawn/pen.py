"""A pen that draws shapes at twice the size and knows which pixels of an object are seen in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bench.datasets.drawn.world import Colour, Point

WIDTH, HEIGHT = 320, 256  # squarer than KITTI: a small square of a network wastes less of itself on padding
SCALE = 2  # drawn larger and averaged: edges come out smooth


class Outline(NamedTuple):
    """How many pixels of the canvas an object has, and the box around them: left, top, right, bottom, at ``SCALE``."""

    pixels: int
    box: tuple[int, int, int, int]


class Pen:
    """Draws polygons and ellipses given in final pixels; the object begun last owns what is painted."""

    def __init__(self) -> None:
        """Start with an empty canvas that nobody owns."""
        size = (WIDTH * SCALE, HEIGHT * SCALE)
        self._colours = Image.new("RGB", size)
        self._owners = Image.new("L", size)
        self._paint = ImageDraw.Draw(self._colours)
        self._claim = ImageDraw.Draw(self._owners)
        self._owner = 0

    def begin(self, owner: int) -> None:
        """What follows belongs to ``owner`` (1 to 255; 0 is the scenery)."""
        self._owner = owner

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill a polygon."""
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self._paint.polygon(scaled, fill=colour)
        self._claim.polygon(scaled, fill=self._owner)

    def ellipse(self, centre: Point, radii: Point, colour: Colour) -> None:
        """Fill an ellipse with its axes along the image's."""
        (x, y), (rx, ry) = centre, radii
        box = [(x - rx) * SCALE, (y - ry) * SCALE, (x + rx) * SCALE, (y + ry) * SCALE]
        self._paint.ellipse(box, fill=colour)
        self._claim.ellipse(box, fill=self._owner)

    def line(self, points: Sequence[Point], width: float, colour: Colour) -> None:
        """Draw a line through ``points``, ``width`` final pixels wide."""
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        thickness = max(1, round(width * SCALE))
        self._paint.line(scaled, fill=colour, width=thickness, joint="curve")
        self._claim.line(scaled, fill=self._owner, width=thickness, joint="curve")

    def outline(self, owner: int) -> Outline:
        """What of ``owner`` is seen now."""
        only = self._owners.point([0] * owner + [1] + [0] * (255 - owner))
        return Outline(self.seen()[owner], only.getbbox() or (0, 0, 0, 0))

    def seen(self) -> list[int]:
        """How many pixels of the canvas, at ``SCALE``, each owner has now."""
        return self._owners.histogram()

    def picture(self) -> NDArray[np.uint8]:
        """The drawing at its final size, (HEIGHT, WIDTH, 3) uint8."""
        return np.asarray(self._colours.reduce(SCALE), dtype=np.uint8)
