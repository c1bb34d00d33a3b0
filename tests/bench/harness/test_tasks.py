"""How many tasks one run may hold."""

from __future__ import annotations

import pytest

from bench.harness import planner
from bench.studies.assignment_2.config import StudyConfig
from store.errors import UsageError


def test_more_tasks_than_a_manifest_lists_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked for is counted before any of it is planned; as many as there is room for are laid out."""
    config = StudyConfig(parts=("autoencoders",), seeds=(0,))
    count = len(planner.tasks_of(config))
    monkeypatch.setattr(planner, "_MOST_TASKS", count)
    assert len(planner.tasks_of(config)) == count
    monkeypatch.setattr(planner, "_MOST_TASKS", count - 1)
    with pytest.raises(UsageError, match=rf"these are {count} tasks, where one run holds at most {count - 1}"):
        planner.tasks_of(config)
