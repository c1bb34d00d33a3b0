"""The digest of a detection set: what changes it, what does not, and when the bytes of images are read."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bench.datasets.catalogue import Sources
from bench.datasets.kitti import digests
from bench.datasets.kitti.digests import digest_of, digest_of_pixels
from bench.datasets.kitti.locate import dataset_of
from bench.datasets.kitti.settings import KittiSettings
from bench.datasets.pictures import read_picture
from store.errors import DataError
from tests.bench.datasets.kitti.conftest import DataFolder, image_bytes, kitti_line

if TYPE_CHECKING:
    from pathlib import Path

    from pytest import MonkeyPatch  # noqa: PT013 - a type only

CONFIG = KittiSettings(images=2)


@pytest.fixture
def three(flat: DataFolder) -> DataFolder:
    """Three images with labels and drives, of which two are used."""
    for name in ("000000", "000001", "000002"):
        flat.add(name, kitti_line())
    return flat.put("manifest.csv", b"stem,drive,frame\n000000,a,1\n000001,a,2\n000002,a,3\n")


def test_equal_content_in_another_place_and_layout_is_equal(three: DataFolder, tmp_path: Path) -> None:
    """A data set that moves makes nothing run again."""
    other = DataFolder(tmp_path / "elsewhere", "training/image_2", "training/label_2")
    for name in ("000000", "000001"):
        other.add(name, kitti_line())
    other.put("object_to_raw.csv", b"object_id,drive,frame\n000000,a,1\n000001,a,2\n")
    assert digest_of(other.folder, CONFIG, None) == digest_of(three.folder, CONFIG, None)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("images/000001.png", image_bytes(9)),
        ("labels/000001.txt", b""),
        ("manifest.csv", b"stem,drive,frame\n000000,a,1\n000001,a,9\n000002,a,3\n"),
        ("labels/000000_b.txt", b""),
        ("images/000000.jpg", image_bytes(0, kind="JPEG")),
        ("images/0000005.png", image_bytes(5)),
    ],
)
def test_a_change_of_what_is_used_changes_it(three: DataFolder, path: str, content: bytes) -> None:
    """Images, labels, drives, labels without an image, duplicates, and which ids are the first."""
    before = digest_of(three.folder, CONFIG, None)
    assert digest_of(three.put(path, content).folder, CONFIG, None) != before


@pytest.mark.parametrize(("path", "content"), [("images/000002.png", b""), ("labels/000002.txt", b""), ("note.txt", b"")])
def test_a_change_outside_the_subset_does_not(three: DataFolder, path: str, content: bytes) -> None:
    """What the study does not use cannot make it run again."""
    before = digest_of(three.folder, CONFIG, None)
    assert digest_of(three.put(path, content).folder, CONFIG, None) == before


def reads(monkeypatch: MonkeyPatch) -> list[str]:
    """The names of the images whose bytes are read from now on."""
    names: list[str] = []

    def counting(path: Path) -> str:
        names.extend([path.name] if path.suffix == ".png" else [])
        return real(path)

    real = digests._file_digest
    monkeypatch.setattr(digests, "_file_digest", counting)
    return names


def test_a_plan_reads_images_once(three: DataFolder, tmp_path: Path, monkeypatch: MonkeyPatch) -> None:
    """A second plan asks the cache; another modification time makes the one image be read again."""
    read, cache = reads(monkeypatch), tmp_path / "cache"
    first = digest_of(three.folder, CONFIG, cache)
    assert read == ["000000.png", "000001.png"]
    read.clear()
    assert digest_of(three.folder, CONFIG, cache) == first
    assert read == []
    os.utime(three.folder / "images/000001.png", ns=(1, 1))
    assert digest_of(three.folder, CONFIG, cache) == first
    assert read == ["000001.png"]


@pytest.mark.parametrize("replaced", [True, False])
def test_a_plan_sees_bytes_that_changed_behind_the_same_size_and_time(
    three: DataFolder, tmp_path: Path, *, replaced: bool
) -> None:
    """A file written in place has another time of change, one put in its place another inode."""
    path = three.folder / "images/000001.png"
    before, state = digest_of(three.folder, CONFIG, tmp_path), path.stat()
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    if replaced:
        path.rename(tmp_path / "old.png")
    path.write_bytes(content)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (state.st_size, state.st_mtime_ns)
    assert digest_of(three.folder, CONFIG, tmp_path) != before


@pytest.mark.parametrize("settings", [CONFIG, KittiSettings(dataset="drawn")])
@pytest.mark.usefixtures("three")
def test_a_task_reads_every_byte(tmp_path: Path, monkeypatch: MonkeyPatch, settings: KittiSettings) -> None:
    """Before and after a task no cache is asked, whatever it says; a paranoid plan asks none either."""
    sources = Sources(None, tmp_path, offline=True)
    plan = dataset_of(settings, sources)
    lying = tmp_path / "image-digests.json"
    lying.write_text(re.sub(r'"[0-9a-f]{64}"', f'"{"0" * 64}"', lying.read_text()))
    assert dataset_of(settings, sources).digest != plan.digest
    read = reads(monkeypatch)
    assert plan.measure() == plan.digest
    assert dataset_of(settings, replace(sources, paranoid=True)).digest == plan.digest
    assert {*read} == {f"{number:06d}.png" for number in range(min(settings.images, 3))}
    assert len(read) == 2 * len({*read})


@pytest.mark.parametrize("content", [b"", b"[1]", b"\xff", b'{"x": [1]}'])
def test_a_damaged_cache_is_measured_again(three: DataFolder, tmp_path: Path, content: bytes) -> None:
    """Everything in it can be found out again."""
    expected = digest_of(three.folder, CONFIG, None)
    (tmp_path / "image-digests.json").write_bytes(content)
    assert digest_of(three.folder, CONFIG, tmp_path) == expected


def test_drawn_images_count_by_their_pixels(flat: DataFolder, tmp_path: Path) -> None:
    """The same picture packed otherwise is the same; the two kinds of digest do not mix in one cache."""
    path = flat.add("000000").folder / "images/000000.png"
    drawn = KittiSettings(dataset="drawn")
    by_pixels, by_bytes = digest_of(flat.folder, drawn, tmp_path), digest_of(flat.folder, CONFIG, tmp_path)
    before = digest_of_pixels(read_picture(path).pixels)
    from PIL import Image

    with Image.open(path) as image:
        image.load()
        image.save(path, compress_level=0)
    assert digest_of_pixels(read_picture(path).pixels) == before
    assert digest_of(flat.folder, drawn, tmp_path) == by_pixels
    assert digest_of(flat.folder, CONFIG, tmp_path) != by_bytes


def test_an_unreadable_image_has_a_digest_unless_it_was_drawn(flat: DataFolder) -> None:
    """The reader names it among the problems; a broken drawn one is the cache's fault and is drawn again."""
    flat.add("000000").add("000001").put("images/000001.png", b"no image")
    link = flat.folder / "images/000002.png"
    link.symlink_to(flat.folder / "nowhere.png")
    assert digest_of(flat.folder, KittiSettings(), None)
    with pytest.raises(DataError, match=r"000001\.png cannot be decoded[^\0]*drawn again"):
        digest_of(flat.folder, KittiSettings(dataset="drawn"), None)


def test_a_sparse_file_is_not_read_for_hours(flat: DataFolder) -> None:
    """What no reader takes is known by its size: the digest says when that changes."""
    flat.add("000000", kitti_line()).add("000001", kitti_line())
    found = []
    for size in (1 << 40, 1 << 41):
        for path in ("images/000001.png", "labels/000001.txt"):
            with (flat.folder / path).open("wb") as stream:
                stream.truncate(size)
        found.append(digest_of(flat.folder, KittiSettings()))
    assert len({*found}) == 2
