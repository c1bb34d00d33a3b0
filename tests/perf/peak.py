"""Runs a program and prints the most memory in bytes that it or a process below it held: ``python -m tests.perf.peak NAME``.

It is small itself: what a process counts as its own most begins with what its parent held when it was started.
"""

from __future__ import annotations

import platform
import resource
import subprocess
import sys

if __name__ == "__main__":
    code = subprocess.run([sys.executable, "-m", *sys.argv[1:]], stdout=subprocess.DEVNULL, check=False).returncode
    unit = 1 if platform.system() == "Darwin" else 1024  # ru_maxrss is in bytes on macOS, in KiB elsewhere
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit)  # noqa: T201 - its answer
    sys.exit(code)
