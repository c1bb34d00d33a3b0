"""Where KITTI is looked for, and what the error says where it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.datasets.kitti.locate import locate_kitti
from store.errors import DataError
from tests.bench.datasets.kitti.conftest import DataFolder

if TYPE_CHECKING:
    from pathlib import Path


def test_the_data_folder_or_its_kitti_folder_is_taken(tmp_path: Path, official: DataFolder) -> None:
    """``official`` is tmp_path/kitti."""
    official.add("000000")
    for given in (tmp_path, official.folder):
        assert locate_kitti(given, tmp_path / "cache") == official.folder


def test_a_data_folder_is_authoritative(tmp_path: Path) -> None:
    """The cache is read where no data folder is named, and never in the place of one."""
    fetched = DataFolder(tmp_path / "cache" / "kitti", "training/image_2", "training/label_2").add("000000").folder
    (tmp_path / "data/kitti/pictures").mkdir(parents=True)
    assert locate_kitti(None, tmp_path / "cache") == fetched
    with pytest.raises(DataError, match=r"missing in the data folder: .*data/kitti holds pictures/\n[^\0]*leave out --data"):
        locate_kitti(tmp_path / "data", tmp_path / "cache")


def test_missing_images_name_the_places_and_the_cure(tmp_path: Path) -> None:
    """Every place that was looked at, the two ways out, and the licence that a fetch accepts."""
    with pytest.raises(DataError) as caught:
        locate_kitti(tmp_path / "data", tmp_path / "cache")
    error = caught.value
    assert error.where.split(", ") == [str(tmp_path / name) for name in ("data/kitti", "data")]
    assert "--data DIR" in error.cure
    assert "CC BY-NC-SA 3.0" in error.cure
    assert "nox -s bench -- data fetch kitti" in error.cure
