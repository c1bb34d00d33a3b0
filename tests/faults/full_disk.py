"""Runs the small study on a disk that fills up: ``python -m tests.faults.full_disk KIND NUMBER IMAGES ROOT JOBS [OPTION ...]``.

With ``space`` the parent's fsync number NUMBER and all later ones find no space left, as on a disk that others fill; with
``size`` no process of the run can write a file beyond NUMBER bytes, checkpoints of the workers included.
"""

from __future__ import annotations

import errno
import os
import resource
import sys
from pathlib import Path

from tests.faults.small_run import small_run


def fill(kind: str, number: int) -> None:
    """Make the disk of this process, and with ``size`` of its children, end there."""
    if kind == "size":
        resource.setrlimit(resource.RLIMIT_FSIZE, (number, number))
        return
    real, calls = os.fsync, 0

    def full(handle: int) -> None:
        nonlocal calls
        calls += 1
        if calls >= number:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    os.fsync = full


if __name__ == "__main__":
    fill(sys.argv[1], int(sys.argv[2]))
    sys.exit(small_run(Path(sys.argv[3]), Path(sys.argv[4]), sys.argv[5], sys.argv[6:]))
