"""What a study can say about its street images: which ones, how they are cut, and which label becomes which class."""

from __future__ import annotations

from typing import Annotated, Literal

from bench.sections import Fraction, Once, PositiveInt, Section

Split = Literal["random", "drive"]


class KittiSettings(Section):
    """The images, their cut and their classes.

    ``dataset`` is ``kitti`` or the embedded ``drawn`` street scenes; ``images`` is how many of the first ids are taken,
    unless ``ids`` names them one by one; ``split`` draws the validation part at random or whole drives at a time. With
    ``strict_labels`` the first unusable label line or image is an error, else each is dropped and recorded.
    """

    dataset: Literal["kitti", "drawn"] = "kitti"
    images: PositiveInt = 500
    ids: Annotated[tuple[str, ...], Once] = ()
    split: Split = "random"
    validation_fraction: Fraction = 0.2
    car: tuple[str, ...] = ("Car",)
    person: tuple[str, ...] = ("Pedestrian", "Person_sitting")
    cyclist: tuple[str, ...] = ("Cyclist",)
    strict_labels: bool = False
