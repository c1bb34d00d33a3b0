"""Draws figures in processes of their own, ahead of the one that writes the report: it finds them kept when it gets there.

The writing process goes through the figures from the first on, these from the last back, so that they meet; whatever a helper
has not finished by then, or cannot do at all, the writing process does itself. Nothing is waited for.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from report.rendering.stamp import PROJECT
from store.surroundings import usable_cores

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

HELPER = "report.figures.helper"
_WORTH = 16  # figures from which a helper, whose start takes as long as five figures, is worth it
_MOST = 3  # helpers


@dataclass(frozen=True, slots=True)
class Place:
    """What a helper needs to find: the store, the run in it, and the folder of kept figures."""

    artifacts: Path
    run_id: str
    kept: Path


@contextmanager
def helped(place: Place, languages: Sequence[str], names: Sequence[str]) -> Iterator[tuple[subprocess.Popen[bytes], ...]]:
    """While the caller draws the figures ``names`` in each language, in this order, let helpers begin at the other end."""
    wanted = [f"{language}/{name}" for language in languages for name in names][::-1]
    count = min(_MOST, usable_cores() - 1) if len(wanted) >= _WORTH else 0
    helpers = tuple(_helper(place, wanted[one::count]) for one in range(count))
    try:
        yield helpers
    finally:
        for helper in helpers:
            helper.kill()
            helper.wait()


def _helper(place: Place, wanted: Sequence[str]) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH", ""))))
    command = [sys.executable, "-m", HELPER, str(place.artifacts), place.run_id, str(place.kept), *wanted]
    environment = {**os.environ, "PYTHONPATH": path}
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, env=environment, stdin=quiet, stdout=quiet, stderr=quiet)
