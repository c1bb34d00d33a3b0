"""Draws what the objects of the street scenes stand in front of: sky, ground, road, houses, trees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.datasets.drawn.pen import HEIGHT, WIDTH

if TYPE_CHECKING:
    from bench.datasets.drawn.pen import Pen
    from bench.datasets.drawn.world import Camera, Colour, Point, Street, Thing

_CLOSE_M, _DISTANT_M = 3.2, 400.0
_ROAD_M = (-8.2, 4.4)  # kerb to kerb: parked row, two lanes, parked row; the camera is in the middle of the right lane
_PAVEMENT_M = (-11.6, 7.2)
_LANE_M = (-5.4, -1.8, 1.9)
_HOUSE_M = (-12.6, 8.4)
_WINDOW: Colour = (66, 76, 88)
_TRUNK: Colour = (84, 66, 50)
_CROWNS: tuple[Colour, ...] = ((62, 96, 48), (80, 110, 54), (52, 82, 52))
_PAINT: Colour = (226, 226, 220)
_SHADOW: Colour = (48, 48, 52)


@dataclass(frozen=True, slots=True)
class Block:
    """A house or a tree beside the road: its ``side`` (-1 left, 1 right), begin, length and height in metres."""

    side: int
    z: float
    length: float
    height: float
    tree: bool
    colour: Colour


def make_blocks(generator: np.random.Generator, street: Street, reach: float) -> tuple[Block, ...]:
    """Draw what lines the road up to ``reach`` metres, farthest first."""
    blocks: list[Block] = []
    for side, built in ((-1, street.built_left), (1, street.built_right)):
        z = -6.0
        while z < reach + 90:
            length = float(generator.uniform(7, 15))
            if generator.random() < built:
                colour = street.facades[int(generator.integers(len(street.facades)))]
                blocks.append(Block(side, z, length, float(generator.uniform(5, 12)), tree=False, colour=colour))
            else:
                for start in (0.0, length / 2):
                    crown = _CROWNS[int(generator.integers(len(_CROWNS)))]
                    height = float(generator.uniform(4.5, 8))
                    blocks.append(Block(side, z + start, 3.0, height, tree=True, colour=crown))
            z += length + float(generator.uniform(0, 3))
    return tuple(sorted(blocks, key=lambda block: -block.z))


def draw_street(pen: Pen, camera: Camera, blocks: tuple[Block, ...]) -> None:
    """Draw the whole background, farthest first."""
    _draw_sky(pen, camera)
    _draw_ground(pen, camera)
    for block in blocks:
        near, far = block.z - camera.position_z, block.z + block.length - camera.position_z
        if far > _CLOSE_M and near < 100:  # noqa: PLR2004 - what is farther off is lost in the haze
            (_draw_tree if block.tree else _draw_house)(pen, camera, block, max(near, _CLOSE_M), far)


def draw_shadow(pen: Pen, camera: Camera, thing: Thing, x: float, z: float) -> None:
    """Darken the road under ``thing``; its shadow belongs to the street, not to the object."""
    across = thing.kind == "Cyclist" and thing.speed_x != 0
    broad = {"Car": 1.0, "Van": 1.15}.get(thing.kind, 0.8 if across else 0.3)
    long = {"Car": 2.2, "Van": 2.6, "Cyclist": 0.3 if across else 0.8}.get(thing.kind, 0.3)
    near, far = max(z - long, 2.0), z + long
    corners = [(-broad, near), (broad, near), (broad, far), (-broad, far)]
    pen.polygon([camera.project(x + dx, 0.0, dz) for dx, dz in corners], camera.seen(_SHADOW, z))


def _draw_sky(pen: Pen, camera: Camera) -> None:
    top, bottom = (np.array(colour, dtype=float) for colour in camera.street.sky)
    rows = int(camera.street.horizon_px) + 2
    for row in range(rows):
        red, green, blue = (top + (bottom - top) * row / rows).astype(int).tolist()
        pen.polygon([(0, row), (WIDTH, row), (WIDTH, row + 1), (0, row + 1)], (red, green, blue))


def _draw_ground(pen: Pen, camera: Camera) -> None:
    street = camera.street
    for row in range(int(street.horizon_px), HEIGHT):
        distance = camera.project(0.0, 0.0, 1.0)[1] - street.horizon_px
        z = min(distance / max(row + 1 - street.horizon_px, 0.2), _DISTANT_M)
        pen.polygon([(0, row), (WIDTH, row), (WIDTH, row + 1), (0, row + 1)], camera.seen(street.verge, z))
    pavement: Colour = (158, 154, 148)
    _stripe(pen, camera, _PAVEMENT_M, (_CLOSE_M / 2, 60.0), camera.seen(pavement, 12))
    _stripe(pen, camera, _ROAD_M, (_CLOSE_M / 2, _DISTANT_M), camera.seen(street.asphalt, 12))
    for kerb in _ROAD_M:
        _stripe(pen, camera, (kerb - 0.12, kerb + 0.12), (_CLOSE_M / 2, 60.0), camera.seen((190, 188, 182), 16))
    for lane in _LANE_M:
        if lane == _LANE_M[1] and street.dashed:
            _draw_dashes(pen, camera, lane)
        else:
            _stripe(pen, camera, (lane - 0.06, lane + 0.06), (_CLOSE_M / 2, 70.0), camera.seen(_PAINT, 30))


def _draw_dashes(pen: Pen, camera: Camera, lane: float) -> None:
    start = -(camera.position_z % 9.0)
    for number in range(9):
        near, far = start + 9.0 * number, start + 9.0 * number + 3.5
        if far > _CLOSE_M / 2:
            _stripe(pen, camera, (lane - 0.08, lane + 0.08), (max(near, _CLOSE_M / 2), far), camera.seen(_PAINT, max(near, 4)))


def _stripe(pen: Pen, camera: Camera, sides: Point, reach: Point, colour: Colour) -> None:
    (left, right), (near, far) = sides, reach
    corners = [(left, near), (right, near), (right, far), (left, far)]
    pen.polygon([camera.project(x, 0.0, z) for x, z in corners], colour)


def _draw_house(pen: Pen, camera: Camera, block: Block, near: float, far: float) -> None:
    x = _HOUSE_M[0] if block.side < 0 else _HOUSE_M[1]

    def wall(from_z: float, to_z: float, low: float, high: float, colour: Colour, shade: float) -> None:
        corners = [(from_z, low), (to_z, low), (to_z, high), (from_z, high)]
        pen.polygon([camera.project(x, up, z) for z, up in corners], camera.seen(colour, (near + far) / 2, shade))

    front = [
        camera.project(x + away, up, near)
        for away, up in ((0, 0), (9 * block.side, 0), (9 * block.side, block.height), (0, block.height))
    ]
    pen.polygon(front, camera.seen(block.colour, near, 1.0))
    wall(near, far, 0.0, block.height, block.colour, 0.86)
    floors, columns = int(block.height // 2.9), int(block.length // 2.6)
    for floor in range(floors):
        for column in range(columns):
            start = block.z - camera.position_z + 0.8 + column * block.length / max(columns, 1)
            if start > near:
                low = 0.9 + 2.9 * floor
                wall(start, start + 1.2, low, low + 1.4, _WINDOW, 1.0)


def _draw_tree(pen: Pen, camera: Camera, block: Block, near: float, _far: float) -> None:
    x = (_PAVEMENT_M[0] + 0.6) if block.side < 0 else (_PAVEMENT_M[1] - 0.4)
    z = near + 1.0
    scale = camera.project(1.0, 0.0, z)[0] - camera.project(0.0, 0.0, z)[0]
    foot, fork = camera.project(x, 0.0, z), camera.project(x, block.height * 0.5, z)
    pen.line([foot, fork], 0.3 * scale, camera.seen(_TRUNK, z))
    for right, up, radius, shade in (
        (-0.9, 0.6, 1.3, 0.8),
        (0.9, 0.62, 1.3, 0.86),
        (0.0, 0.75, 1.6, 1.0),
        (0.3, 0.9, 1.0, 1.12),
    ):
        pen.ellipse(
            camera.project(x + right, block.height * up, z),
            (radius * scale, radius * scale * 0.85),
            camera.seen(block.colour, z, shade),
        )
