"""The pretrained weights are fetched once, resumed, checked, and never from a network that is not to be used."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from bench.models.detection import commands, weights
from store.errors import DataError, IntegrityError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONTENT = bytes(range(256)) * 2000
NAME = "yolov5s.pt"
FIRST, FIRST_CONTENT = "yolov5su.pt", CONTENT[:-7]


@pytest.fixture(autouse=True)
def small_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A manifest of two small files; their addresses lead nowhere unless a test names the mirror's."""
    lines: list[str] = []
    for name, content in ((FIRST, FIRST_CONTENT), (NAME, CONTENT)):
        lines += [
            f"[{name.partition('.')[0]}]",
            f'source = "the weights {name}"',
            'format = "checkpoint"',
            f'names = ["{name}"]',
        ]
        lines += ['address = "http://127.0.0.1:9/"', f"size_bytes = {len(content)}"]
        lines += [f'sha256 = "{hashlib.sha256(content).hexdigest()}"']
    path = tmp_path / "manifest.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(weights, "MANIFEST_PATH", path)


def test_a_fetch_brings_the_file_to_where_a_run_looks(tmp_path: Path, start_mirror: Callable[..., object]) -> None:
    """After it, a run finds the weights in the cache, and a second fetch asks nobody."""
    mirror = start_mirror({FIRST: FIRST_CONTENT, NAME: CONTENT})
    found = commands.fetch(data_dir=None, cache_dir=tmp_path, offline=False, address=mirror.url)
    assert (found["origin"], weights.locate_weights(None, tmp_path)) == ("downloaded", tmp_path / "weights" / FIRST)
    again = commands.fetch(data_dir=None, cache_dir=tmp_path, offline=True)
    assert again["origin"] == "cache"
    assert mirror.paths == [f"/{FIRST}"]
    assert "AGPL-3.0" in commands.text(again)


def test_where_the_first_file_is_not_as_published_the_next_is_taken(
    tmp_path: Path, start_mirror: Callable[..., object]
) -> None:
    """Other bytes are never kept, and the older checkpoint serves as well."""
    mirror = start_mirror({FIRST: FIRST_CONTENT[:-1] + b"x", NAME: CONTENT})
    found = commands.fetch(data_dir=None, cache_dir=tmp_path, offline=False, address=mirror.url)
    assert found["weights"] == f"the weights {NAME}"
    assert weights.locate_weights(None, tmp_path) == tmp_path / "weights" / NAME


def test_a_cut_download_goes_on_where_it_stopped(tmp_path: Path, start_mirror: Callable[..., object]) -> None:
    """The second request asks for the rest."""
    mirror = start_mirror({FIRST: FIRST_CONTENT}, ["cut"])
    commands.fetch(data_dir=None, cache_dir=tmp_path, offline=False, address=mirror.url)
    assert (tmp_path / "weights" / FIRST).read_bytes() == FIRST_CONTENT
    assert mirror.ranges[0] is None
    assert mirror.ranges[1].startswith("bytes=")


def test_wrong_bytes_are_not_kept(tmp_path: Path, start_mirror: Callable[..., object]) -> None:
    """A file that is not the published one never appears under its name."""
    mirror = start_mirror({NAME: CONTENT[:-1] + b"x"})
    with pytest.raises(IntegrityError):
        commands.fetch(data_dir=None, cache_dir=tmp_path, offline=False, address=mirror.url)
    assert weights.locate_weights(None, tmp_path) is None


def test_offline_names_the_cure(tmp_path: Path) -> None:
    """Without a network nothing is tried."""
    with pytest.raises(DataError) as caught:
        commands.fetch(data_dir=None, cache_dir=tmp_path, offline=True)
    assert "data fetch weights" in caught.value.cure


def test_where_and_verify_speak_of_the_file_that_a_run_reads(tmp_path: Path) -> None:
    """Missing is said with its cure; a damaged file in the data folder is refused, and never repaired."""
    assert "missing" in commands.text(commands.where(data_dir=tmp_path, cache_dir=tmp_path / "cache"))
    with pytest.raises(DataError):
        commands.verify(data_dir=tmp_path, cache_dir=tmp_path / "cache")
    path = tmp_path / "weights" / NAME
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    assert commands.verify(data_dir=tmp_path, cache_dir=tmp_path / "cache")["origin"] == "data folder"
    path.write_bytes(b"other")
    with pytest.raises(IntegrityError):
        commands.fetch(data_dir=tmp_path, cache_dir=tmp_path / "cache", offline=False)
    assert path.read_bytes() == b"other"
