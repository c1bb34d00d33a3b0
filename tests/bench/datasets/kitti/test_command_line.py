"""``bench data verify kitti`` as a user runs it: exit codes, and any terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.cli import main
from tests.bench.datasets.kitti.conftest import kitti_line

if TYPE_CHECKING:
    from tests.bench.datasets.kitti.conftest import DataFolder

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize(("label", "code"), [(kitti_line(), 0), ("nonsense\n", 3)])
def test_verified_data_with_a_problem_exit_with_3(flat: DataFolder, label: str, code: int) -> None:
    """A script that checks the exit code does not take damaged data for sound."""
    folder = flat.add("000000", label).folder.parent
    assert main(["data", "verify", "kitti", "--data", str(folder), "--artifacts", str(folder / "art")]) == code


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_terminal_can_be_printed_to(flat: DataFolder, encoding: str) -> None:
    """Letters that it does not have, and names that are not UTF-8, appear as escapes."""
    flat.add("straße", "nonsense\n").put(os.fsdecode(b"images/a\xff.png"), b"")
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "bench", "data", "verify", "kitti", "--data", str(flat.folder)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr
    assert "straße".encode(encoding, "backslashreplace") in done.stdout
    assert rb"images/a\udcff.png: unreadable-name" in done.stdout
