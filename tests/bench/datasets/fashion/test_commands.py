"""``bench data``: the facts of fetch, verify and where, and that only the cache is ever repaired."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bench.datasets.fashion.commands import fetch, verify_command, where
from bench.datasets.fashion.dataset import TRAIN_IMAGES
from bench.datasets.fashion.integrity import digest_of
from bench.datasets.fashion.manifest import SAMPLE_FOLDER
from store.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_fetch_downloads_then_finds_the_cache(
    tmp_path: Path, start_mirror: Callable, tiny_files: dict[str, bytes], use_tiny: Callable
) -> None:
    """The origin tells a download from a cache hit; all other facts are equal and can be dumped as JSON."""
    use_tiny(start_mirror(tiny_files).url)
    told: list[int] = []
    first = fetch(
        "full", data_dir=None, cache_dir=tmp_path, offline=False, progress=lambda done, total: told.append(total - done)
    )
    second = fetch("full", data_dir=None, cache_dir=tmp_path, offline=False)
    assert (first["origin"], second["origin"]) == ("downloaded", "cache")
    assert {**first, "origin": ""} == {**second, "origin": ""}
    assert told[-1] == 0
    assert json.loads(json.dumps(first))["path"] == str(tmp_path / "fashion-mnist")
    assert first["digest"] == digest_of(tmp_path / "fashion-mnist", "full")


def test_fetch_replaces_a_damaged_file_in_the_cache(
    tmp_path: Path, start_mirror: Callable, tiny_files: dict[str, bytes], use_tiny: Callable
) -> None:
    """The cure that the error messages name works: the damaged file alone is fetched again."""
    mirror = start_mirror(tiny_files)
    use_tiny(mirror.url)
    fetch("full", data_dir=None, cache_dir=tmp_path, offline=False)
    path = tmp_path / "fashion-mnist" / TRAIN_IMAGES
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(IntegrityError):
        fetch("full", data_dir=None, cache_dir=tmp_path, offline=True)
    assert fetch("full", data_dir=None, cache_dir=tmp_path, offline=False)["origin"] == "downloaded"
    assert path.read_bytes() == tiny_files[TRAIN_IMAGES]
    assert mirror.paths[4:] == [f"/{TRAIN_IMAGES}"]


def test_fetch_never_touches_a_damaged_file_of_the_user(
    tmp_path: Path, start_mirror: Callable, tiny_folder: Path, tiny_files: dict[str, bytes], use_tiny: Callable
) -> None:
    """A file in --data is reported, not replaced."""
    mirror = start_mirror(tiny_files)
    use_tiny(mirror.url)
    (tiny_folder / TRAIN_IMAGES).write_bytes(b"mine")
    with pytest.raises(IntegrityError):
        fetch("full", data_dir=tiny_folder, cache_dir=tmp_path / "cache", offline=False)
    assert (tiny_folder / TRAIN_IMAGES).read_bytes() == b"mine"
    assert mirror.paths == []


def test_verify_gives_what_lies_on_the_disk(tmp_path: Path, tiny_folder: Path, tiny_files: dict[str, bytes]) -> None:
    """Path, origin and the measured size of each file."""
    facts = verify_command("full", data_dir=tiny_folder.parent, cache_dir=tmp_path)
    assert (facts["path"], facts["origin"]) == (str(tiny_folder), "data-dir")
    assert [entry["size_bytes"] for entry in facts["files"]] == [len(content) for content in tiny_files.values()]


def test_verify_of_the_sample_needs_nothing_else(tmp_path: Path) -> None:
    """The embedded sample is complete in a fresh clone."""
    facts = verify_command("sample", data_dir=None, cache_dir=tmp_path)
    assert (facts["path"], facts["origin"]) == (str(SAMPLE_FOLDER), "embedded")


def test_where_names_the_place_even_when_it_is_empty(tmp_path: Path, start_mirror: Callable, use_tiny: Callable) -> None:
    """Before a fetch, where says where the files would be and that none is there, without failing or fetching."""
    mirror = start_mirror({})
    use_tiny(mirror.url)
    facts = where("full", data_dir=None, cache_dir=tmp_path)
    assert (facts["path"], facts["origin"], facts["complete"]) == (str(tmp_path / "fashion-mnist"), "cache", False)
    assert [entry["present"] for entry in facts["files"]] == [False] * 4
    assert mirror.paths == []


def test_where_says_which_file_is_lacking(tmp_path: Path, tiny_folder: Path) -> None:
    """An incomplete data folder shows by file."""
    (tiny_folder / TRAIN_IMAGES).unlink()
    facts = where("full", data_dir=tiny_folder, cache_dir=tmp_path)
    assert [entry["name"] for entry in facts["files"] if not entry["present"]] == [TRAIN_IMAGES]
    assert facts["complete"] is False
