"""Turns an outcome into a stored record, for tests of experiments that read another one's record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.records import Draft, Stored, commit
from store.schema import Execution, Ingredients, Result

if TYPE_CHECKING:
    from pathlib import Path

    from bench.harness.task import Outcome, Task

EXECUTION = Execution(
    started_at="2026-01-01T00:00:00+00:00",
    duration_s=0.0,
    peak_memory_bytes=0,
    machine={},
    packages={},
    git_commit=None,
    git_dirty=None,
)
"""Of a record whose time and place are of no interest."""


def stored(task: Task, outcome: Outcome, root: Path) -> Stored:
    """The record of an outcome."""
    inputs, upstream = (dict.fromkeys(names, "ab" * 32) for names in (task.inputs, task.upstream))
    ingredients = Ingredients(config=dict(task.config), code={}, inputs=inputs, upstream=upstream, environment={})
    result = Result(status=outcome.status, reason=outcome.reason, metrics=dict(outcome.metrics), facts=dict(outcome.facts))
    return commit(root, Draft(task.key, ingredients, result, outcome.files, EXECUTION))
