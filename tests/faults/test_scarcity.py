"""Real runs that lose their disk or a worker's memory: nothing is lost, and the next run ends with equal results."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from store.audit import record_folders
from tests.faults.run_process import complete, differences, equal_digests, log_of, prepare, reaches, start, workers_of

if TYPE_CHECKING:
    from pathlib import Path

PART = ("--parts", "autoencoders")  # the detectors' trainer writes no record and makes a run three times as long
JOBS = 1  # each worker loads torch, which takes longer than all tasks of so small a study


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with images and the store of an undisturbed run."""
    folder = tmp_path_factory.mktemp("scarcity")
    prepare(folder)
    assert start(folder, folder / "whole", JOBS, PART).wait() == 0, log_of(folder / "whole").read_text()
    return folder


def finished(base: Path, root: Path, known: dict[Path, str]) -> None:
    """The same command goes on to the end: what was complete is untouched, all is sound and as in the undisturbed run."""
    assert start(base, root, JOBS, PART).wait() == 0, log_of(root).read_text()
    found, problems = complete(root)
    assert problems == []
    assert known.items() <= found.items()
    assert differences(base / "whole", root) == []
    assert equal_digests(base / "whole", root) == len(record_folders(base / "whole"))


@pytest.mark.campaign
@pytest.mark.parametrize(
    ("kind", "number", "expected"),
    [
        # 5 to 10 fsyncs a record: the 60th is in the midst of a record of the first trainings
        ("space", 60, "cure:  free some space"),
        # more than any record of a description, less than a network's weights or checkpoint
        ("size", 100_000, "File too large"),
    ],
)
def test_a_disk_that_fills_up_loses_nothing(base: Path, kind: str, number: int, expected: str) -> None:
    """The run ends with exit code 1 and says what could not be written; no half record counts, and the next run completes."""
    root = base / kind
    assert start(base, root, JOBS, PART, ("full_disk", kind, str(number))).wait() == 1
    said = log_of(root).read_text()
    assert expected in said
    assert "Traceback" not in said
    known, problems = complete(root)
    assert problems == []
    assert 0 < len(known) < len(record_folders(base / "whole"))
    finished(base, root, known)


@pytest.mark.campaign
def test_a_worker_that_the_system_ends_costs_nothing(base: Path) -> None:
    """As the kernel does for want of memory: killed in a training, its task runs again at once, and no record says failed."""
    root = base / "memory"
    process = start(base, root, JOBS, PART)
    assert reaches(process, root, 20)
    os.kill(next(pid for pid, kind in workers_of(process.pid) if kind == "worker"), signal.SIGKILL)
    assert process.wait() == 0, log_of(root).read_text()
    finished(base, root, complete(root)[0])
