"""The drawn street scenes: the same for everyone, labelled without error, plainly no photographs."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from bench.datasets.drawn import scenes as drawn
from bench.datasets.drawn.scenes import DONOR_DRIVES, DRIVES, FRAMES, draw_scenes
from bench.datasets.kitti import locate
from bench.datasets.kitti.digests import digest_of
from bench.datasets.kitti.locate import DONOR_SCENES, locate_drawn
from bench.datasets.kitti.reader import read_dataset
from bench.datasets.kitti.settings import KittiSettings
from bench.datasets.kitti.split import leakage_of, split_images
from store.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

KNOWN_LABELS = "ae8a175aa2ad7aba8810e1455c3c02ff556d615e17a5013c974ce1092db48df1"
CONFIG = KittiSettings(dataset="drawn", strict_labels=True)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder in which the scenes are drawn."""
    folder = tmp_path_factory.mktemp("cache")
    locate_drawn(folder)
    return folder


def test_the_scenes_read_without_a_single_problem(cache: Path) -> None:
    """Strictly: 80 images of eight drives, every class of the study, and some objects that it ignores."""
    found = read_dataset(locate_drawn(cache), CONFIG, "3class")
    assert len(found.images) == len(DRIVES) * FRAMES == 80
    assert {(image.entry.width, image.entry.height) for image in found.images} == {(320, 256)}
    assert Counter(image.entry.drive for image in found.images) == {f"drawn_drive_{number:04d}": 10 for number in range(8)}
    counts = Counter(box.class_index for image in found.images for box in image.boxes)
    assert min(counts[0], counts[1], counts[2]) >= 100
    assert found.ignored["Van"] >= 10
    assert min(len(image.boxes) for image in found.images) >= 1


def test_a_second_drawing_is_the_same(cache: Path) -> None:
    """Pixel for pixel and label for label; the folder's digest says so, too."""
    folder = locate_drawn(cache)
    for scene in draw_scenes():
        with Image.open(folder / "images" / f"{scene.id}.png") as image:
            assert np.array_equal(np.asarray(image), scene.pixels)
        assert (folder / "labels" / f"{scene.id}.txt").read_text() == scene.label


def test_the_labels_are_the_known_ones(cache: Path) -> None:
    """A change of the drawing is seen here: it changes every quick run's records."""
    paths = sorted((locate_drawn(cache) / "labels").iterdir())
    assert hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest() == KNOWN_LABELS


def test_a_box_shows_its_object(cache: Path) -> None:
    """Inside a car's box the picture differs from the same place without it: edges, not asphalt."""
    found = read_dataset(locate_drawn(cache), CONFIG, "car")
    for image in found.images[:20]:
        with Image.open(image.entry.path) as picture:
            pixels = np.asarray(picture.convert("L"), dtype=float)
        for box in image.boxes:
            part = pixels[int(box.y1) : int(box.y2), int(box.x1) : int(box.x2)]
            assert part.std() > 12  # the noise alone has 4.5


def test_frames_of_one_drive_resemble_each_other(cache: Path) -> None:
    """So that a random cut leaks as KITTI's does, and a cut by drive does not."""
    found = read_dataset(locate_drawn(cache), CONFIG, "car")
    near = leakage_of(split_images(found.images, CONFIG, seed=0))
    apart = leakage_of(split_images(found.images, CONFIG.model_copy(update={"split": "drive"}), seed=0))
    assert near.neighbours == 16
    assert apart.neighbours == 0


def test_the_first_ids_show_every_drive(cache: Path) -> None:
    """A smaller subset is no single street."""
    found = read_dataset(locate_drawn(cache), CONFIG.model_copy(update={"images": 8}), "car")
    assert len({image.entry.drive for image in found.images}) == 8


def test_they_are_labelled_as_synthetic(cache: Path) -> None:
    """Nobody should take them for KITTI."""
    assert "synthetic images" in (locate_drawn(cache) / "NOTE.txt").read_text()


@pytest.mark.campaign
def test_a_donor_sees_other_drives_and_other_pictures(cache: Path) -> None:
    """Twelve drives under other names, no picture of which an arm can see; every class is in them."""
    donor = read_dataset(locate_drawn(cache, DONOR_SCENES), CONFIG, "3class")
    arms = read_dataset(locate_drawn(cache), CONFIG, "3class")
    assert len(donor.images) == len(DONOR_DRIVES) * FRAMES == 120
    for own in ("drive", "sha256"):
        assert {getattr(image.entry, own) for image in donor.images}.isdisjoint(getattr(one.entry, own) for one in arms.images)
    assert min(Counter(box.class_index for image in donor.images for box in image.boxes).values()) >= 100


def test_they_are_drawn_once_and_again_after_a_change(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second call finds the folder; another library version draws into another one."""
    first = locate_drawn(cache)
    monkeypatch.setattr(drawn, "write_drawn", None)
    assert locate_drawn(cache) == first
    monkeypatch.setattr(locate, "version", lambda name: f"{name} 99")
    with pytest.raises(TypeError):
        locate_drawn(cache)


def test_a_set_that_lost_a_file_is_drawn_again(tmp_path: Path) -> None:
    """A cleaned-up cache does not quietly shrink the data set."""
    folder = locate_drawn(tmp_path)
    (folder / "labels" / "000007.txt").unlink()
    assert locate_drawn(tmp_path) == folder
    assert (folder / "labels" / "000007.txt").is_file()


def test_a_drawing_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is an error with a cure, and the half-drawn set is gone."""

    def full(folder: Path, _drives: range) -> None:
        (folder / "images").mkdir(parents=True)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(drawn, "write_drawn", full)
    with pytest.raises(StoreError, match="No space left on device"):
        locate_drawn(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_digest_names_the_drawn_pixels(cache: Path, tmp_path: Path) -> None:
    """Drawn a second time elsewhere, the data set has the same digest."""
    assert digest_of(locate_drawn(tmp_path), CONFIG, None) == digest_of(locate_drawn(cache), CONFIG, cache)
