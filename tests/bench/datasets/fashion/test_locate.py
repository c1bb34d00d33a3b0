"""Which folder is taken: given, embedded, cached, fetched; and what is said when a file is not there."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.datasets.fashion.dataset import TEST_LABELS, TRAIN_IMAGES, load
from bench.datasets.fashion.integrity import digest_of, verify
from bench.datasets.fashion.locate import cache_root, locate
from bench.datasets.fashion.manifest import SAMPLE_FOLDER
from store.errors import DataError, IntegrityError

if TYPE_CHECKING:
    from collections.abc import Callable


def test_the_sample_is_the_embedded_folder_whatever_else_is_given(tmp_path: Path) -> None:
    """The profile quick reads what lies in the repository, even where a data folder is set."""
    assert locate("sample", data_dir=tmp_path, cache_dir=tmp_path, offline=True) == SAMPLE_FOLDER


def test_a_data_folder_may_hold_the_data_set_or_the_files(tmp_path: Path, tiny_folder: Path) -> None:
    """Both DIR/fashion-mnist and DIR itself are understood."""
    for given in (tiny_folder.parent, tiny_folder):
        assert locate("full", data_dir=given, cache_dir=tmp_path / "cache", offline=True) == tiny_folder


@pytest.mark.parametrize("name", ["FashionMNIST/raw", "FashionMNIST", "raw"])
def test_the_folder_that_torchvision_leaves_is_understood(tmp_path: Path, tiny_folder: Path, name: str) -> None:
    """Named by its parent, as torchvision's own option is."""
    place = tmp_path / "torchvision" / name
    place.parent.mkdir(parents=True)
    tiny_folder.rename(place)
    assert locate("full", data_dir=tmp_path / "torchvision", cache_dir=tmp_path / "cache", offline=True) == place


def test_unpacked_files_stand_for_the_published_ones(tmp_path: Path, tiny_folder: Path, tiny_files: dict[str, bytes]) -> None:
    """Checked by their own checksums, they have the digest of the packed ones, and give the same images."""
    expected = load(tiny_folder)
    before = digest_of(tiny_folder, "full")
    for name, content in tiny_files.items():
        (tiny_folder / name).unlink()
        (tiny_folder / name.removesuffix(".gz")).write_bytes(gzip.decompress(content))
    assert locate("full", data_dir=tiny_folder, cache_dir=tmp_path / "cache", offline=True) == tiny_folder
    assert [each.name for each in verify(tiny_folder, "full")] == [name.removesuffix(".gz") for name in tiny_files]
    assert digest_of(tiny_folder, "full") == before
    assert (load(tiny_folder).train_images == expected.train_images).all()
    path = tiny_folder / TEST_LABELS.removesuffix(".gz")
    path.write_bytes(path.read_bytes()[:-1] + b"\x03")
    with pytest.raises(IntegrityError, match=rf"{path.name} is damaged: sha256 \w+, expected \w+\n"):
        verify(tiny_folder, "full")
    assert digest_of(tiny_folder, "full") != before


def test_a_file_missing_from_the_data_folder_is_named_and_not_fetched(
    tmp_path: Path, start_mirror: Callable, tiny_folder: Path, tiny_files: dict[str, bytes], use_tiny: Callable
) -> None:
    """What the user named is what is used: no download fills its gaps, even with a network."""
    mirror = start_mirror(tiny_files)
    use_tiny(mirror.url)
    (tiny_folder / TEST_LABELS).unlink()
    with pytest.raises(DataError) as caught:
        locate("full", data_dir=tiny_folder.parent, cache_dir=tmp_path / "cache", offline=False)
    assert caught.value.what == f"{TEST_LABELS} is missing"
    assert caught.value.where == str(tiny_folder / TEST_LABELS)
    assert "nox -s bench -- data fetch" in caught.value.cure
    assert mirror.paths == []


def test_a_data_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    """A mistyped --data points at where the files were expected."""
    with pytest.raises(DataError, match="is missing, and so are") as caught:
        locate("full", data_dir=tmp_path / "nowhere", cache_dir=tmp_path, offline=True)
    assert str(tmp_path / "nowhere") in caught.value.where


def test_a_folder_that_cannot_be_looked_into_is_named(tmp_path: Path) -> None:
    """What the system refuses (here a name beyond its limit, elsewhere a permission) is an error with a cure."""
    folder = tmp_path / ("x" * 300)
    with pytest.raises(DataError, match="cannot look into the data folder") as caught:
        locate("full", data_dir=folder, cache_dir=tmp_path, offline=True)
    assert str(folder) in caught.value.where


def test_an_empty_cache_is_filled_once(
    tmp_path: Path, start_mirror: Callable, tiny_files: dict[str, bytes], use_tiny: Callable
) -> None:
    """The first call downloads all four files, the second none."""
    mirror = start_mirror(tiny_files)
    use_tiny(mirror.url)
    for _ in range(2):
        folder = locate("full", data_dir=None, cache_dir=tmp_path / "cache", offline=False)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == tiny_files
    assert folder == tmp_path / "cache" / "fashion-mnist"
    assert mirror.paths == [f"/{name}" for name in tiny_files]


def test_only_what_the_cache_lacks_is_fetched(
    tmp_path: Path, start_mirror: Callable, tiny_files: dict[str, bytes], use_tiny: Callable
) -> None:
    """Three files that are there are not asked for again."""
    mirror = start_mirror(tiny_files)
    use_tiny(mirror.url)
    folder = locate("full", data_dir=None, cache_dir=tmp_path, offline=False)
    (folder / TRAIN_IMAGES).unlink()
    locate("full", data_dir=None, cache_dir=tmp_path, offline=False)
    assert mirror.paths[4:] == [f"/{TRAIN_IMAGES}"]


def test_offline_asks_no_mirror_and_says_how_to_fetch(
    tmp_path: Path, start_mirror: Callable, tiny_files: dict[str, bytes], use_tiny: Callable
) -> None:
    """With an empty cache, offline fails by the first missing file and both cures, and touches no network."""
    mirror = start_mirror(tiny_files)
    use_tiny(mirror.url)
    with pytest.raises(DataError) as caught:
        locate("full", data_dir=None, cache_dir=tmp_path, offline=True)
    assert TRAIN_IMAGES in caught.value.what
    assert "nox -s bench -- data fetch" in caught.value.cure
    assert "--data DIR" in caught.value.cure
    assert mirror.paths == []


def test_the_cache_lies_under_the_artifacts_unless_the_environment_names_another(tmp_path: Path) -> None:
    """BENCH_CACHE_DIR wins over the artifacts folder; an empty value counts as unset."""
    assert cache_root(tmp_path, {}) == tmp_path / "cache" / "datasets"
    assert cache_root(tmp_path, {"BENCH_CACHE_DIR": ""}) == tmp_path / "cache" / "datasets"
    assert cache_root(tmp_path, {"BENCH_CACHE_DIR": "elsewhere"}) == Path("elsewhere")
