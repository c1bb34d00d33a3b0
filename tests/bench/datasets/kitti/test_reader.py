"""Reading a folder: the subset, the classes, and every kind of damage named with its file and line."""

from __future__ import annotations

import hashlib
import io
import os
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from bench.datasets.kitti.entries import Box
from bench.datasets.kitti.reader import read_dataset
from bench.datasets.kitti.settings import KittiSettings
from store.canonical import digest_file
from store.errors import DataError, IntegrityError
from tests.bench.datasets.kitti.conftest import image_bytes, kitti_line

if TYPE_CHECKING:
    from tests.bench.datasets.kitti.conftest import DataFolder

LENIENT = KittiSettings()
STRICT = KittiSettings(strict_labels=True)


def test_an_image_is_read_with_everything_about_it(official: DataFolder) -> None:
    """Size, digest, drive and frame, and the boxes of the task's classes in the order of the label."""
    label = kitti_line("Cyclist", (1, 2, 3, 4)) + kitti_line("Van") + kitti_line("Car", (5, 6, 7, 8)) + kitti_line("DontCare")
    official.add("000003", label).put("manifest.csv", b"stem,drive,frame\n000003,d,7\n")
    found = read_dataset(official.folder, STRICT, "3class")
    (image,) = found.images
    path = official.folder / "training/image_2/000003.png"
    entry = image.entry
    assert (entry.id, entry.path, entry.width, entry.height) == ("000003", path, 100, 40)
    assert (entry.sha256, entry.drive, entry.frame) == (digest_file(path), "d", 7)
    assert image.boxes == (Box(2, 1, 2, 3, 4), Box(0, 5, 6, 7, 8))
    assert found.ignored == {"DontCare": 1, "Van": 1}
    assert found.problems == ()


def test_the_car_task_counts_the_other_classes_as_ignored(flat: DataFolder) -> None:
    """Nothing of a label disappears without being counted."""
    flat.add("000000", kitti_line("Car") + kitti_line("Pedestrian") + kitti_line("Pedestrian"))
    found = read_dataset(flat.folder, LENIENT, "car")
    assert [len(image.boxes) for image in found.images] == [1]
    assert found.ignored == {"Pedestrian": 2}


def test_yolo_and_kitti_text_give_the_same_boxes(flat: DataFolder, official: DataFolder) -> None:
    """The same object in the two formats is the same box."""
    official.folder /= "own"
    flat.add("000000", "1 0.2 0.375 0.2 0.25\n").put("classes.txt", b"car\nperson\ncyclist\n")
    yolo = read_dataset(flat.folder, STRICT, "3class")
    kitti = read_dataset(official.add("000000", kitti_line("Pedestrian", (10, 10, 30, 20))).folder, STRICT, "3class")
    assert yolo.images[0].boxes == kitti.images[0].boxes == (Box(1, 10, 10, 30, 20),)
    assert (yolo.label_format, kitti.label_format) == ("yolo", "kitti")


def test_a_list_of_ids_is_the_subset(flat: DataFolder) -> None:
    """Exactly the images of the list, in sorted order; the labels of the others are no orphans."""
    for name in ("000000", "000001", "000002", "000003"):
        flat.add(name)
    found = read_dataset(flat.folder, KittiSettings(ids=("000003", "000001")), "car")
    assert [image.entry.id for image in found.images] == ["000001", "000003"]
    assert (found.images_requested, found.images_available, found.problems) == (2, 4, ())


def test_an_id_without_an_image_is_named(flat: DataFolder) -> None:
    """A list that asks for what is not there is no smaller list."""
    with pytest.raises(DataError, match=r"1 of the 2 images .* 000009"):
        read_dataset(flat.add("000000").folder, KittiSettings(ids=("000000", "000009")), "car")


def test_the_first_ids_are_the_subset(flat: DataFolder) -> None:
    """In sorted order; what the folder holds in all is recorded."""
    for name in ("000004", "000000", "000002"):
        flat.add(name)
    found = read_dataset(flat.folder, KittiSettings(images=2), "car")
    assert [image.entry.id for image in found.images] == ["000000", "000002"]
    assert (found.images_requested, found.images_available) == (2, 3)


def test_fewer_images_than_asked_for_are_recorded(flat: DataFolder) -> None:
    """Not an error, even in strict mode, but never silent."""
    found = read_dataset(flat.add("000000").folder, STRICT, "car")
    assert (found.images_requested, found.images_available, len(found.images)) == (500, 1, 1)


def test_an_image_without_label_shows_no_object(flat: DataFolder) -> None:
    """Allowed in strict mode too, and counted."""
    found = read_dataset(flat.add("000000", None).add("000001").folder, STRICT, "car")
    assert [image.boxes for image in found.images] == [(), ()]
    assert found.images_without_label == 1


