"""One writer at a time: a lock on the artifacts folder that vanishes with the process that holds it."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import stat
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from store.errors import StoreError
from store.surroundings import keep_own_rights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LOCK = ".lock"
_NO_FILE = {errno.ELOOP, errno.EINVAL, errno.EISDIR}  # a link, a pipe or a device, a folder


@contextmanager
def sole_writer(root: Path, waiting: Callable[[str], None]) -> Iterator[None]:
    """Hold the folder's lock inside the block; where another process holds it, tell ``waiting`` who, then wait.

    The file stays behind and means nothing: the system drops the lock when its holder ends, however it dies. On a
    file system without locks the block runs unlocked. Raises StoreError where the folder cannot be written.

    Inside, and from then on in this process, what is made can be read and written by its owner, whatever the umask says.
    """
    keep_own_rights()
    try:
        root.mkdir(parents=True, exist_ok=True)
        hold_writable(root)  # an older lock file may be writable where the folder is not
        handle = _opened(root, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise _unusable(root, error) from error
    try:
        _acquire(handle, waiting)
        yield
    finally:
        os.close(handle)


def hold_writable(folder: Path) -> None:
    """Raise OSError where nothing can be written in the folder: for a file system that is mounted so, or for its rights."""
    if not os.access(folder, os.W_OK):
        code = errno.EROFS if os.statvfs(folder).f_flag & os.ST_RDONLY else errno.EACCES
        raise OSError(code, os.strerror(code), str(folder))


def is_held(root: Path) -> bool:
    """Whether a living process holds the folder's lock; False where there is none or the file system knows no locks."""
    try:
        handle = _opened(root, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False


def holder_of(root: Path) -> str | None:
    """Who holds the folder's lock, as its file says; None where nobody does."""
    if not is_held(root):
        return None
    try:
        handle = _opened(root, os.O_RDONLY)
    except OSError:
        return "unknown"
    try:
        return _named(handle)
    finally:
        os.close(handle)


def _opened(root: Path, flags: int) -> int:
    """A handle of the lock's file; raises OSError for a link, which may lead to anything of the user's, and for a pipe."""
    handle = os.open(root / LOCK, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is no file")
    return handle


def _unusable(root: Path, error: OSError) -> StoreError:
    if error.errno in _NO_FILE:
        message = f"the folder's lock is no file: {error.strerror}"
        return StoreError(message, where=str(root / LOCK), cure="delete it where no other process is at work there")
    cure = "name another with --artifacts DIR or BENCH_ARTIFACTS_DIR"
    return StoreError(f"artifacts folder cannot be written: {error.strerror}", where=str(root), cure=cure)


def _named(handle: int) -> str:
    return os.pread(handle, 200, 0).decode(errors="replace").strip() or "unknown"


def _acquire(handle: int, waiting: Callable[[str], None]) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        waiting(_named(handle))
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError:
        return
    holder = f"process {os.getpid()} on {socket.gethostname()} since {datetime.now(UTC).isoformat(timespec='seconds')}"
    with suppress(OSError):  # on a full disk the lock holds all the same, only its holder's name is missing
        os.ftruncate(handle, 0)
        os.pwrite(handle, holder.encode(), 0)
