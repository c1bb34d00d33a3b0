"""The folder that the trainer reads: links, labels, YAML, and nothing written beside the originals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bench.datasets.kitti.entries import Box, ImageEntry, LabelledImage
from bench.datasets.kitti.labels import LabelRules, parse_labels
from bench.datasets.kitti.reader import read_dataset
from bench.datasets.kitti.settings import KittiSettings
from bench.datasets.kitti.split import Split, split_images
from bench.datasets.kitti.yolo import write_yolo_dataset, yolo_rows
from store.errors import StoreError
from tests.bench.datasets.kitti.conftest import kitti_line

if TYPE_CHECKING:
    from tests.bench.datasets.kitti.conftest import DataFolder

CONFIG = KittiSettings()


@pytest.fixture
def split(official: DataFolder) -> Split:
    """Five labelled images, one of them for validation."""
    for number in range(5):
        official.add(f"{number:06d}", kitti_line("Car") + kitti_line("Cyclist"), kind="png" if number else "jpg")
    return split_images(read_dataset(official.folder, CONFIG, "3class").images, CONFIG, seed=0)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder``."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_trainer_finds_images_labels_and_names(split: Split, tmp_path: Path) -> None:
    """The parts are relative to the YAML, a label lies where the trainer looks for it, images are links."""
    path = write_yolo_dataset(split, ("car", "person", "cyclist"), tmp_path / "3class")
    assert yaml.safe_load(path.read_text()) == {
        "train": "images/train",
        "val": "images/val",
        "names": {0: "car", 1: "person", 2: "cyclist"},
    }
    for part, expected in (("train", split.train), ("val", split.validation)):
        placed = sorted((path.parent / "images" / part).iterdir())
        assert [file.stem for file in placed] == [image.entry.id for image in expected]
        assert [file.resolve() for file in placed] == [image.entry.path.resolve() for image in expected]
        assert all(file.is_symlink() for file in placed)
        labels = sorted((path.parent / "labels" / part).iterdir())
        assert [file.stem for file in labels] == [image.entry.id for image in expected]
        assert [file.read_text() for file in labels] == [yolo_rows(image) for image in expected]


def test_the_car_only_copy_has_one_class(official: DataFolder, split: Split, tmp_path: Path) -> None:
    """The same images in the same parts, and only cars in the labels."""
    cars = split_images(read_dataset(official.folder, CONFIG, "car").images, CONFIG, seed=0)
    folder = write_yolo_dataset(cars, ("car",), tmp_path / "car").parent
    whole = write_yolo_dataset(split, ("car", "person", "cyclist"), tmp_path / "3class").parent
    assert contents(folder).keys() == contents(whole).keys()
    for path in folder.glob("labels/*/*.txt"):
        assert path.read_text() == "0 0.20000000 0.37500000 0.20000000 0.25000000\n"
        assert len((whole / path.relative_to(folder)).read_text().splitlines()) == 2


def test_the_content_depends_on_nothing_else(split: Split, tmp_path: Path) -> None:
    """Another place gives the same bytes, and what an earlier call or a trainer left is gone."""
    first, second = tmp_path / "a", tmp_path / "b" / "c"
    write_yolo_dataset(Split(split.validation, split.train), ("x", "y"), first)
    (first / "labels/train.cache").write_bytes(b"stale")
    for folder in (first, second):
        write_yolo_dataset(split, ("car", "person", "cyclist"), folder)
    assert contents(first) == contents(second)


def test_without_links_images_are_copied(split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without symbolic links costs space, not the study."""

    def refuse(self: Path, target: Path, **_: object) -> None:
        raise OSError(f"no links here: {self} to {target}")

    linked = write_yolo_dataset(split, ("car", "person", "cyclist"), tmp_path / "links").parent
    monkeypatch.setattr(Path, "symlink_to", refuse)
    copied = write_yolo_dataset(split, ("car", "person", "cyclist"), tmp_path / "copies").parent
    assert contents(copied) == contents(linked)
    assert not any(path.is_symlink() for path in copied.rglob("*"))


def test_the_data_folder_is_left_alone(official: DataFolder, split: Split, tmp_path: Path) -> None:
    """Writing twice neither adds to the originals nor empties them through the links."""
    before = {
        name: (content, (official.folder / name).stat().st_mtime_ns) for name, content in contents(official.folder).items()
    }
    for _ in range(2):
        write_yolo_dataset(split, ("car", "person", "cyclist"), tmp_path / "out")
    after = {
        name: (content, (official.folder / name).stat().st_mtime_ns) for name, content in contents(official.folder).items()
    }
    assert after == before


def test_an_unwritable_folder_is_an_error_with_a_cure(split: Split, tmp_path: Path) -> None:
    """A file where a folder should be, as an example of what a disk can refuse."""
    (tmp_path / "out").write_text("")
    with pytest.raises(StoreError, match=r"cannot write the training data[^\0]*--artifacts"):
        write_yolo_dataset(split, ("car",), tmp_path / "out")


corner = st.tuples(st.floats(0, 1241), st.floats(0, 374), st.floats(0.01, 1242), st.floats(0.01, 375))


@given(st.lists(corner, max_size=5))
def test_labels_read_back_as_they_were(corners: list[tuple[float, float, float, float]]) -> None:
    """Through YOLO text and back, a box moves by less than a thousandth of a pixel."""
    boxes = tuple(Box(1, x, y, min(x + w, 1242.0), min(y + h, 375.0)) for x, y, w, h in corners)
    image = LabelledImage(ImageEntry("0", Path("x.png"), 1242, 375, "", None, None), boxes)
    found, bad = parse_labels(yolo_rows(image).encode(), LabelRules("yolo", ("a", "b")), 1242, 375)
    assert bad == ()
    assert [box.source for box in found] == ["b"] * len(boxes)
    for box, back in zip(boxes, found, strict=True):
        for name in ("x1", "y1", "x2", "y2"):
            assert getattr(back, name) == pytest.approx(getattr(box, name), abs=1e-3)
