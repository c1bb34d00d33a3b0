"""The tasks of ``--question sensitivity`` and ``inference``: a study once more for other values of what its source leaves open.

Only tasks that a change reaches are run again, under a name that says what was changed; they stand beside the tasks of the
same seeds with the configuration's own values.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bench.harness.profile import with_override
from store.alternatives import alternative_variant, changes_of, key_and_value
from store.errors import UsageError
from store.schema import TaskKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bench.harness.settings import InferenceConfig, SensitivityConfig, StudySettings
    from bench.harness.task import Task

_LONGEST_VARIANT = 80  # as the schema of records has it


def tasks_of(config: StudySettings, question: str, plan: Callable[[StudySettings], Sequence[Task]]) -> Iterator[Task]:
    """The tasks with the configuration's own values on the study's first seeds, then those that each alternative changes.

    ``question`` names the section of the configuration with the alternatives; ``plan`` lays out the tasks of a
    configuration, upstream before downstream. Raises UsageError for an alternative that is no setting, has a bad value or
    two of one setting, or changes nothing.
    """
    section: InferenceConfig | SensitivityConfig = getattr(config, question)
    where = f"{question}.alternatives"
    short = config.model_copy(update={"seeds": config.seeds[: section.seeds]})
    own = {task.key.id: task for task in plan(short)}
    yield from own.values()
    for alternative in section.alternatives:
        changed = _changed(own, plan(_with_changes(short, alternative, where)))
        if not changed:
            cure = "name a setting that the tasks read and a value that is not the configuration's"
            raise UsageError(f"the alternative {alternative!r} changes no task", where=where, cure=cure)
        _check_names(changed, alternative, where)
        yield from (_renamed(task, alternative, changed) for task in changed.values())


def _with_changes(config: StudySettings, alternative: str, where: str) -> StudySettings:
    changes = changes_of(alternative)
    keys = [key_and_value(change)[0] for change in changes]
    if twins := sorted({key for key in keys if keys.count(key) > 1}):
        message = f"the alternative {alternative!r} gives {twins[0]} two values"
        raise UsageError(message, where=where, cure="give each value an alternative of its own")
    for change in changes:
        config = with_override(config, change, where)
    return config


def _check_names(changed: Mapping[str, Task], alternative: str, where: str) -> None:
    if max(len(alternative_variant(task.key.variant, alternative)) for task in changed.values()) > _LONGEST_VARIANT:
        message = f"the alternative {alternative!r} makes names of more than {_LONGEST_VARIANT} characters"
        raise UsageError(message, where=where, cure="change fewer settings together")


def _changed(own: Mapping[str, Task], tasks: Sequence[Task]) -> dict[str, Task]:
    """The replicated tasks whose own settings differ, or those of a task that they read.

    What the configuration's own values do not run at all, such as another seed, has nothing to stand beside.
    """
    found: dict[str, Task] = {}
    for task in tasks:
        before = own.get(task.key.id)
        same = before is None or (before.config == task.config and not any(name in found for name in task.upstream))
        if task.key.seed is not None and not same:
            found[task.key.id] = task
    return found


def _renamed(task: Task, alternative: str, changed: Mapping[str, Task]) -> Task:
    upstream = (_key(changed[name].key, alternative).id if name in changed else name for name in task.upstream)
    return replace(task, key=_key(task.key, alternative), upstream=tuple(upstream))


def _key(key: TaskKey, alternative: str) -> TaskKey:
    return TaskKey(experiment=key.experiment, variant=alternative_variant(key.variant, alternative), seed=key.seed)
