"""Which folders are taken for detection data, and what is found in them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from bench.datasets.kitti.folders import is_dataset
from bench.datasets.kitti.layout import read_layout
from store.errors import DataError
from tests.bench.datasets.kitti.conftest import DataFolder, image_bytes, kitti_line

if TYPE_CHECKING:
    from pathlib import Path

YOLO_LINE = "1 0.5 0.5 0.2 0.2\n"


@pytest.mark.parametrize("name", ["official", "flat"])
def test_kitti_text_is_found_in_both_layouts(name: str, request: pytest.FixtureRequest) -> None:
    """Images of either kind in the order of their ids, other programs' files left out."""
    data: DataFolder = request.getfixturevalue(name)
    data.add("000002", kitti_line(), kind="jpg").add("000000").add("000001", kind="JPEG")
    data.put(f"{data.images}/._000000.png", b"").put(f"{data.images}/Thumbs.db", b"")
    layout = read_layout(data.folder)
    assert list(layout.images) == ["000000", "000001", "000002"]
    assert list(layout.labels) == ["000000", "000001", "000002"]
    assert layout.rules.label_format == "kitti"
    assert layout.relative(layout.images["000002"]) == f"{data.images}/000002.jpg"


def test_labels_that_say_nothing_are_kitti_text(flat: DataFolder) -> None:
    """A folder of images without objects is read, not refused."""
    assert read_layout(flat.add("000000").add("000001", None).folder).rules.label_format == "kitti"


def test_yolo_text_without_a_list_has_no_names(flat: DataFolder) -> None:
    """No order is guessed: the reader refuses it with what it found."""
    rules = read_layout(flat.add("000000").add("000001", YOLO_LINE).folder).rules
    assert (rules.label_format, rules.names, rules.list_file) == ("yolo", (), "")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("data.yaml", b"train: x\nnames: [cyclist, car]\n"),
        ("data.yaml", b"names:\n  1: car\n  0: cyclist\n"),
        ("classes.txt", b"cyclist\ncar\n\n"),
        ("labels/classes.txt", b"cyclist\r\ncar\r\n"),
        ("Classes.TXT", b"cyclist\ncar\n"),
        ("obj.names", b"cyclist\ncar\n"),
        ("dataset.yaml", b"names: [cyclist, car]\nnc: 2\n"),
        ("data.yml", b"\xef\xbb\xbfnames:\n  - cyclist\n  - 'car'\n"),
    ],
)
def test_yolo_names_come_from_the_list_beside_the_labels(flat: DataFolder, file: str, content: bytes) -> None:
    """In the forms that labelling tools write; the list is no label file."""
    layout = read_layout(flat.add("000000", YOLO_LINE).put(file, content).folder)
    assert layout.rules.names == ("cyclist", "car")
    assert list(layout.labels) == ["000000"]


@pytest.mark.parametrize(
    "content",
    [
        b"names: 3\n",
        b"names: {0: car, 2: person}\n",
        b"- car\n",
        b"names: [",
        b"",
        b"\xff\xfe\xfa",
        b"names: [car, person]\nnc: 3\n",
        b"a: &a [car]\nnames: *a\n",
        b"names: &a [*a]\n",
        b"names: [[car]]\n",
        b"names: " + b"[" * 1000 + b"]" * 1000 + b"\n",
        b"names: [" + b"car, " * 2000 + b"car]\n",
        b"names: [" + b"x" * 101 + b"]\n",
    ],
)
def test_unusable_class_lists_are_refused(flat: DataFolder, content: bytes) -> None:
    """A wrong guess would train on wrong classes."""
    with pytest.raises(DataError, match=r"class names[^\0]*data\.yaml[^\0]*cure"):
        read_layout(flat.add("000000", YOLO_LINE).put("data.yaml", content).folder)


def test_two_lists_that_differ_are_refused(flat: DataFolder) -> None:
    """One of them is another data set's."""
    flat.add("000000", YOLO_LINE).put("data.yaml", b"names: [car, person]").put("classes.txt", b"person\ncar\n")
    with pytest.raises(DataError, match=r"class lists differ: .*classes\.txt"):
        read_layout(flat.folder)
    assert read_layout(flat.put("classes.txt", b"car\nperson\n").folder).rules.names == ("car", "person")


