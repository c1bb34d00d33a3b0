"""The street behind the drawn scenes: what stands and moves where, in metres, and how a camera sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

Point = tuple[float, float]
Colour = tuple[int, int, int]
Kind = Literal["Car", "Van", "Pedestrian", "Cyclist"]

CAMERA_HEIGHT_M = 1.65  # as on KITTI's car
FOCAL_PX = 390.0  # a view of 45 degrees where KITTI has 81: what is seen is larger in the picture
NEAR_M, FAR_M = 4.5, 42.0
_HAZE_M = 140.0

CAR_COLOURS: tuple[Colour, ...] = (
    (176, 30, 34),
    (28, 62, 128),
    (224, 224, 220),
    (36, 38, 42),
    (132, 138, 144),
    (38, 92, 66),
    (196, 158, 60),
    (94, 48, 84),
)
CLOTHES: tuple[Colour, ...] = (
    (180, 60, 50),
    (50, 80, 150),
    (60, 120, 70),
    (70, 60, 60),
    (210, 190, 150),
    (160, 90, 150),
    (230, 200, 60),
    (90, 150, 170),
)
SKIN: tuple[Colour, ...] = ((226, 184, 152), (190, 140, 104), (128, 86, 60))


@dataclass(frozen=True, slots=True)
class Street:
    """The look of one drive: light, colours, how much is built, how the road is marked."""

    horizon_px: float
    light: float
    sky: tuple[Colour, Colour]
    haze: Colour
    asphalt: Colour
    verge: Colour
    facades: tuple[Colour, ...]
    built_left: float
    built_right: float
    dashed: bool


@dataclass(frozen=True, slots=True)
class Thing:
    """An object on the street: ``x`` metres to the right, ``z`` ahead at frame 0, both moving by their speed a frame.

    ``yaw`` 0 looks the way the camera does; ``size`` scales it, ``paint`` and ``trim`` are its colours.
    """

    kind: Kind
    x: float
    z: float
    speed_x: float
    speed_z: float
    yaw: float
    size: float
    paint: Colour
    trim: Colour
    phase: float


@dataclass(frozen=True, slots=True)
class Camera:
    """Sees the street from ``position_z`` metres along the road."""

    street: Street
    position_z: float
    centre_px: float

    def project(self, x: float, height: float, z: float) -> Point:
        """Pixel of the point ``x`` to the right, ``height`` above the road, ``z`` ahead of the camera (metres, z > 0)."""
        return self.centre_px + FOCAL_PX * x / z, self.street.horizon_px + FOCAL_PX * (CAMERA_HEIGHT_M - height) / z

    def seen(self, colour: Colour, z: float, shade: float = 1.0) -> Colour:
        """``colour`` in this street's light, ``shade`` of it, fading into the haze with the distance."""
        fade = min(z / _HAZE_M, 0.6)
        lit = [channel * shade * self.street.light for channel in colour]
        red, green, blue = (
            min(max(int(part * (1 - fade) + haze * fade), 0), 255) for part, haze in zip(lit, self.street.haze, strict=True)
        )
        return red, green, blue


def make_street(generator: np.random.Generator) -> Street:
    """Draw the look of a drive."""
    light = float(generator.uniform(0.78, 1.08))
    sky: tuple[tuple[Colour, Colour], ...] = (
        ((112, 152, 204), (206, 222, 236)),
        ((150, 158, 168), (208, 210, 212)),
        ((96, 124, 176), (240, 214, 178)),
    )
    facades: tuple[Colour, ...] = ((178, 150, 122), (196, 186, 170), (150, 106, 88), (120, 126, 136), (208, 178, 128))
    top, bottom = sky[int(generator.integers(len(sky)))]
    grey = int(generator.integers(82, 112))
    order = generator.permutation(len(facades))
    return Street(
        horizon_px=float(generator.uniform(100, 116)),
        light=light,
        sky=(top, bottom),
        haze=bottom,
        asphalt=(grey, grey, grey + 4),
        verge=((104, 128, 78), (150, 146, 138), (126, 118, 92))[int(generator.integers(3))],
        facades=tuple(facades[index] for index in order[:3]),
        built_left=float(generator.uniform(0.2, 0.9)),
        built_right=float(generator.uniform(0.2, 0.9)),
        dashed=bool(generator.integers(2)),
    )


