"""The folder that the trainer reads: links, labels, YAML, and nothing written beside the originals."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bench.datasets.kitti.entries import Box, ImageEntry, LabelledImage
from bench.datasets.kitti.labels import LabelRules, parse_labels
from bench.datasets.kitti.reader import read_dataset
from bench.datasets.kitti.settings import KittiSettings
from bench.datasets.kitti.split import Split, split_images
from bench.datasets.kitti.yolo import write_yolo_dataset
from bench.datasets.kitti.yolo_text import read_back, yolo_rows
from bench.datasets.pictures import read_picture
from bench.models.detection.decoding import decode_as_trainer
from store.errors import DataError, StoreError
from tests.bench.datasets.kitti.conftest import image_bytes, kitti_line

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
    path = write_yolo_dataset(split, ("car", "person", "cyclist"), tmp_path / "3class", decode_as_trainer)
    assert yaml.safe_load(path.read_text()) == {
        "train": "images/train",
        "val": "images/val",
        "names": {0: "car", 1: "person", 2: "cyclist"},
    }
    for part, expected in (("train", split.train), ("val", split.validation)):
        placed = sorted((path.parent / "images" / part).iterdir())
        assert [file.stem for file in placed] == [image.entry.id for image in expected]
        for file, image in zip(placed, expected, strict=True):
            assert file.is_symlink()
            assert file.resolve() == image.entry.path.resolve()
        labels = sorted((path.parent / "labels" / part).iterdir())
        assert [file.stem for file in labels] == [image.entry.id for image in expected]
        assert [file.read_text() for file in labels] == [yolo_rows(image) for image in expected]


def test_the_car_only_copy_has_one_class(official: DataFolder, split: Split, tmp_path: Path) -> None:
    """The same images in the same parts, and only cars in the labels."""
    cars = split_images(read_dataset(official.folder, CONFIG, "car").images, CONFIG, seed=0)
    folder = write_yolo_dataset(cars, ("car",), tmp_path / "car", decode_as_trainer).parent
    whole = write_yolo_dataset(split, ("car", "person", "cyclist"), tmp_path / "3class", decode_as_trainer).parent
    assert contents(folder).keys() == contents(whole).keys()
    for path in folder.glob("labels/*/*.txt"):
        assert path.read_text() == "0 0.20000000 0.37500000 0.20000000 0.25000000\n"
        assert len((whole / path.relative_to(folder)).read_text().splitlines()) == 2


def test_the_content_depends_on_nothing_else(split: Split, tmp_path: Path) -> None:
    """Another place gives the same bytes, and what an earlier call or a trainer left is gone."""
    first, second = tmp_path / "a", tmp_path / "b" / "c"
    write_yolo_dataset(Split(split.validation, split.train), ("x", "y"), first, decode_as_trainer)
    (first / "labels/train.cache").write_bytes(b"stale")
    for folder in (first, second):
        write_yolo_dataset(split, ("car", "person", "cyclist"), folder, decode_as_trainer)
    assert contents(first) == contents(second)


def test_without_links_images_are_copied(split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without symbolic links costs space, not the study."""

    def refuse(self: Path, target: Path, **_: object) -> None:
        raise OSError(f"no links here: {self} to {target}")

    linked = write_yolo_dataset(split, ("car", "person", "cyclist"), tmp_path / "links", decode_as_trainer).parent
    monkeypatch.setattr(Path, "symlink_to", refuse)
    copied = write_yolo_dataset(split, ("car", "person", "cyclist"), tmp_path / "copies", decode_as_trainer).parent
    assert contents(copied) == contents(linked)
    assert not any(path.is_symlink() for path in copied.rglob("*"))


def odd_images() -> dict[str, bytes]:
    """Files that a trainer decodes otherwise, or not at all, or would repair."""
    picture = Image.open(io.BytesIO(image_bytes(1)))
    exif = Image.Exif()
    exif[0x0112] = 8
    grey = np.asarray(picture.convert("L")).astype(np.uint16)

    def saved(image: Image.Image, kind: str, **options: object) -> bytes:
        sink = io.BytesIO()
        image.save(sink, format=kind, **options)
        return sink.getvalue()

    return {
        "turned.jpg": saved(picture, "JPEG", exif=exif),
        "turned.png": saved(picture, "PNG", exif=exif),
        "padded.jpg": saved(picture, "JPEG") + b"\0\0\0",
        "padded.png": saved(picture, "PNG") + b"\n",
        "named.jpg": saved(picture, "PNG"),
        "named.png": saved(picture, "JPEG"),
        "deep.png": saved(Image.fromarray(grey * 257), "PNG"),
        "palette.png": saved(picture.quantize(8), "PNG"),
        "opaque.png": saved(picture.convert("RGBA"), "PNG"),
        "grey.jpg": saved(picture.convert("L"), "JPEG"),
    }


