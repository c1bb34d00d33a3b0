"""Which folders are taken for detection data, and what is found in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.datasets.kitti.layout import is_dataset, read_layout
from store.errors import DataError
from tests.bench.datasets.kitti.conftest import kitti_line

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.datasets.kitti.conftest import DataFolder

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


def test_yolo_text_without_a_list_has_the_order_of_the_assignment(flat: DataFolder) -> None:
    """Car, person, cyclist."""
    rules = read_layout(flat.add("000000").add("000001", YOLO_LINE).folder).rules
    assert (rules.label_format, rules.names) == ("yolo", ("car", "person", "cyclist"))


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("data.yaml", b"train: x\nnames: [cyclist, car]\n"),
        ("data.yaml", b"names:\n  1: car\n  0: cyclist\n"),
        ("classes.txt", b"cyclist\ncar\n\n"),
        ("labels/classes.txt", b"cyclist\r\ncar\r\n"),
    ],
)
def test_yolo_names_come_from_the_list_beside_the_labels(flat: DataFolder, file: str, content: bytes) -> None:
    """In the forms that labelling tools write; the list is no label file."""
    layout = read_layout(flat.add("000000", YOLO_LINE).put(file, content).folder)
    assert layout.rules.names == ("cyclist", "car")
    assert list(layout.labels) == ["000000"]


@pytest.mark.parametrize(
    "content", [b"names: 3\n", b"names: {0: car, 2: person}\n", b"- car\n", b"names: [", b"", b"\xff\xfe\xfa"]
)
def test_unusable_class_lists_are_refused(flat: DataFolder, content: bytes) -> None:
    """A wrong guess would train on wrong classes."""
    with pytest.raises(DataError, match=r"class names[^\0]*data\.yaml[^\0]*cure"):
        read_layout(flat.add("000000", YOLO_LINE).put("data.yaml", content).folder)


def test_a_second_image_of_one_id_is_a_duplicate(flat: DataFolder) -> None:
    """The first by name stands, the other is named."""
    layout = read_layout(flat.add("000000", kind="png").add("000000", kind="jpg").folder)
    assert layout.images["000000"].name == "000000.jpg"
    assert [path.name for path in layout.duplicates] == ["000000.png"]


def test_other_folders_are_refused(tmp_path: Path, flat: DataFolder) -> None:
    """Neither an unknown folder nor one without images is taken for data."""
    assert not is_dataset(tmp_path)
    with pytest.raises(DataError, match=r"no detection data here[^\0]*training/image_2"):
        read_layout(tmp_path)
    flat.put("images/readme.md", b"").put("labels/000000.txt", b"")
    assert is_dataset(flat.folder)
    with pytest.raises(DataError, match="holds no image"):
        read_layout(flat.folder)
