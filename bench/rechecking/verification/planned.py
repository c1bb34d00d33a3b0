"""Compares a run's tasks and their configurations with what its own configuration plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from bench.harness import planner
from bench.harness.studies import study_of_run
from bench.rechecking.verification.comparison import Comparison
from bench.rechecking.verification.source import same_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import JsonValue

    from bench.harness.settings import StudySettings
    from store.records import Stored
    from store.schema import Run


def planned(run: Run, records: Mapping[str, Stored]) -> Iterator[tuple[str, Comparison]]:
    """Task id and comparison: the run's tasks and their configurations with what its configuration plans today.

    What only one side has is left out, for an older record may lack what is configured now. Raises ValidationError where
    the run's configuration has a value that none may have.
    """
    config = _known_config(run, records)
    if config is None:
        return
    tasks = {task.key.id: task for task in planner.tasks_of(config)}
    named = {entry.task.id for entry in run.entries}
    shared = {name.partition("/")[0] for name in named} & {name.partition("/")[0] for name in tasks}
    for name in sorted(name for name in tasks.keys() ^ named if name.partition("/")[0] in shared):
        yield name, Comparison(f"task {name} in the run's configuration", name in named, name in tasks)
    for name in sorted(tasks.keys() & records.keys()):
        stored = records[name].record.ingredients.config
        yield from ((name, each) for each in _shared_leaves(stored, tasks[name].config, "config "))


def _known_config(run: Run, records: Mapping[str, Stored]) -> StudySettings | None:
    """None where another version wrote it, with keys or values that this one does not know: it cannot be planned any more."""
    config = study_of_run(run).config
    try:
        return config.model_validate(run.config)
    except ValidationError as error:
        ours = any(same_source(stored.record, config.__module__) for stored in records.values())
        if ours and any(each["type"] != "extra_forbidden" for each in error.errors()):
            raise
        return None


def _shared_leaves(stored: Mapping[str, JsonValue], expected: Mapping[str, JsonValue], prefix: str) -> Iterator[Comparison]:
    for name in sorted(stored.keys() & expected.keys()):
        one, other = stored[name], expected[name]
        if isinstance(one, dict) and isinstance(other, dict):
            yield from _shared_leaves(one, other, f"{prefix}{name}.")
        else:
            yield Comparison(f"{prefix}{name}", one, other)
