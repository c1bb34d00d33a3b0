"""Stores that may not be looked at or written, links out of a store, and stores that moved: named, with the cure that helps."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from store.archive import export_run
from store.audit import audit_record, record_folders
from store.cleaning import removable, remove
from store.errors import IntegrityError, StoreError, unwritable
from store.lock import sole_writer
from store.records import folder_of, records_of, sweep
from store.runs import latest_run_id, load_entry, load_run, run_fields, write_run
from tests.store.test_archive import content, write_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NOBODY = 65534


@contextmanager
def unprivileged() -> Iterator[None]:
    """Inside the block the process has no rights beyond those that the modes give; nothing changes for who has none."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.fixture
def root() -> Iterator[Path]:
    """A store that belongs to whom ``unprivileged`` is."""
    folder = Path(tempfile.mkdtemp())
    if os.geteuid() == 0:
        os.chown(folder, _NOBODY, _NOBODY)
    with unprivileged():
        write_store(folder / "store")
    yield folder / "store"
    for path in folder.rglob("*"):
        path.chmod(0o700)
    shutil.rmtree(folder)


READERS: dict[str, Callable[[Path], object]] = {
    "run": lambda root: load_entry(root, load_run(root).entries[0]),
    "records of a task": lambda root: list(records_of(root, load_run(root).entries[0].task)),
    "export": lambda root: export_run(root, None, root.parent / "run.tar"),
}


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("level", range(5))
def test_unreadable_record_is_not_called_damaged(read: str, level: int, root: Path) -> None:
    """At whatever level the permission is missing: who may not read is not told to delete."""
    folder = record_folders(root)[0]
    place = [folder / "record.json", folder, *folder.parents][level]
    place.chmod(0)
    with unprivileged(), pytest.raises(StoreError, match=r"cannot be read: Permission denied(.|\n)*chmod -R u\+rX"):
        READERS[read](root)


def test_audit_of_an_unreadable_record_goes_on(root: Path) -> None:
    """It is a problem like any other, and the next record is looked at."""
    one, other = record_folders(root)
    one.chmod(0)
    with unprivileged():
        found = [audit_record(root, folder).problems for folder in (one, other)]
    assert [problem.what for problem in found[0]] == ["record.json cannot be read: Permission denied"]
    assert found[1] == ()


@pytest.mark.parametrize("content", [b"", b"../../etc\n", b"a\0b\n", b"a" * 100_000, b"\xff\xfe", b"quick-1\nquick-2\n"])
def test_damaged_pointer_is_named(content: bytes, root: Path) -> None:
    """And the runs that are there."""
    (root / "runs" / "latest").write_bytes(content)
    with pytest.raises(IntegrityError, match=r"pointer to the latest run cannot be read(.|\n)*choose one of: quick-"):
        latest_run_id(root)


@pytest.mark.parametrize(
    ("number", "cure"),
    [
        (errno.EACCES, "permission"), (errno.EPERM, "permission"), (errno.EROFS, "permission"),
        (errno.ENOSPC, "free some space"), (errno.EDQUOT, "free some space"), (errno.ENOENT, "see that the folder is there"),
    ],
)  # fmt: skip
def test_cure_is_for_what_the_system_says(number: int, cure: str) -> None:
    """Space is asked for where it lacks, and nowhere else."""
    error = unwritable("cannot write it", Path("x"), OSError(number, os.strerror(number)), "then run again")
    assert cure in error.cure
    assert ("space" in error.cure) == (cure == "free some space")
    assert error.cure.endswith(", then run again")


def test_a_mask_that_forbids_everything_is_no_obstacle(tmp_path: Path) -> None:
    """What the one writer makes, its owner can read."""
    before = os.umask(0o777)
    try:
        with sole_writer(tmp_path / "a", lambda _holder: None):
            name = write_store(tmp_path / "a" / "b")
            assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
            assert load_run(tmp_path / "a" / "b").run_id == name
    finally:
        os.umask(before)


def test_a_store_that_moved_is_no_finished_run(tmp_path: Path) -> None:
    """The manifest of a run is written where all its records are, and nowhere else."""
    write_store(tmp_path / "a")
    run = load_run(tmp_path / "a")
    (tmp_path / "a").rename(tmp_path / "b")
    write_store(tmp_path / "a")
    shutil.rmtree(folder_of(tmp_path / "a", run.entries[1].task, run.entries[1].fingerprint))
    before = content(tmp_path / "a")
    with pytest.raises(
        StoreError, match=r"1 records of this run are not in the store any more, stand-in/vae/seed-0 among them"
    ):
        write_run(tmp_path / "a", run_fields(run))
    assert content(tmp_path / "a") == before


LINKS = ("quarantine", "records", "cache/scratch", "runs", "report", "records/other", "report/old")


@pytest.mark.parametrize("place", LINKS)
def test_nothing_behind_a_link_is_removed(place: str, tmp_path: Path) -> None:
    """Neither by clean nor by the sweep before a run, at any depth; a left-over that is a link goes, its target stays."""
    outside, root = tmp_path / "outside", tmp_path / "store"
    for path in ("a/b/c/d", "a/b/c/.partial-x", "a/b/c/d/e", ".partial-y", "a/.partial-z", "b/c/d"):
        (outside / path).mkdir(parents=True, exist_ok=True)
        (outside / path / "precious").write_text("keep")
        (outside / path / "record.json").write_text("{}")
    (root / place).parent.mkdir(parents=True, exist_ok=True)
    (root / place).symlink_to(outside)
    (root / "own").mkdir()
    (root / "own" / "precious").write_text("keep")
    (root / ".partial-link").symlink_to(root / "own")
    before = content(outside)
    items = removable(root)
    remove(items, root)
    sweep(root)
    assert content(outside) == before
    assert not (root / ".partial-link").is_symlink()
    assert (root / "own" / "precious").exists()
