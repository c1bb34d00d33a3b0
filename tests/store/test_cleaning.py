"""What no run needs goes, with the folders that become empty; what a run names, and what lies behind a link, stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from store.cleaning import Removable, removable, remove
from store.errors import IntegrityError
from store.runs import load_run, run_path
from tests.store.test_archive import content, write_store

if TYPE_CHECKING:
    from pathlib import Path

LITTER = {
    "records/stand-in/dae/seed-0/0123456789abcdef/record.json": "record",
    "cache/scratch/0123456789abcdef/checkpoint.bin": "scratch",
    "quarantine/stand-in/ae/seed-0/0123456789abcdef/quarantine.json": "quarantine",
    "quarantine/stand-in/ae/seed-0/.partial-x": "left-over",
    "records/stand-in/ae/seed-0/.partial-y/half.bin": "left-over",
    "runs/.partial-latest-12345678": "left-over",
    "report/some/.partial-report.html-12345678": "left-over",
    ".partial-import-12345678/record.json": "left-over",
}


def put(path: Path, size: int = 5) -> None:
    """A file of so many bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)


def test_everything_that_no_run_names_is_found_once(tmp_path: Path) -> None:
    """Each with its kind and size; a folder counts all its files; a store with nothing to spare has none."""
    write_store(tmp_path)
    assert removable(tmp_path) == ()
    for name in LITTER:
        put(tmp_path / name)
    put(tmp_path / "cache/scratch/0123456789abcdef/deeper/more.bin", 7)
    found = removable(tmp_path)
    assert sorted(one.kind for one in found) == sorted(LITTER.values())
    sizes = {one.kind: one.size_bytes for one in found}
    assert sizes == {"record": 5, "scratch": 12, "quarantine": 5, "left-over": 5}
    assert len({one.path for one in found}) == len(found)


def test_what_is_removed_leaves_no_empty_folder(tmp_path: Path) -> None:
    """The bytes of all are freed, the run is as it was, and the top folders stay."""
    write_store(tmp_path)
    before = content(tmp_path)
    for name in LITTER:
        put(tmp_path / name)
    assert remove(removable(tmp_path), tmp_path) == 5 * len(LITTER)
    assert content(tmp_path) == before
    for gone in ("records/stand-in/dae", "cache/scratch", "quarantine/stand-in", "report/some"):
        assert not (tmp_path / gone).exists()
    for top in ("records", "cache", "quarantine", "report", "runs"):
        assert (tmp_path / top).is_dir()
    assert (tmp_path / "records/stand-in/ae/seed-0").is_dir()


def test_what_does_not_go_frees_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be deleted is not counted, and what lies behind a link is not touched."""
    write_store(tmp_path / "store")
    put(tmp_path / "other" / "file")
    (tmp_path / "store" / "cache").mkdir()
    (tmp_path / "store" / "cache" / "scratch").symlink_to(tmp_path / "other")
    behind = Removable(tmp_path / "store" / "cache" / "scratch" / "file", "scratch", 5)
    assert remove((behind,), tmp_path / "store") == 0
    assert (tmp_path / "other" / "file").exists()
    (tmp_path / "store" / "cache" / "scratch").unlink()
    put(tmp_path / "store" / "cache" / "scratch" / "a" / "b")
    monkeypatch.setattr("store.cleaning.delete", lambda _path: None)
    assert remove(removable(tmp_path / "store"), tmp_path / "store") == 0


def test_a_link_is_measured_by_itself(tmp_path: Path) -> None:
    """It takes no bytes, whatever it leads to, and what is behind it is not counted in a folder either."""
    put(tmp_path / "far" / "large", 1000)
    store = tmp_path / "store"
    write_store(store)
    put(store / "cache" / "scratch" / "a" / "own", 3)
    (store / "cache" / "scratch" / "a" / "link").symlink_to(tmp_path / "far" / "large")
    (store / "runs" / ".partial-link").symlink_to(store / "runs" / "latest")
    assert {one.path.name: one.size_bytes for one in removable(store)} == {"a": 3, ".partial-link": 0}


def test_a_run_that_cannot_be_trusted_stops_it(tmp_path: Path) -> None:
    """A manifest in another run's folder does not say what that run needs; neither does one that was altered."""
    name = write_store(tmp_path)
    put(tmp_path / "runs" / "quick-00000000" / "notes.txt")
    assert removable(tmp_path) == ()
    whole = run_path(tmp_path, name).read_bytes()
    (tmp_path / "runs" / "quick-00000000" / "run.json").write_bytes(whole)
    with pytest.raises(IntegrityError, match=f"the manifest is of run {name}"):
        removable(tmp_path)
    (tmp_path / "runs" / "quick-00000000" / "run.json").unlink()
    run_path(tmp_path, name).write_text(json.dumps({**json.loads(whole), "profile": "paper"}), encoding="utf-8")
    with pytest.raises(IntegrityError, match="altered"):
        removable(tmp_path)
    run_path(tmp_path, name).write_bytes(whole)
    assert load_run(tmp_path).run_id == name
