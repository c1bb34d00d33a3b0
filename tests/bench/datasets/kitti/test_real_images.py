"""On real KITTI images: what is in them, how random cuts leak between frames of one drive, and what a plan reads."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from bench.datasets.kitti.digests import digest_of
from bench.datasets.kitti.drives import read_origins
from bench.datasets.kitti.integrity import check_manifest
from bench.datasets.kitti.locate import locate_kitti
from bench.datasets.kitti.reader import LabelledSet, read_dataset
from bench.datasets.kitti.settings import KittiSettings
from bench.datasets.kitti.split import leakage_of, split_images
from bench.datasets.kitti.yolo import write_yolo_dataset
from bench.models.detection.decoding import decode_as_trainer

pytestmark = pytest.mark.real_data

STRICT = KittiSettings(strict_labels=True)
IMAGES = {".png", ".jpg"}
LONG_DRIVE = "2011_09_26_drive_0011"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of real images; skips where BENCH_DATA_DIR is not set."""
    given = os.environ.get("BENCH_DATA_DIR")
    if not given:
        pytest.skip("BENCH_DATA_DIR is not set")
    return locate_kitti(Path(given), tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def found(folder: Path) -> LabelledSet:
    """All of it, read strictly."""
    return read_dataset(folder, STRICT, "3class")


def test_every_line_is_usable_and_counted(found: LabelledSet) -> None:
    """252 images, 1,791 lines: 841 cars, 101 persons, 42 cyclists, and 807 objects that the study ignores."""
    assert (len(found.images), found.images_available, found.images_requested) == (252, 252, 500)
    counts = Counter(found.class_map.names[box.class_index] for image in found.images for box in image.boxes)
    assert counts == {"car": 841, "person": 101, "cyclist": 42}
    assert found.ignored == {"DontCare": 656, "Misc": 23, "Tram": 12, "Truck": 26, "Van": 90}
    assert sum(counts.values()) + sum(found.ignored.values()) == 1791


def test_images_have_their_sizes_and_drives(found: LabelledSet, folder: Path) -> None:
    """Four sizes, 46 drives, one of which gives 94 images; both tables agree where both speak."""
    assert {(image.entry.width, image.entry.height) for image in found.images} == {
        (1241, 376), (1238, 374), (1224, 370), (1242, 375),
    }  # fmt: skip
    drives = Counter(image.entry.drive for image in found.images)
    assert len(drives) == 46
    assert drives.most_common(1) == [(LONG_DRIVE, 94)]
    origins = read_origins(folder)
    assert len(origins) > 7481
    assert (origins["000000"].drive, origins["000000"].frame) == ("2011_09_28_drive_0106", 48)


def test_the_manifest_agrees_with_the_files(folder: Path, found: LabelledSet) -> None:
    """Every image has the digest that is listed, and the reader reports the same."""
    assert check_manifest(folder) == 252
    assert {image.entry.id: len(image.entry.sha256) for image in found.images} == dict.fromkeys(
        (image.entry.id for image in found.images), 64
    )


def test_a_random_cut_leaks_and_a_cut_by_drive_does_not(found: LabelledSet) -> None:
    """At random, most validation images of the long drive have a training frame within a second; by drive, none."""
    for seed in range(5):
        random = split_images(found.images, STRICT, seed)
        assert (len(random.train), len(random.validation)) == (202, 50)
        assert LONG_DRIVE in {image.entry.drive for image in random.train} & {image.entry.drive for image in random.validation}
        leakage = leakage_of(random)
        assert leakage.neighbours >= 35
        assert leakage.within_10_frames >= 15
        by_drive = split_images(found.images, STRICT.model_copy(update={"split": "drive"}), seed)
        assert leakage_of(by_drive).neighbours == 0
        assert abs(len(by_drive.validation) - 50) <= 5


def test_a_second_plan_does_not_read_the_images(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The digest of all images is there without opening one, once the cache knows them."""
    opened: list[str] = []
    system = os.open

    def told(path: str, *rest: int, **more: int) -> int:
        opened.append(Path(path).suffix)
        return system(path, *rest, **more)

    monkeypatch.setattr(os, "open", told)
    first = digest_of(folder, STRICT, tmp_path)
    assert sum(suffix in IMAGES for suffix in opened) >= 252
    opened.clear()
    assert digest_of(folder, STRICT, tmp_path) == first
    assert IMAGES.isdisjoint(opened)


def test_the_training_folder_reads_back_as_yolo_text(found: LabelledSet, tmp_path: Path) -> None:
    """Links to all images, and through the other label format the same boxes to a thousandth of a pixel."""
    split = split_images(found.images, STRICT, seed=0)
    yaml_path = write_yolo_dataset(split, found.class_map.names, tmp_path, decode_as_trainer)
    for part, images in (("train", split.train), ("val", split.validation)):
        flat = tmp_path / part
        flat.mkdir()
        (flat / "images").symlink_to(yaml_path.parent / "images" / part)
        (flat / "labels").symlink_to(yaml_path.parent / "labels" / part)
        (flat / "classes.txt").write_text("\n".join(found.class_map.names))
        back = read_dataset(flat, STRICT, "3class")
        assert back.label_format == "yolo"
        for before, after in zip(images, back.images, strict=True):
            assert after.entry.sha256 == before.entry.sha256
            for box, same in zip(before.boxes, after.boxes, strict=True):
                assert same.class_index == box.class_index
                assert (same.x1, same.y1, same.x2, same.y2) == pytest.approx((box.x1, box.y1, box.x2, box.y2), abs=1e-3)