def damaged(flat: DataFolder) -> DataFolder:
    """A folder with one of each kind of damage, and one good image."""
    flat.add("000000", kitti_line() + "Car 1 2\n" + kitti_line("Bus") + kitti_line(box=(30, 10, 10, 20)))
    flat.add("000001", kitti_line(box=(10, 10, 200, 20)))
    flat.add("000002").put("images/000002.png", b"no image")
    flat.add("000003").put("images/000003.png", image_bytes(3)[:-20])
    flat.add("000004", kind="jpg").put("images/000004.jpg", image_bytes(4, kind="JPEG")[:-2])
    flat.add("000005").add("000005", kind="jpg")
    flat.put("labels/000006.txt", kitti_line().encode())
    flat.add("000007", None)
    (flat.folder / "labels" / "000007.txt").mkdir()
    return flat


def test_every_damage_is_named_with_file_and_line(flat: DataFolder) -> None:
    """What is damaged is left out, the rest is used, and the record says what and where."""
    found = read_dataset(damaged(flat).folder, LENIENT, "car")
    assert [(problem.file, problem.line, problem.problem) for problem in found.problems] == [
        ("images/000002.png", 0, "unreadable-image"),
        ("images/000003.png", 0, "truncated-image"),
        ("images/000004.jpg", 0, "truncated-image"),
        ("images/000005.png", 0, "duplicate-image"),
        ("labels/000000.txt", 2, "malformed-line"),
        ("labels/000000.txt", 3, "unknown-class"),
        ("labels/000000.txt", 4, "degenerate-box"),
        ("labels/000001.txt", 1, "box-outside-image"),
        ("labels/000006.txt", 0, "label-without-image"),
        ("labels/000007.txt", 0, "unreadable-label"),
    ]
    assert found.problems[4].text == "Car 1 2"
    assert found.dropped_lines == 4
    assert [image.entry.id for image in found.images] == ["000000", "000001", "000005"]
    assert [len(image.boxes) for image in found.images] == [1, 0, 0]


@pytest.mark.parametrize(
    ("label", "named"),
    [
        (kitti_line() + "Car 1 2\n", r"labels/000000\.txt:2: malformed-line: Car 1 2"),
        (kitti_line("Bus"), r"labels/000000\.txt:1: unknown-class: Bus"),
    ],
)
def test_strict_stops_at_a_bad_line(flat: DataFolder, label: str, named: str) -> None:
    """With its file, its number, its text and the cure."""
    with pytest.raises(DataError, match=named + r"[^\0]*cure:  correct them"):
        read_dataset(flat.add("000000", label).folder, STRICT, "car")


def test_strict_names_some_and_counts_the_rest(flat: DataFolder) -> None:
    """A thousand bad lines do not fill the screen."""
    with pytest.raises(DataError, match=r"000005\.png: duplicate-image[^\0]*and 5 more"):
        read_dataset(damaged(flat).folder, STRICT, "car")


def test_labels_behind_the_subset_are_no_orphans(flat: DataFolder) -> None:
    """All of KITTI's labels may lie beside its first images; a gap inside the subset is an error."""
    flat.add("000000").add("000002").put("labels/000001.txt", b"").put("labels/000003.txt", b"")
    found = read_dataset(flat.folder, KittiSettings(images=2), "car")
    assert [problem.file for problem in found.problems] == ["labels/000001.txt"]
    found = read_dataset(flat.folder, KittiSettings(images=3), "car")
    assert [problem.file for problem in found.problems] == ["labels/000001.txt", "labels/000003.txt"]


def test_a_folder_of_broken_images_is_an_error(flat: DataFolder) -> None:
    """There is nothing to study in it, strict or not."""
    flat.add("000000").put("images/000000.png", b"")
    with pytest.raises(DataError, match="no image of the data set can be used"):
        read_dataset(flat.folder, LENIENT, "car")


def test_a_line_that_stands_twice_is_one_object(flat: DataFolder) -> None:
    """A trainer drops the second one: so do we, and name it; a box that is not the same to it stays."""
    near = kitti_line(box=(10, 10, 30, 20.01))
    found = read_dataset(flat.add("000000", kitti_line() * 2 + near + kitti_line("Cyclist")).folder, LENIENT, "3class")
    assert [box.y2 for box in found.images[0].boxes] == [20, 20.01, 20]
    assert [(each.line, each.problem) for each in found.problems] == [(2, "duplicate-line")]
    assert found.dropped_lines == 1


def test_two_classes_that_become_one_are_one_object_in_one_place(flat: DataFolder) -> None:
    """To the trainer both are a person."""
    found = read_dataset(flat.add("000000", kitti_line("Pedestrian") + kitti_line("Person_sitting")).folder, LENIENT, "3class")
    assert [box.class_index for box in found.images[0].boxes] == [1]
    assert [each.problem for each in found.problems] == ["duplicate-line"]


