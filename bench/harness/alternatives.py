"""The tasks of ``--question sensitivity``: a study once more for each other value of a setting that its source leaves open.

One setting is changed at a time. Only tasks that the change reaches are run again, under a name that says what was changed;
they stand beside the tasks of the same seeds with the configuration's own values.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bench.harness.profile import with_override
from store.alternatives import alternative_variant
from store.errors import UsageError
from store.schema import TaskKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bench.harness.settings import StudySettings
    from bench.harness.task import Task

_WHERE = "sensitivity.alternatives"


def tasks_of(config: StudySettings, plan: Callable[[StudySettings], Sequence[Task]]) -> Iterator[Task]:
    """The tasks with the configuration's own values on the study's first seeds, then those that each alternative changes.

    ``plan`` lays out the tasks of a configuration, upstream before downstream. Raises UsageError for an alternative that
    is no setting, has a bad value, or changes nothing.
    """
    short = config.model_copy(update={"seeds": config.seeds[: config.sensitivity.seeds]})
    own = {task.key.id: task for task in plan(short)}
    yield from own.values()
    for alternative in config.sensitivity.alternatives:
        changed = _changed(own, plan(with_override(short, alternative, _WHERE)))
        if not changed:
            cure = "name a setting that the tasks read and a value that is not the configuration's"
            raise UsageError(f"the alternative {alternative!r} changes no task", where=_WHERE, cure=cure)
        yield from (_renamed(task, alternative, changed) for task in changed.values())


def _changed(own: Mapping[str, Task], tasks: Sequence[Task]) -> dict[str, Task]:
    """The replicated tasks whose own settings differ, or those of a task that they read."""
    found: dict[str, Task] = {}
    for task in tasks:
        before = own.get(task.key.id)
        same = before is not None and before.config == task.config and not any(name in found for name in task.upstream)
        if task.key.seed is not None and not same:
            found[task.key.id] = task
    return found


def _renamed(task: Task, alternative: str, changed: Mapping[str, Task]) -> Task:
    upstream = (_key(changed[name].key, alternative).id if name in changed else name for name in task.upstream)
    return replace(task, key=_key(task.key, alternative), upstream=tuple(upstream))


def _key(key: TaskKey, alternative: str) -> TaskKey:
    return TaskKey(experiment=key.experiment, variant=alternative_variant(key.variant, alternative), seed=key.seed)