def test_the_trainer_sees_what_everything_else_sees(flat: DataFolder, tmp_path: Path) -> None:
    """Whatever the file: the decoder of the trainer finds our pixels in the folder that it is given."""
    expected = {}
    for name, content in odd_images().items():
        stem, _, kind = name.rpartition(".")
        flat.put(f"images/{stem}-{kind}.{kind}", content).put(f"labels/{stem}-{kind}.txt", kitti_line().encode())
        expected[f"{stem}-{kind}"] = read_picture(flat.folder / f"images/{stem}-{kind}.{kind}").pixels
    found = read_dataset(flat.folder, CONFIG, "car")
    assert found.problems == ()
    yaml_path = write_yolo_dataset(split_images(found.images, CONFIG, 0), ("car",), tmp_path / "out", decode_as_trainer)
    placed = {path.stem: path for path in (yaml_path.parent / "images").glob("*/*")}
    assert placed.keys() == expected.keys()
    for name, path in placed.items():
        theirs = decode_as_trainer(path.read_bytes())
        assert theirs is not None
        assert (theirs == expected[name]).all(), name
        assert path.read_bytes().endswith((b"IEND\xaeB`\x82", b"\xff\xd9"))


def test_an_image_that_broke_meanwhile_is_named(official: DataFolder, split: Split, tmp_path: Path) -> None:
    """The trainer would leave it out and say nothing."""
    official.put("training/image_2/000003.png", b"broken")
    with pytest.raises(DataError, match=r"000003\.png can no longer be decoded"):
        write_yolo_dataset(split, ("car",), tmp_path / "out", decode_as_trainer)


def test_the_data_folder_is_left_alone(official: DataFolder, split: Split, tmp_path: Path) -> None:
    """Writing twice neither adds to the originals nor empties them through the links."""
    before = {
        name: (content, (official.folder / name).stat().st_mtime_ns) for name, content in contents(official.folder).items()
    }
    for _ in range(2):
        write_yolo_dataset(split, ("car", "person", "cyclist"), tmp_path / "out", decode_as_trainer)
    after = {
        name: (content, (official.folder / name).stat().st_mtime_ns) for name, content in contents(official.folder).items()
    }
    assert after == before


def test_an_unwritable_folder_is_an_error_with_a_cure(split: Split, tmp_path: Path) -> None:
    """A file where a folder should be, as an example of what a disk can refuse."""
    (tmp_path / "out").write_text("")
    with pytest.raises(StoreError, match=r"cannot write the training data[^\0]*--artifacts"):
        write_yolo_dataset(split, ("car",), tmp_path / "out", decode_as_trainer)


corner = st.tuples(st.floats(0, 1241), st.floats(0, 374), st.floats(0.01, 1242), st.floats(0.01, 375))


@given(st.lists(corner, max_size=5))
def test_labels_read_back_as_they_were(corners: list[tuple[float, float, float, float]]) -> None:
    """Through YOLO text and back, a box moves by less than a thousandth of a pixel."""
    boxes = tuple(Box(1, x, y, min(x + w, 1242.0), min(y + h, 375.0)) for x, y, w, h in corners)
    image = LabelledImage(ImageEntry("0", Path("x.png"), 1242, 375, "", None, None), boxes)
    rows = [line.split() for line in yolo_rows(image).splitlines()]
    assert (read_back(image) == np.array(rows, dtype=np.float32).reshape(-1, 5)).all()
    found, bad = parse_labels(yolo_rows(image).encode(), LabelRules("yolo", ("a", "b")), 1242, 375)
    assert bad == ()
    assert [box.source for box in found] == ["b"] * len(boxes)
    for box, back in zip(boxes, found, strict=True):
        for name in ("x1", "y1", "x2", "y2"):
            assert getattr(back, name) == pytest.approx(getattr(box, name), abs=1e-3)