@pytest.mark.parametrize(
    ("labels", "names", "said"),
    [
        ("0 1 2 3 5", None, r"class ids 0 to 3, 5 \(labels/000000\.txt\), and no list says[^\0]*classes\.txt"),
        ("1 3", None, r"class ids 1, 3 .*, and no list"),
        ("1 3", "car person cyclist", r"class ids 1, 3 .*classes\.txt names 3: 0 to 2[^\0]*count from 1"),
        ("0 3", "car person cyclist", r"classes\.txt names 3: 0 to 2[^\0]*correct the list"),
        ("0 1", "cat dog", r"are cat, dog in classes\.txt: none is a class of KITTI"),
    ],
)
def test_ids_that_do_not_fit_a_list_are_refused(flat: DataFolder, labels: str, names: str | None, said: str) -> None:
    """With what was found and how to say it: a wrong guess would train on wrong classes."""
    flat.add("000000", "".join(f"{number} 0.5 0.5 0.2 0.2\n" for number in labels.split()))
    if names is not None:
        flat.put("classes.txt", names.replace(" ", "\n").encode())
    with pytest.raises(DataError, match=said):
        read_dataset(flat.folder, LENIENT, "3class")


def test_a_list_under_another_name_is_offered(flat: DataFolder) -> None:
    """It may be another data set's: the user says so by its name."""
    flat.add("000000", "0 0.5 0.5 0.2 0.2\n").put("kitti.yaml", b"names: [Car, Van]\n")
    with pytest.raises(DataError, match=r"if kitti\.yaml is their list, call it data\.yaml"):
        read_dataset(flat.folder, LENIENT, "car")


def test_labels_in_two_formats_are_refused(flat: DataFolder) -> None:
    """One of them would be dropped line by line."""
    flat.add("000000", kitti_line()).add("000001", "0 0.5 0.5 0.2 0.2\n")
    with pytest.raises(DataError, match=r"two formats: KITTI text in labels/000000\.txt, YOLO text in labels/000001\.txt"):
        read_dataset(flat.folder, LENIENT, "3class")


@pytest.mark.parametrize("content", [kitti_line().encode("utf-16"), b"\xff", kitti_line().encode() * 20_000])
def test_an_image_whose_label_nobody_can_read_is_left_out(flat: DataFolder, content: bytes) -> None:
    """What it shows is unknown, which is not the same as nothing."""
    found = read_dataset(flat.add("000000").add("000001").put("labels/000001.txt", content).folder, LENIENT, "car")
    assert [image.entry.id for image in found.images] == ["000000"]
    assert [(each.file, each.problem) for each in found.problems] == [("labels/000001.txt", "unreadable-label")]


def test_pipes_and_devices_are_no_data(flat: DataFolder) -> None:
    """Nobody writes into the pipe: reading it would take for ever."""
    flat.add("000000").add("000001", None)
    os.mkfifo(flat.folder / "labels/000001.txt")
    os.mkfifo(flat.folder / "images/000002.png")
    (flat.folder / "images/000003.png").symlink_to("/dev/zero")
    found = read_dataset(flat.folder, LENIENT, "car")
    assert [(each.file, each.problem) for each in found.problems] == [
        ("images/000002.png", "unreadable-image"),
        ("images/000003.png", "unreadable-image"),
        ("labels/000001.txt", "unreadable-label"),
    ]
    assert [image.entry.id for image in found.images] == ["000000"]


def test_boxes_belong_to_the_upright_picture(flat: DataFolder) -> None:
    """A picture that its EXIF orientation turns has the turned size, which the boxes are checked against."""
    exif = Image.Exif()
    exif[0x0112] = 6
    sink = io.BytesIO()
    Image.open(io.BytesIO(image_bytes(1))).save(sink, format="JPEG", exif=exif)
    flat.add("000001", kitti_line(box=(0, 50, 40, 100)), kind="jpg").put("images/000001.jpg", sink.getvalue())
    (image,) = read_dataset(flat.folder, STRICT, "car").images
    assert (image.entry.width, image.entry.height, len(image.boxes)) == (40, 100, 1)


def test_an_image_that_is_not_the_one_of_its_manifest_is_refused(flat: DataFolder) -> None:
    """The folder itself says that the file was altered: training on it would be silent acceptance."""
    flat.add("000000", kitti_line()).add("000001", kitti_line())
    right = hashlib.sha256(image_bytes(1)).hexdigest()
    flat.put("manifest.csv", f"stem,drive,frame,sha256\n000000,a,1,\n000001,a,2,{right}\n".encode())
    assert len(read_dataset(flat.folder, LENIENT, "car").images) == 2
    flat.put("manifest.csv", f"stem,drive,frame,sha256\n000001,a,2,{'0' * 64}\n".encode())
    with pytest.raises(IntegrityError, match=f"000001.png is damaged: sha256 {right}, expected {'0' * 64}"):
        read_dataset(flat.folder, LENIENT, "car")
