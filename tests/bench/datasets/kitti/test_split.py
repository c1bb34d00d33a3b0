"""The cut into training and validation part, and how near the parts are to each other."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.datasets.kitti.entries import ImageEntry, LabelledImage
from bench.datasets.kitti.settings import KittiSettings
from bench.datasets.kitti.split import Split, drives_of, leakage_of, split_images
from store.errors import DataError

RANDOM = KittiSettings(split="random")
DRIVE = KittiSettings(split="drive")


def images(drives: dict[str | None, int]) -> list[LabelledImage]:
    """So many images of each drive, frame by frame."""
    found: list[LabelledImage] = []
    for drive, count in drives.items():
        for frame in range(count):
            entry = ImageEntry(f"{len(found):06d}", Path("x.png"), 100, 40, "", drive, None if drive is None else frame)
            found.append(LabelledImage(entry, ()))
    return found


def ids(part: tuple[LabelledImage, ...]) -> list[str]:
    """The ids of one part."""
    return [image.entry.id for image in part]


def test_the_published_cut_has_100_of_500() -> None:
    """80/20, as the assignment says."""
    split = split_images(images({None: 500}), RANDOM, seed=0)
    assert (len(split.train), len(split.validation)) == (400, 100)


def test_the_seed_decides() -> None:
    """The same one gives the same cut, whatever the order of the input; another gives another."""
    given_images = images({"a": 30, "b": 30})
    for detection in (RANDOM, KittiSettings(split="drive", validation_fraction=0.5)):
        first = split_images(given_images, detection, seed=1)
        assert split_images(given_images[::-1], detection, seed=1).digest == first.digest
    digests = {split_images(given_images, RANDOM, seed=seed).digest for seed in range(5)}
    assert len(digests) == 5


def test_the_random_cut_stays_what_it_was() -> None:
    """Records of earlier versions remain comparable: the cut of seed 0 is fixed."""
    validation = split_images(images({None: 20}), RANDOM, seed=0).validation
    assert ids(validation) == ["000005", "000008", "000012", "000016"]


@given(
    st.dictionaries(st.one_of(st.none(), st.sampled_from("abcdefg")), st.integers(1, 12), min_size=2),
    st.floats(0.05, 0.95),
    st.sampled_from(["random", "drive"]),
    st.integers(0, 2**32),
)
def test_a_cut_parts_the_images_and_a_cut_by_drive_the_drives(
    drives: dict[str | None, int], fraction: float, kind: str, seed: int
) -> None:
    """Every image is in one part, neither part is empty, by drive no drive is in both, with unknown ones there is no cut."""
    given_images = images(drives)
    if kind == "drive" and None in drives:
        with pytest.raises(DataError, match="needs the drive of every image"):
            split_images(given_images, KittiSettings(split=kind, validation_fraction=fraction), seed)
        return
    split = split_images(given_images, KittiSettings(split=kind, validation_fraction=fraction), seed)
    assert sorted(ids(split.train) + ids(split.validation)) == ids(tuple(given_images))
    assert split.train
    assert split.validation
    if kind == "drive":
        train = {image.entry.drive for image in split.train}
        assert not train & {image.entry.drive for image in split.validation}
        assert leakage_of(split).neighbours == leakage_of(split).undecided == 0


def test_a_cut_by_drive_comes_near_its_fraction() -> None:
    """With drives small against the part, the size is met; a drive larger than the part stays in training."""
    drives: dict[str | None, int] = {f"d{number}": 5 for number in range(20)} | {"long": 60}
    for seed in range(10):
        split = split_images(images(drives), DRIVE, seed)
        assert abs(len(split.validation) - 32) <= 3
        assert "long" not in {image.entry.drive for image in split.validation}


def test_one_drive_cannot_be_cut_by_drive() -> None:
    """The error says what is missing and how to go on."""
    with pytest.raises(DataError, match=r"two drives at least[^\0]*object_to_raw\.csv"):
        split_images(images({"a": 5}), DRIVE, seed=0)


def test_unknown_drives_cannot_be_cut_by_drive() -> None:
    """They may be those of the other part: it counts them and names one."""
    with pytest.raises(DataError, match=r"2 have none, such as 000005[^\0]*object_to_raw\.csv[^\0]*split=random"):
        split_images(images({"a": 3, "b": 2, None: 2}), DRIVE, seed=0)


def test_one_image_cannot_be_cut() -> None:
    """Neither part may be empty."""
    with pytest.raises(DataError, match="two parts"):
        split_images(images({"a": 1}), RANDOM, seed=0)


def test_neighbours_are_counted_with_their_distance() -> None:
    """Of four validation images, two have a training image of their drive: 2 and 20 frames away."""
    frames = {"train": [("a", 10), ("a", 40), ("b", 5)], "validation": [("a", 12), ("a", 60), ("c", 5), (None, None)]}
    parts = {
        part: tuple(
            LabelledImage(ImageEntry(f"{part}{index}", Path("x.png"), 1, 1, "", drive, frame), ())
            for index, (drive, frame) in enumerate(rows)
        )
        for part, rows in frames.items()
    }
    leakage = leakage_of(Split(parts["train"], parts["validation"]))
    assert (leakage.neighbours, leakage.within_10_frames) == (2, 1)
    assert (leakage.frame_distance_minimum, leakage.frame_distance_median) == (2, 11.0)
    assert leakage.undecided == 1
    assert drives_of(parts["validation"]) == 2


@pytest.mark.parametrize(
    ("train", "validation", "undecided"),
    [
        (["a", "b"], ["c", "c", "a"], 0),
        (["a", "b"], ["c", None, "a"], 1),
        (["a", None], ["c", "c", "a"], 2),
        (["a", None], ["c", None, "a"], 2),
        ([None], [None, None], 2),
    ],
)
def test_what_is_not_known_is_no_evidence(train: list[str | None], validation: list[str | None], undecided: int) -> None:
    """An unknown drive on either side may be that of a neighbour, except where a neighbour is certain."""
    parts = [
        tuple(
            LabelledImage(ImageEntry(f"{part}{index}", Path("x.png"), 1, 1, "", drive, None if drive is None else 7), ())
            for index, drive in enumerate(drives)
        )
        for part, drives in enumerate((train, validation))
    ]
    leakage = leakage_of(Split(*parts))
    assert (leakage.neighbours, leakage.undecided) == (sum(drive == "a" for drive in validation), undecided)


def test_without_neighbours_there_is_no_distance() -> None:
    """Nor is one made up where all is unknown."""
    leakage = leakage_of(split_images(images({None: 10}), RANDOM, seed=0))
    assert (leakage.neighbours, leakage.undecided) == (0, 2)
    assert (leakage.frame_distance_minimum, leakage.frame_distance_median) == (None, None)