def test_other_yaml_files_are_no_class_lists(flat: DataFolder) -> None:
    """A folder may hold a trainer's settings."""
    layout = read_layout(flat.add("000000", YOLO_LINE).put("hyp.yaml", b"lr0: 0.01\n").put("classes.txt", b"car\nvan\n").folder)
    assert layout.rules.names == ("car", "van")


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("training/image_02", "training/label_02"),
        ("image_2", "label_2"),
        ("data_object_image_2/training/image_2", "data_object_label_2/training/label_2"),
        ("images/train", "labels/train"),
        ("train/images", "train/labels"),
        ("images", "images"),
        (".", "."),
        ("images/val", "images/val"),
    ],
)
def test_the_folders_of_usual_tools_are_found(tmp_path: Path, images: str, labels: str) -> None:
    """Whatever unpacked, converted or labelled the images."""
    data = DataFolder(tmp_path / "kitti", images, labels).add("000001", kitti_line()).add("000002", kitti_line(), kind="jpg")
    layout = read_layout(data.folder)
    assert list(layout.images) == list(layout.labels) == ["000001", "000002"]
    assert layout.parts == ()


@pytest.mark.parametrize("form", ["{kind}/{part}", "{part}/{kind}"])
def test_train_and_val_are_read_as_one_set(tmp_path: Path, form: str) -> None:
    """The study cuts the images itself; an id that stands in both parts stands once."""
    for part, names in (("train", ("a", "b")), ("val", ("b", "c"))):
        data = DataFolder(tmp_path, form.format(kind="images", part=part), form.format(kind="labels", part=part))
        for name in names:
            data.add(name, kitti_line())
    layout = read_layout(tmp_path)
    assert list(layout.images) == list(layout.labels) == ["a", "b", "c"]
    assert layout.parts == ("train", "val")
    assert [layout.relative(path) for path in (*layout.duplicates, *layout.duplicate_labels)] == [
        form.format(kind=kind, part="val") + f"/b{suffix}" for kind, suffix in (("images", ".png"), ("labels", ".txt"))
    ]


def test_label_files_end_in_any_case(flat: DataFolder) -> None:
    """Some tools write .TXT; a second label of one id is named."""
    flat.add("000000").put("labels/000001.TXT", kitti_line().encode()).add("000001", None).put("labels/000000.Txt", b"")
    layout = read_layout(flat.folder)
    assert sorted(layout.labels) == ["000000", "000001"]
    assert [path.name for path in layout.duplicate_labels] == ["000000.txt"]


def test_names_that_are_not_utf8_are_listed_apart(flat: DataFolder) -> None:
    """No record can hold them: they are named with escapes, the other images are used."""
    flat.add("000000")
    broken = os.fsdecode(b"stra\xdfe.png")
    flat.put(f"images/{broken}", image_bytes(3))
    layout = read_layout(flat.folder)
    assert list(layout.images) == ["000000"]
    assert [layout.relative(path) for path in layout.unreadable] == [r"images/stra\udcdfe.png"]


def test_a_second_image_of_one_id_is_a_duplicate(flat: DataFolder) -> None:
    """The first by name stands, the other is named."""
    layout = read_layout(flat.add("000000", kind="png").add("000000", kind="jpg").folder)
    assert layout.images["000000"].name == "000000.jpg"
    assert [path.name for path in layout.duplicates] == ["000000.png"]


def test_other_folders_are_refused(tmp_path: Path, flat: DataFolder) -> None:
    """Neither an unknown folder nor one without images is taken for data."""
    assert not is_dataset(tmp_path)
    with pytest.raises(DataError, match=r"no detection data here: it is empty[^\0]*training/image_2"):
        read_layout(tmp_path)
    (tmp_path / "training/image_3").mkdir(parents=True)
    (tmp_path / "notes.md").touch()
    with pytest.raises(DataError, match=r"no detection data here: it holds notes\.md, training/image_3\n"):
        read_layout(tmp_path)
    flat.put("images/readme.md", b"").put("labels/000000.txt", b"")
    assert is_dataset(flat.folder)
    with pytest.raises(DataError, match="holds no image"):
        read_layout(flat.folder)


def test_an_empty_line_in_a_class_list_is_refused(flat: DataFolder) -> None:
    """Whether it counts as an id is not the same in all tools; at the end it counts for none of them."""
    flat.add("000000", YOLO_LINE).put("classes.txt", b"person\n\ncar\n")
    with pytest.raises(DataError, match="no class name in line 2"):
        read_layout(flat.folder)
    assert read_layout(flat.put("classes.txt", b"person\ncar\n\n \n").folder).rules.names == ("person", "car")
