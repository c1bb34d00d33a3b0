"""The facts of ``bench data fetch``, ``verify`` and ``where`` for KITTI."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.datasets.kitti import commands
from bench.datasets.kitti.settings import KittiSettings
from store.errors import DataError, IntegrityError
from tests.bench.datasets.kitti.conftest import image_bytes, kitti_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.bench.datasets.kitti.conftest import DataFolder, Server


@pytest.fixture
def server(serve: Callable[..., Server], official_archives: dict[str, bytes]) -> Server:
    """A server of the three archives."""
    return serve(official_archives)


def test_a_fetch_tells_where_what_and_under_which_licence(server: Server, tmp_path: Path) -> None:
    """The first call downloads, the second finds everything in the cache and asks nothing, even offline."""
    found = commands.fetch(3, cache_dir=tmp_path, offline=False, address=server.url + "/")
    assert (found["origin"], found["path"], found["images"], found["labels"]) == ("downloaded", str(tmp_path / "kitti"), 3, 3)
    assert (found["licence"], found["checked"]) == ("CC BY-NC-SA 3.0", 6)
    server.requests.clear()
    again = commands.fetch(2, cache_dir=tmp_path, offline=True)
    assert (again["origin"], again["images"], server.requests) == ("cache", 3, [])
    assert "licence: CC BY-NC-SA 3.0" in commands.text(again)


def test_a_fetch_repairs_the_cache(server: Server, tmp_path: Path) -> None:
    """A damaged file of a complete cache is fetched again; offline it is an error."""
    commands.fetch(2, cache_dir=tmp_path, offline=False, address=server.url)
    path = tmp_path / "kitti/training/image_2/000001.png"
    path.write_bytes(b"damaged")
    with pytest.raises(IntegrityError, match=r"000001\.png is damaged: sha256 \w{64}, expected \w{64}"):
        commands.fetch(2, cache_dir=tmp_path, offline=True)
    repaired = commands.fetch(2, cache_dir=tmp_path, offline=False, address=server.url)
    assert repaired["origin"] == "downloaded"
    assert path.read_bytes() == image_bytes(1)


def test_offline_nothing_is_fetched(tmp_path: Path) -> None:
    """The error says so and names the ways out."""
    with pytest.raises(DataError, match=r"not in the cache[^\0]*--data DIR"):
        commands.fetch(2, cache_dir=tmp_path, offline=True)


def test_verify_compares_and_lists_problems(server: Server, tmp_path: Path) -> None:
    """Checksums first, then every line that a run would drop; strict configuration does not stop the list."""
    commands.fetch(2, cache_dir=tmp_path, offline=False, address=server.url)
    (tmp_path / "kitti/training/label_2/000009.txt").write_text("Car\n")
    found = commands.verify(KittiSettings(strict_labels=True), data_dir=None, cache_dir=tmp_path)
    assert (found["checked"], found["origin"]) == (4, "cache")
    assert found["problems"] == ["training/label_2/000009.txt: label-without-image"]
    assert found["sound"] is False
    assert "000009.txt" in commands.text(found)
    (tmp_path / "kitti/training/label_2/000001.txt").write_text("")
    with pytest.raises(IntegrityError, match=r"000001\.txt is damaged"):
        commands.verify(KittiSettings(), data_dir=None, cache_dir=tmp_path)
    (tmp_path / "kitti/training/label_2/000001.txt").unlink()
    with pytest.raises(DataError, match=r"manifest\.csv lists 000001, but a file of it is missing"):
        commands.verify(KittiSettings(), data_dir=None, cache_dir=tmp_path)


def test_data_without_checksums_is_verified_as_far_as_it_goes(flat: DataFolder, tmp_path: Path) -> None:
    """A user's own folder need not have a manifest."""
    found = commands.verify(KittiSettings(), data_dir=flat.add("000000").folder, cache_dir=tmp_path / "cache")
    assert (found["checked"], found["origin"], found["problems"], found["sound"]) == (0, "data-dir", [], True)


def test_where_says_what_is_there_or_would_be(flat: DataFolder, tmp_path: Path) -> None:
    """Without failing where nothing is."""
    missing = commands.where(data_dir=None, cache_dir=tmp_path / "cache")
    assert (missing["complete"], missing["path"]) == (False, str(tmp_path / "cache/kitti"))
    assert "missing" in commands.text(missing)
    there = commands.where(data_dir=flat.add("000000").folder, cache_dir=tmp_path / "cache")
    assert (there["complete"], there["images"], there["label_format"]) == (True, 1, "kitti")


def test_verify_tells_that_there_is_nothing_to_train_on(flat: DataFolder, tmp_path: Path) -> None:
    """Images without labels, or with other classes alone, are not damaged, but a run would refuse them."""
    flat.add("000000", None).add("000001", kitti_line("Tram"))
    found = commands.verify(KittiSettings(), data_dir=tmp_path, cache_dir=tmp_path / "cache")
    assert (found["sound"], found["images_without_label"], found["objects"]) == (True, 1, 0)
    text = commands.text(found)
    assert "1 images have no label file" in text
    assert "a run would end with that error" in text
    flat.add("000002", kitti_line("Car"))
    found = commands.verify(KittiSettings(), data_dir=tmp_path, cache_dir=tmp_path / "cache")
    assert (found["objects"], "would end" in commands.text(found)) == (1, False)