def make_things(generator: np.random.Generator, speed: float, frames: int) -> tuple[Thing, ...]:
    """Draw what a camera of ``speed`` metres a frame meets in ``frames`` frames."""
    reach = speed * frames + FAR_M
    things: list[Thing] = []
    for side, yaw in ((3.3, 0.0), (-7.0, 3.14159)):
        z = float(generator.uniform(6, 14))
        while z < reach:  # parked cars, with gaps
            if generator.random() < 0.5:  # noqa: PLR2004
                things.append(_vehicle(generator, (side, z), (0.0, 0.0), yaw))
            z += float(generator.uniform(6.5, 15))
    z = float(generator.uniform(12, 30))
    while z < reach:  # ahead in the own lane, a little slower than the camera
        things.append(_vehicle(generator, (0.0, z), (0.0, speed * float(generator.uniform(0.5, 0.9))), 0.0))
        z += float(generator.uniform(22, 60))
    z = float(generator.uniform(10, 30))
    while z < reach + speed * frames:  # oncoming
        things.append(_vehicle(generator, (-3.6, z), (0.0, -speed * float(generator.uniform(0.6, 1.0))), 3.14159))
        z += float(generator.uniform(14, 44))
    z = float(generator.uniform(5, 10))
    while z < reach:  # on the pavements, now and then across the road
        things.append(_walker(generator, z))
        z += float(generator.uniform(3.5, 12))
    z = float(generator.uniform(7, 16))
    while z < reach:
        things.append(_rider(generator, z, speed))
        z += float(generator.uniform(8, 24))
    return tuple(things)


def at_frame(things: Sequence[Thing], camera_z: float, frame: int) -> list[tuple[int, Thing, float, float]]:
    """Number (from 1), thing, x and distance of those in view at ``frame``, farthest first."""
    seen = []
    for number, thing in enumerate(things, start=1):
        x, z = thing.x + thing.speed_x * frame, thing.z + thing.speed_z * frame - camera_z
        if NEAR_M < z < FAR_M and abs(x) < z + 3:
            seen.append((number, thing, x, z))
    return sorted(seen, key=lambda item: (-item[3], item[0]))


def _vehicle(generator: np.random.Generator, place: Point, speed: Point, yaw: float) -> Thing:
    kind: Kind = "Van" if generator.random() < 0.12 else "Car"  # noqa: PLR2004
    return Thing(
        kind=kind,
        x=place[0] + float(generator.uniform(-0.25, 0.25)),
        z=place[1],
        speed_x=speed[0],
        speed_z=speed[1],
        yaw=yaw + float(generator.uniform(-0.06, 0.06)),
        size=float(generator.uniform(0.92, 1.12)),
        paint=CAR_COLOURS[int(generator.integers(len(CAR_COLOURS)))],
        trim=(30, 34, 40),
        phase=float(generator.random()),
    )


def _walker(generator: np.random.Generator, z: float) -> Thing:
    side = 1 if generator.random() < 0.6 else -1  # noqa: PLR2004
    crossing = generator.random() < 0.25  # noqa: PLR2004
    x = float(generator.uniform(-4, 3)) if crossing else float(generator.uniform(4.9, 6.4)) * side - (3.6 if side < 0 else 0)
    return Thing(
        kind="Pedestrian",
        x=x,
        z=z,
        speed_x=0.35 * side if crossing else 0.0,
        speed_z=0.0 if crossing else float(generator.uniform(-0.35, 0.35)),
        yaw=1.5708 if crossing else 0.0,
        size=float(generator.uniform(0.88, 1.1)),
        paint=CLOTHES[int(generator.integers(len(CLOTHES)))],
        trim=SKIN[int(generator.integers(len(SKIN)))],
        phase=float(generator.random()),
    )


def _rider(generator: np.random.Generator, z: float, speed: float) -> Thing:
    along = generator.random() < 0.55  # noqa: PLR2004
    side = 1 if generator.random() < 0.5 else -1  # noqa: PLR2004
    return Thing(
        kind="Cyclist",
        x=(1.9 if side > 0 else -5.3) if along else float(generator.uniform(-6, 6)),
        z=z,
        speed_x=0.0 if along else 0.8 * side,
        speed_z=speed * 0.45 * side if along else 0.0,
        yaw=0.0 if along else 1.5708 * side,
        size=float(generator.uniform(0.94, 1.08)),
        paint=CLOTHES[int(generator.integers(len(CLOTHES)))],
        trim=SKIN[int(generator.integers(len(SKIN)))],
        phase=float(generator.random()),
    )
