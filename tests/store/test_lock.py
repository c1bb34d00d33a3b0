"""The store's lock: one writer at a time, the second is told who is first, and a killed holder leaves nothing locked."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from store.errors import StoreError
from store.lock import LOCK, holder_of, is_held, sole_writer

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOLDER = """
import sys
from pathlib import Path
from store.lock import sole_writer
with sole_writer(Path(sys.argv[1]), print):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its input ends."""
    command = [sys.executable, "-c", _HOLDER, str(tmp_path)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_second_writer_is_told_who_is_first_and_then_waits(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    """The message names the holder's process; the block is entered once that has ended."""
    heard: list[str] = []

    def waiting(text: str) -> None:
        heard.append(text)
        assert holder.poll() is None
        assert holder.stdin is not None
        holder.stdin.close()

    with sole_writer(tmp_path, waiting):
        assert holder.wait(timeout=10) == 0
    assert f"process {holder.pid} on " in heard[0]


def test_killed_holder_leaves_no_lock(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    """The file stays, the lock does not: nobody has to delete anything."""
    holder.send_signal(signal.SIGKILL)
    holder.wait(timeout=10)
    heard: list[str] = []
    with sole_writer(tmp_path, heard.append):
        assert (tmp_path / LOCK).is_file()
    assert heard == []


def test_file_system_without_locks_is_used_unlocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some network mounts know no locks: a study must run there all the same."""

    def refuse(_handle: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    entered = False
    with sole_writer(tmp_path, print):
        entered = True
    assert entered


def test_unwritable_folder_is_refused_although_its_lock_file_is_writable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder's permission counts, before anything is computed."""
    (tmp_path / LOCK).touch()
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    with pytest.raises(StoreError, match="cannot be written: Permission denied"), sole_writer(tmp_path, print):
        pass


def test_who_holds_it_can_be_asked(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    """While another process lives; what its file says afterwards counts for nothing."""
    assert is_held(tmp_path)
    assert (holder_of(tmp_path) or "").startswith(f"process {holder.pid} on ")
    (tmp_path / LOCK).write_bytes(b" \n")
    assert holder_of(tmp_path) == "unknown"
    holder.kill()
    holder.wait(timeout=10)
    assert not is_held(tmp_path)
    assert holder_of(tmp_path) is None


def test_nobody_holds_what_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder, no file, and no locks on the file system: nobody is waited for."""
    assert not is_held(tmp_path / "none")
    assert not is_held(tmp_path)
    (tmp_path / LOCK).touch()

    def refuse(_handle: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert not is_held(tmp_path)


def test_its_owner_can_read_and_write_what_is_made_inside(tmp_path: Path) -> None:
    """Whatever the umask was; what it says of others is kept. A shorter name leaves nothing of a longer one in the file."""
    (tmp_path / LOCK).write_bytes(b"x" * 500)
    before = os.umask(0o777)
    try:
        with sole_writer(tmp_path, print):
            (tmp_path / "inside").touch()
            assert (tmp_path / LOCK).read_bytes().startswith(b"process ")
            assert b"x" * 9 not in (tmp_path / LOCK).read_bytes()
    finally:
        os.umask(before)
    assert (tmp_path / "inside").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kind", ["link", "dangling link", "pipe", "folder"])
def test_a_lock_that_is_no_file_is_refused(kind: str, tmp_path: Path) -> None:
    """A store of somebody else's may hold a link there to a file of the user's, which would lose its content."""
    (tmp_path / "victim").write_text("precious")
    root = tmp_path / "root"
    root.mkdir()
    {
        "link": lambda: (root / LOCK).symlink_to(tmp_path / "victim"),
        "dangling link": lambda: (root / LOCK).symlink_to(tmp_path / "new"),
        "pipe": lambda: os.mkfifo(root / LOCK),
        "folder": (root / LOCK).mkdir,
    }[kind]()
    with pytest.raises(StoreError, match="is no file") as caught, sole_writer(root, print):
        pytest.fail("it was taken")
    assert caught.value.where == str(root / LOCK)
    assert (is_held(root), holder_of(root)) == (False, None)
    assert (tmp_path / "victim").read_text() == "precious"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(("flag", "words"), [(os.ST_RDONLY, "Read-only file system"), (0, "Permission denied")])
def test_a_mount_that_takes_nothing_is_not_called_a_lack_of_rights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flag: int, words: str
) -> None:
    """Whoever is told to change the rights of a folder that is mounted read-only changes nothing."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=flag | os.ST_NOSUID))
    with pytest.raises(StoreError, match=f"artifacts folder cannot be written: {words}"), sole_writer(tmp_path, print):
        pass
