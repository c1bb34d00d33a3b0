"""Killed at any moment, nothing is lost, nothing is taken for complete that is not, and going on gives the same bytes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LEAST = 200  # kill points of the store's and the training's campaign together
KILLS = 4  # of whole runs, which take seconds each; the campaign's own command takes hundreds of them


def answer(module: str, folder: Path, *arguments: str) -> Any:  # noqa: ANN401 - JSON
    """Run a campaign in a process of its own, which may fork: it has no threads."""
    command = [sys.executable, "-W", "error", "-m", f"tests.faults.{module}", str(folder), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.campaign
def test_killed_at_any_moment_the_next_run_ends_with_the_same_bytes(tmp_path: Path) -> None:
    """At least 200 kills over the store's writes and two trainings: none lost, none corrupt, none differing."""
    store = answer("store_campaign", tmp_path / "store")
    assert store["corrupt"] == store["differing"] == []
    assert store["files"] > 10
    trainings = answer("training_campaign", tmp_path / "training")
    assert [one["differing"] for one in trainings.values()] == [[], []]
    assert store["points"] + sum(one["points"] for one in trainings.values()) >= LEAST


@pytest.mark.campaign
def test_whole_runs_that_are_killed_end_with_the_same_results(tmp_path: Path) -> None:
    """Of real runs with all their processes: none lost, none corrupt, none differing, and each ends as it should."""
    runs = answer("run_campaign", tmp_path / "runs", str(KILLS), "1")
    assert [runs[name] for name in ("lost", "corrupt", "differing", "failed")] == [[], [], [], []]
    assert runs["kills"] == KILLS
    assert runs["records_compared"] == runs["records"] * runs["stores"] > 0
