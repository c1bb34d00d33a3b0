"""What two programs would read in two ways is refused, and everything else is read as before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.datasets.catalogue import Sources
from bench.datasets.kitti.ambiguity import refuse_ambiguous
from bench.datasets.kitti.commands import verify
from bench.datasets.kitti.layout import read_layout
from bench.datasets.kitti.settings import KittiSettings
from bench.studies.assignment_2.config import StudyConfig
from bench.studies.assignment_2.datasets import DATASETS
from store.errors import DataError
from tests.bench.datasets.kitti.conftest import kitti_line

if TYPE_CHECKING:
    from tests.bench.datasets.kitti.conftest import DataFolder

YOLO_LINE = "1 0.5 0.5 0.2 0.2"
LETTERS = ["\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("letter", LETTERS, ids=ascii)
@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("labels/000001.txt", kitti_line().strip(), kitti_line("Cyclist")),
        ("manifest.csv", "stem,drive,frame\n000000,a", ",1\n"),
        ("object_to_raw.csv", "object_id,drive,frame\n000000,a,1", "000001,b,2\n"),
        ("mapping/train_mapping.txt", "\n2011_09_26 2011_09_26_drive_0001_sync 0000000001", "x\n"),
        ("devkit/mapping/train_rand.txt", "\n1,2", ",3"),
    ],
)
def test_a_line_ends_for_every_program_or_for_none(flat: DataFolder, file: str, before: str, after: str, letter: str) -> None:
    """Python's splitlines ends a line where an editor shows none: two objects, or a mapping that is one line off."""
    flat.add("000000", kitti_line()).add("000001", kitti_line())
    refuse_ambiguous(flat.folder)
    flat.put(file, (before + letter + after).encode())
    number = before.count("\n") + 1
    with pytest.raises(
        DataError, match=rf"{file} has U\+{ord(letter):04X} in line {number}: some programs end the line"
    ) as caught:
        refuse_ambiguous(flat.folder)
    assert caught.value.where == f"{flat.folder / file}:{number}"


@pytest.mark.parametrize("file", ["classes.txt", "obj.names", "labels/classes.txt", "data.yaml"])
def test_a_class_list_is_held_too(flat: DataFolder, file: str) -> None:
    """With a letter of that kind the ids behind it count one more than an editor shows."""
    flat.add("000000", YOLO_LINE)
    names = "names: ['car \u2028 x', person]" if file == "data.yaml" else "car\u2028person\ncyclist\n"
    flat.put(file, names.encode())
    with pytest.raises(DataError, match=rf"{file} has U\+2028 in line 1"):
        refuse_ambiguous(flat.folder)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("classes.txt", "car\nperson\nCAR\n", "classes.txt names the class CAR twice, as id 0 and as id 2"),
        ("data.yaml", "names: [unused, unused, Van, van]", "data.yaml names the class van twice, as id 2 and as id 3"),
        ("obj.names", "person\nperson\n", "obj.names names the class person twice, as id 0 and as id 1"),
    ],
)
def test_a_class_has_one_id(flat: DataFolder, file: str, content: str, message: str) -> None:
    """One of the two was meant to be another class; which, nobody can know."""
    with pytest.raises(DataError, match=message):
        refuse_ambiguous(flat.add("000000", YOLO_LINE).put(file, content.encode()).folder)


def test_what_is_no_class_may_stand_twice(flat: DataFolder) -> None:
    """Ids that no label has; persons who walk and sit are two classes of KITTI, and the study's own is a third."""
    names = ("unused", "car", "unused", "Pedestrian", "person", "Person_sitting", "bus", "bus")
    flat.add("000000", YOLO_LINE).put("classes.txt", "\n".join(names).encode())
    refuse_ambiguous(flat.folder)
    assert read_layout(flat.folder).rules.names == names


@pytest.mark.parametrize("column", ["sha256", "label_sha256"])
def test_a_checksum_stands_in_small_letters(flat: DataFolder, column: str) -> None:
    """In capitals it would count as another one, and the sound file as damaged."""
    flat.add("000000", kitti_line()).put("manifest.csv", f"stem,drive,frame,{column}\n000000,a,1,\n000001,a,2,AB\n".encode())
    with pytest.raises(DataError, match=r"manifest\.csv has a checksum in capital letters in row 3"):
        refuse_ambiguous(flat.folder)


def test_the_plan_and_the_command_refuse_it(flat: DataFolder) -> None:
    """Before anything is computed."""
    flat.add("000000", YOLO_LINE).put("classes.txt", b"car\ncar\n")
    settings = KittiSettings()
    with pytest.raises(DataError, match="names the class car twice"):
        verify(settings, data_dir=flat.folder, cache_dir=flat.folder / "none")
    with pytest.raises(DataError, match="names the class car twice"):
        DATASETS["kitti"](StudyConfig(), Sources(flat.folder, flat.folder / "none", offline=True))


def test_what_its_reader_refuses_is_left_to_it(flat: DataFolder) -> None:
    """A label that is a folder, and one larger than any."""
    flat.add("000000", kitti_line()).add("000001", None)
    (flat.folder / "labels/000001.txt").mkdir()
    flat.put("labels/000002.txt", b"\x0b" * (2 << 20))
    assert "000002" in read_layout(flat.folder).labels
    refuse_ambiguous(flat.folder)
    flat.put("labels/000002.txt", b"\x0b")
    with pytest.raises(DataError, match=r"000002\.txt has U\+000B in line 1"):
        refuse_ambiguous(flat.folder)
