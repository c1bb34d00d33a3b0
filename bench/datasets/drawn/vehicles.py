"""Draws cars and vans of the street scenes as solids in perspective."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.datasets.drawn.pen import Pen
    from bench.datasets.drawn.world import Camera, Colour, Point, Thing

Corner = tuple[float, float, float]  # right of, above and ahead of the vehicle's middle on the road, metres

_GLASS: Colour = (66, 84, 98)
_TYRE: Colour = (24, 24, 26)
_RIM: Colour = (150, 150, 154)
_BUMPER: Colour = (44, 42, 46)
_PLATE: Colour = (232, 232, 226)
_TAIL: Colour = (206, 34, 28)
_HEAD: Colour = (250, 246, 220)
_CLEARANCE_M = 0.18
_WHEEL_M = 0.32
_CLOSEST_M = 1.2  # corners nearer than this are moved away: a projection needs some distance


@dataclass(frozen=True, slots=True)
class Measures:
    """A kind of vehicle in metres; ``waist`` is where its windows begin, the cabin runs from ``back`` to ``front``."""

    length: float
    width: float
    height: float
    waist: float
    front: float
    back: float
    hood: float


MEASURES = {
    "Car": Measures(4.1, 1.72, 1.48, 0.86, 0.55, -1.6, 0.55),
    "Van": Measures(4.9, 1.95, 2.2, 1.2, 1.5, -2.4, 0.5),
}


@dataclass(frozen=True, slots=True)
class _Vehicle:
    pen: Pen
    camera: Camera
    thing: Thing
    measures: Measures
    x: float
    z: float

    def spot(self, corner: Corner) -> tuple[Point, float]:
        """Pixel and distance of a corner."""
        right, up, ahead = (part * self.thing.size for part in corner)
        cos, sin = math.cos(self.thing.yaw), math.sin(self.thing.yaw)
        depth = max(self.z + ahead * cos - right * sin, _CLOSEST_M)
        return self.camera.project(self.x + right * cos + ahead * sin, up, depth), depth

    def face(self, corners: Sequence[Corner], colour: Colour, shade: float = 1.0) -> None:
        """Fill the face between ``corners``."""
        self.pen.polygon([self.spot(corner)[0] for corner in corners], self.camera.seen(colour, self.z, shade))

    def eye(self) -> tuple[float, float]:
        """The camera's place in the vehicle's own axes: right of and ahead of its middle."""
        cos, sin = math.cos(self.thing.yaw), math.sin(self.thing.yaw)
        return -self.x * cos + self.z * sin, -self.x * sin - self.z * cos


def draw_vehicle(pen: Pen, camera: Camera, thing: Thing, x: float, z: float) -> None:
    """Draw the car or van ``thing`` with its middle ``x`` metres to the right and ``z`` ahead of the camera."""
    vehicle = _Vehicle(pen, camera, thing, MEASURES[thing.kind], x, z)
    side = vehicle.measures.width / 2
    right, ahead = vehicle.eye()
    _draw_wheels(vehicle, -side)
    _draw_wheels(vehicle, side)
    if abs(right) > side:
        _draw_flank(vehicle, math.copysign(side, right))
    _draw_top(vehicle, forward=ahead > 0)
    _draw_end(vehicle, forward=ahead > 0)


def _draw_wheels(vehicle: _Vehicle, side: float) -> None:
    for ahead in (-0.31 * vehicle.measures.length, 0.31 * vehicle.measures.length):
        (u, v), depth = vehicle.spot((side, _WHEEL_M, ahead))
        radius = vehicle.camera.project(0.0, 0.0, depth)[1] - v
        (u_far, _), _ = vehicle.spot((side, _WHEEL_M, ahead + _WHEEL_M))
        broad = max(abs(u_far - u), 0.3 * radius)
        vehicle.pen.ellipse((u, v), (broad, radius), vehicle.camera.seen(_TYRE, vehicle.z))
        vehicle.pen.ellipse((u, v), (broad * 0.5, radius * 0.5), vehicle.camera.seen(_RIM, vehicle.z))


def _draw_flank(vehicle: _Vehicle, side: float) -> None:
    sizes, paint = vehicle.measures, vehicle.thing.paint
    half, roof = sizes.length / 2, side * 0.8
    low_front, low_back = sizes.front + sizes.hood, sizes.back - 0.25
    outline = [(side, _CLEARANCE_M, -half), (side, _CLEARANCE_M, half), (side, sizes.waist * 0.9, half)]
    outline += [(side, sizes.waist, low_front), (side, sizes.waist, -half)]
    vehicle.face(outline, paint, 0.8)
    glass = [(side, sizes.waist, low_back), (side, sizes.waist, low_front)]
    vehicle.face([*glass, (roof, sizes.height, sizes.front), (roof, sizes.height, sizes.back)], _GLASS, 0.9)
    for ahead in (low_back + 0.2, (sizes.front + sizes.back) / 2, low_front - 0.3):
        post = [(side, sizes.waist, ahead - 0.07), (side, sizes.waist, ahead + 0.07)]
        top = min(max(ahead, sizes.back), sizes.front)
        vehicle.face([*post, (roof, sizes.height, top + 0.07), (roof, sizes.height, top - 0.07)], paint, 0.78)
    _draw_wheels(vehicle, side)


def _draw_top(vehicle: _Vehicle, *, forward: bool) -> None:
    """Bonnet or boot, roof, and the window of the end that is turned towards the camera."""
    sizes, paint = vehicle.measures, vehicle.thing.paint
    side, roof = sizes.width / 2, sizes.width * 0.4
    end = sizes.length / 2 if forward else -sizes.length / 2
    low = sizes.front + sizes.hood if forward else sizes.back - 0.25
    high = sizes.front if forward else sizes.back
    vehicle.face(
        [
            (-side, sizes.waist * 0.94, end),
            (side, sizes.waist * 0.94, end),
            (side, sizes.waist, low),
            (-side, sizes.waist, low),
        ],
        paint,
        1.08,
    )
    crown = [(-roof, sizes.height, sizes.front), (roof, sizes.height, sizes.front)]
    vehicle.face([*crown, (roof, sizes.height, sizes.back), (-roof, sizes.height, sizes.back)], paint, 1.05)
    vehicle.face(
        [(-side, sizes.waist, low), (side, sizes.waist, low), (roof, sizes.height, high), (-roof, sizes.height, high)],
        paint,
        0.95,
    )
    top, deep = sizes.waist + (sizes.height - sizes.waist) * 0.9, low + (high - low) * 0.9
    pane = [(-side * 0.88, sizes.waist + 0.04, low), (side * 0.88, sizes.waist + 0.04, low)]
    vehicle.face([*pane, (roof * 0.92, top, deep), (-roof * 0.92, top, deep)], _GLASS)


def _draw_end(vehicle: _Vehicle, *, forward: bool) -> None:
    """The front with its headlights, or the back with its red ones."""
    sizes = vehicle.measures
    side = sizes.width / 2
    end = sizes.length / 2 if forward else -sizes.length / 2

    def panel(left: float, right: float, low: float, high: float, colour: Colour, shade: float = 1.0) -> None:
        vehicle.face([(left, low, end), (right, low, end), (right, high, end), (left, high, end)], colour, shade)

    waist = sizes.waist * 0.94
    panel(-side, side, _CLEARANCE_M, waist, vehicle.thing.paint, 0.94)
    panel(-side, side, _CLEARANCE_M, 0.36, _BUMPER)
    for sign in (-1, 1):
        panel(sign * side * 0.97, sign * side * 0.66, waist * 0.7, waist * 0.94, _HEAD if forward else _TAIL, 1.1)
    panel(-0.26, 0.26, 0.42, 0.54, _PLATE)
    if forward:
        panel(-side * 0.55, side * 0.55, waist * 0.7, waist * 0.88, _BUMPER)
