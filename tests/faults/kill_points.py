"""Kills a forked process at its n-th change of the disk. SIGKILL runs no handler and no ``finally``: nothing is tidied up."""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import sys
import threading
import traceback
from typing import TYPE_CHECKING, NoReturn

from store.lock import LOCK

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_CHANGES = frozenset({"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link", "os.truncate"})
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class _Clock:
    """Counts the changes of the disk and ends the process at the chosen one."""

    def __init__(self, moment: int, *, torn: bool) -> None:
        self.left, self.torn = moment, torn
        self.lock = threading.RLock()  # a record's files are synced by several threads; tearing a file is a change, too

    def tick(self, handle: int | None = None) -> None:
        with self.lock:
            self.left -= 1
            if self.left == 0:
                if self.torn and handle is not None and stat.S_ISREG(os.fstat(handle).st_mode):
                    os.ftruncate(handle, os.fstat(handle).st_size // 2)  # what was not synced yet may be lost in part
                os.kill(os.getpid(), signal.SIGKILL)


def killed_at(moment: int, action: Callable[[], object], *, torn: bool = False) -> bool:
    """Run ``action`` in a fork that is killed just before its ``moment``-th change of the disk (from 1).

    Changes are: opening a file to write, fsync, rename, mkdir, and deletion. ``torn`` cuts the file of a killed fsync in
    half, as a power cut may. False where the action ended first. Raises AssertionError where it failed.
    """
    child = os.fork()
    if child == 0:
        _be_killed(_Clock(moment, torn=torn), action)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return True
    assert os.WIFEXITED(status), status
    assert os.WEXITSTATUS(status) == 0, f"the action failed at moment {moment}"
    return False


def undisturbed(action: Callable[[], object]) -> None:
    """Run ``action`` in a fork, so that it leaves no state in this process."""
    assert not killed_at(0, action)


def snapshot(folder: Path) -> dict[str, str]:
    """Relative path to SHA-256 of every file below ``folder``; lock files do not count."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != LOCK)
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _be_killed(clock: _Clock, action: Callable[[], object]) -> NoReturn:
    sync = os.fsync

    def counted(handle: int) -> None:
        clock.tick(handle)
        sync(handle)

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        opened = event == "open" and isinstance(arguments[2], int) and bool(arguments[2] & _WRITES)
        if event in _CHANGES or opened:
            clock.tick()

    try:
        os.fsync = counted
        sys.addaudithook(watch)
        action()
    except BaseException:  # noqa: BLE001 - the fork must end here, whatever happened
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
