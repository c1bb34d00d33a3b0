"""Text files that come with a user's data: what could be read in several ways is refused with the file's name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from bench.datasets.doors import TEXT_BYTES, read_rows, read_text, read_yaml
from store.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path


def put(folder: Path, content: str) -> Path:
    """A file with that text."""
    path = folder / "file"
    path.write_text(content, encoding="utf-8")
    return path


def test_rows_are_read_by_column(tmp_path: Path) -> None:
    """Absent cells are empty, empty cells beyond the last column are nothing."""
    path = put(tmp_path, 'a,b\n1,"x, y"\n2\n3,z,,\n')
    assert read_rows(path, "the table", "cure") == (
        ("a", "b"),
        [{"a": "1", "b": "x, y"}, {"a": "2", "b": ""}, {"a": "3", "b": "z"}],
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('a,b\n"1,2\n3,4\n', "unexpected end"),
        ("a,b,a\n1,2,3\n", "two columns 'a'"),
        ("a,b\n1,2\n3,4,5\n", "row 3 has more cells"),
        ("a,b\n1," + "x" * 200_000 + "\n", "field larger"),
    ],
)
def test_rows_that_could_mean_several_things_are_refused(tmp_path: Path, content: str, reason: str) -> None:
    """An open quotation mark swallows lines, a second column of one name hides the first, a comma too many shifts cells."""
    with pytest.raises(DataError, match=reason) as caught:
        read_rows(put(tmp_path, content), "the table", "cure")
    assert (caught.value.where, caught.value.cure) == (str(tmp_path / "file"), "cure")


def test_a_yaml_file_is_read_as_text(tmp_path: Path) -> None:
    """No scalar becomes a date, a number or a truth value."""
    path = put(tmp_path, "names: {0: no, 1: 2001-01-01}\nnested: [{a: 1}, {a: 2}]\n")
    assert read_yaml(path, "the list", "cure") == {"names": {"0": "no", "1": "2001-01-01"}, "nested": [{"a": "1"}, {"a": "2"}]}
    assert read_yaml(put(tmp_path, ""), "the list", "cure") is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("names: [person]\nnames: [car]\n", "the key 'names' stands twice"),
        ("names: {0: car, 1: van, 0: person}\n", "the key '0' stands twice"),
        ("a: [[{b: 1, b: 2}]]\n", "the key 'b' stands twice"),
        ("a: &x 1\nb: *x\n", "alias"),
        ("a: 1\n---\na: 2\n", "single document"),
        ("a: " + "[" * 1000 + "]" * 1000, "recursion"),
    ],
)
def test_a_yaml_file_that_could_mean_several_things_is_refused(tmp_path: Path, content: str, reason: str) -> None:
    """Readers differ in which of two equal keys they take."""
    with pytest.raises(DataError, match=reason):
        read_yaml(put(tmp_path, content), "the list", "cure")


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    """A pipe would be waited for, a sparse file fills the memory."""
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "sparse").open("wb") as stream:
        stream.truncate(1 << 40)
    (tmp_path / "folder").mkdir()
    reasons = {"pipe": "a pipe", "sparse": f"at most {TEXT_BYTES}", "folder": "Is a directory", "nothing": "No such file"}
    for name, reason in reasons.items():
        with pytest.raises(DataError, match=reason):
            read_text(tmp_path / name, "the text", "cure")
