"""A list of more names than its reader can hold against each other is refused before it is read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from bench.lists import check_lists
from store.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

TABLE, TREE = "object_to_raw.csv", "data.yaml"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (TABLE, ",".join(map(str, range(1001)))),
        (TABLE, ",".join(f'"{number}\n"' for number in range(1001))),
        ("MANIFEST.csv", "\N{ZERO WIDTH NO-BREAK SPACE}" + "a," * 2_000_000),
        (TREE, "\n".join(f"k{number}: 1" for number in range(90_000))),
        ("dataset.yml", "{" + ",".join(f"k{number}" for number in range(90_000)) + "}"),
        (TREE, "names:\n" + "- a\n" * 200_000),
        (TREE, "names: [" + "[],{}" * 100_000),
        (TREE, "? a\r" * 100_000),
        (TREE, "names: " + "[" * 1_001),
        (TREE, "names: " + "[" * 500 + "{" * 501),
    ],
)
@pytest.mark.parametrize("place", [".", "kitti/data_object_image_2/training/image_2/train"])
def test_a_list_without_end_is_refused(tmp_path: Path, name: str, content: str, place: str) -> None:
    """Columns in a line and over many, keys with and without a colon, items, brackets; above and beside the images."""
    path = tmp_path / place / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"names \d+ things, where at most \d+ are read") as caught:
        check_lists(tmp_path)
    assert caught.value.where == str(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (TABLE, ",".join(map(str, range(1000))) + "\n" + "1,2\n" * 100_000),
        (TREE, "names:\n" + "".join(f"  {number}: class {number}\n" for number in range(1000))),
        (TREE, f"names: [{', '.join(map(str, range(1000)))}]"),
        (TABLE, ""),
        ("measured.csv", "a," * 5000),
        ("notes.yaml", "k: 1\n" * 50_000),
        (TABLE, '"open'),
    ],
)
def test_what_a_data_set_needs_is_left_to_its_reader(tmp_path: Path, name: str, content: str) -> None:
    """Many rows, a thousand classes, an empty table and one that is wrong; a file of another name is nobody's list."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    check_lists(tmp_path)


def test_what_cannot_be_read_is_left_to_its_reader(tmp_path: Path) -> None:
    """A pipe, another encoding, a folder of that name, a link to nothing, many that lead back: each folder once."""
    os.mkfifo(tmp_path / TABLE)
    (tmp_path / TREE).write_bytes(b"\xff" * 40_000)
    (tmp_path / "manifest.csv").mkdir()
    (tmp_path / "data.yml").symlink_to("nowhere")
    for number in range(200):
        (tmp_path / f"round{number}").symlink_to(".")
    check_lists(tmp_path)
    check_lists(tmp_path / "nowhere")
