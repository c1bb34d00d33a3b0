"""Where images were taken: the three kinds of files that know, and errors in them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from bench.datasets.kitti.drives import Origin, origin_rows, read_mapping, read_origins
from store.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

MAPPING = (
    "2011_09_26 2011_09_26_drive_0005_sync 0000000106\n"
    "2011_09_26 2011_09_26_drive_0009_sync 0000000384\n"
    "2011_09_28 2011_09_28_drive_0106_sync 0000000048\n"
)


def put_mapping(folder: Path, order: str = "3,1,2\n", lines: str = MAPPING) -> Path:
    """The two mapping files of the development kit."""
    folder.mkdir(parents=True)
    (folder / "train_rand.txt").write_text(order)
    (folder / "train_mapping.txt").write_text(lines)
    return folder


def test_the_mapping_goes_through_the_shuffle(tmp_path: Path) -> None:
    """Image i comes from the line that entry i of train_rand.txt counts from 1, not the other way round."""
    assert read_mapping(put_mapping(tmp_path / "mapping")) == {
        "000000": Origin("2011_09_28_drive_0106", 48),
        "000001": Origin("2011_09_26_drive_0005", 106),
        "000002": Origin("2011_09_26_drive_0009", 384),
    }


@pytest.mark.parametrize(("order", "lines"), [("4", MAPPING), ("0", MAPPING), ("x", MAPPING), ("1", "2011_09_26 drive 5\n")])
def test_a_mapping_that_does_not_fit_is_refused(tmp_path: Path, order: str, lines: str) -> None:
    """A wrong drive would defeat the split by drive without a word."""
    with pytest.raises(DataError, match="mapping to drives cannot be read"):
        read_mapping(put_mapping(tmp_path / "mapping", order, lines))


def test_the_nearer_file_counts(tmp_path: Path) -> None:
    """manifest.csv before object_to_raw.csv before the mapping, image by image; a row without drive says nothing."""
    put_mapping(tmp_path / "devkit_object" / "mapping")
    (tmp_path / "object_to_raw.csv").write_text("object_id,drive,frame\n000001,b,2\n000002,b,3\n")
    (tmp_path / "manifest.csv").write_text("stem,drive,frame,sha256\n000002,c,4,\nt0001_000001,d,5,\n000001,,,\n")
    assert read_origins(tmp_path) == {
        "000000": Origin("2011_09_28_drive_0106", 48),
        "000001": Origin("b", 2),
        "000002": Origin("c", 4),
        "t0001_000001": Origin("d", 5),
    }


def test_nothing_is_known_without_such_a_file(tmp_path: Path) -> None:
    """Data without drives is data."""
    assert read_origins(tmp_path) == {}


def test_a_written_table_reads_back(tmp_path: Path) -> None:
    """What a fetch writes is what the reader reads."""
    origins = {"000001": Origin("2011_09_26_drive_0005", 106), "000000": Origin("2011_09_28_drive_0106", 48)}
    (tmp_path / "object_to_raw.csv").write_text(origin_rows(origins))
    assert read_origins(tmp_path) == origins


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stem,drive\n000000,a\n", "no column frame"),
        ("stem,drive,frame\n000000,a,5\n000001,a,five\n", r"line 3: 'five'[^\0]*manifest\.csv:3"),
        ("stem,drive,frame\n000000,a\n", "no frame number in line 2"),
        ("", "no column drive, frame, stem"),
    ],
)
def test_errors_in_a_table_are_named_with_their_line(tmp_path: Path, text: str, message: str) -> None:
    """File, line and what stands there."""
    (tmp_path / "manifest.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        read_origins(tmp_path)


@pytest.mark.parametrize("name", ["object_to_raw.csv", "manifest.csv"])
def test_two_origins_of_one_image_are_refused(tmp_path: Path, name: str) -> None:
    """Which of them is right decides what is a neighbour; the same one twice is no contradiction."""
    head = f"{'stem' if name == 'manifest.csv' else 'object_id'},drive,frame\n000001,one,3\n000001,one,3\n"
    (tmp_path / name).write_text(head)
    assert read_origins(tmp_path) == {"000001": Origin("one", 3)}
    (tmp_path / name).write_text(f"{head}000001,two,3\n")
    with pytest.raises(DataError, match="two origins of '000001', the second in line 4"):
        read_origins(tmp_path)


@pytest.mark.parametrize("name", ["object_to_raw.csv", "manifest.csv", "mapping/train_rand.txt"])
@pytest.mark.parametrize("kind", ["pipe", "folder", "link to nothing"])
def test_a_file_of_drives_that_cannot_be_read_is_not_taken_for_none(tmp_path: Path, name: str, kind: str) -> None:
    """What is there was meant to be read: without it neighbours would be unknown in silence."""
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("nothing")
    with pytest.raises(DataError):
        read_origins(tmp_path)
