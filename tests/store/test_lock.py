"""The store's lock: one writer at a time, the second is told who is first, and a killed holder leaves nothing locked."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from store.errors import StoreError
from store.lock import LOCK, sole_writer

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
