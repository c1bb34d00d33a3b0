"""Lays out the tasks of a study and says for each whether it must run, and why."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Literal

from bench.harness import alternatives
from bench.harness.closure import closure_of
from bench.harness.environment import environment_class
from bench.harness.explanation import changes_since
from bench.harness.settings import INFERENCE, SENSITIVITY
from bench.harness.studies import load_study, questions_of
from store.doors import is_file
from store.errors import IntegrityError, UsageError
from store.records import MANIFEST, Stored, check_files, folder_of
from store.runs import earlier_records, load_planned
from store.schema import Ingredients
from store.withheld import withheld_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from bench.datasets.catalogue import Dataset
    from bench.harness.closure import Closure
    from bench.harness.explanation import Change
    from bench.harness.settings import StudySettings
    from bench.harness.studies import Experiment
    from bench.harness.task import Task

Action = Literal["run", "reuse"]
_MOST_TASKS = 50_000  # eight keys and elements each: a manifest that lists more than 500,000 is not read again


@dataclass(frozen=True, slots=True)
class Planned:
    """A task with its fingerprint and the decision: ``reason`` is new, reused, or the ingredients that changed.

    ``changes`` are these in detail, against the nearest earlier record of the task; empty where there is none.
    """

    task: Task
    ingredients: Ingredients
    fingerprint: str
    action: Action
    reason: str
    stored: Stored | None = None
    changes: tuple[Change, ...] = ()

    @property
    def id(self) -> str:
        """``experiment/variant/seed-N``."""
        return self.task.key.id

    @property
    def on_gpu(self) -> bool:
        """Whether the plan puts the task on a GPU."""
        return self.ingredients.environment.get("device", "cpu") != "cpu"


def tasks_of(config: StudySettings) -> tuple[Task, ...]:
    """Every task of the parts and questions that are asked for, each once, upstream before downstream.

    Raises ValueError where an upstream task is missing, UsageError where two tasks of one name differ, or there are too many.
    """
    modules = [module for module in load_study(config.study).experiments() if module.PART in config.parts]
    trials = [question for question in (SENSITIVITY, INFERENCE) if question in config.questions]
    direct = {*config.questions} - {*trials}
    found = [task for module in modules if direct & {*questions_of(module)} for task in module.plan(config)]
    _hold_number(len(found))
    for question in trials:
        touched = [module for module in modules if question in questions_of(module)]
        found += alternatives.tasks_of(config, question, partial(_laid_out, touched))
    _hold_number(len(found))
    return _in_order(found)


def _hold_number(tasks: int) -> None:
    """Raise UsageError for more tasks than the manifest of a run can list."""
    if tasks > _MOST_TASKS:
        message = f"these are {tasks} tasks, where one run holds at most {_MOST_TASKS}"
        cure = "ask for fewer seeds or alternatives: --seeds, --set sensitivity.alternatives=[...]"
        raise UsageError(message, where="the seeds and the alternatives of the questions", cure=cure)


def _laid_out(modules: Sequence[Experiment], config: StudySettings) -> tuple[Task, ...]:
    return _in_order([task for module in modules for task in module.plan(config)])


def plan(config: StudySettings, datasets: Mapping[str, Dataset], root: Path) -> tuple[Planned, ...]:
    """Decide for each task, in running order, whether its record under ``root`` can be reused."""
    planned: dict[str, Planned] = {}
    tasks = tasks_of(config)
    closures = {module: closure_of(module) for module in {task.module for task in tasks}}
    environment_of = cache(partial(_environment, closures, config))
    with _uncollected():
        for task in tasks:
            ingredients = Ingredients(
                config=dict(task.config),
                code=closures[task.module].code,
                inputs={name: datasets[name].digest for name in task.inputs},
                upstream={name: planned[name].fingerprint for name in task.upstream},
                environment=environment_of(task.module, gpu=task.needs.gpu),
            )
            planned[task.key.id] = _decide(task, ingredients, planned, root)
    return tuple(planned.values())


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no cycles meanwhile: all that is planned is kept, and it would take a fifteenth of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def inputs_of(tasks: Iterable[Task]) -> tuple[str, ...]:
    """Names of the data sets that the tasks read, each once."""
    return tuple(dict.fromkeys(name for task in tasks for name in task.inputs))


def _in_order(tasks: list[Task]) -> tuple[Task, ...]:
    waiting: dict[str, Task] = {}
    for task in tasks:
        if waiting.setdefault(task.key.id, task).config != task.config:
            message = f"two alternatives make tasks of one name with other settings: {task.key.id}"
            cure = "write one of the values otherwise, such as 10.0 in place of 1e+1"
            raise UsageError(message, where="the alternatives of the questions", cure=cure)
    ordered: dict[str, Task] = {}
    while waiting:
        ready = [task for task in waiting.values() if all(name in ordered for name in task.upstream)]
        if not ready:
            raise ValueError(f"tasks wait for each other or for a missing one: {sorted(waiting)}")
        for task in ready:
            ordered[task.key.id] = waiting.pop(task.key.id)
    return tuple(ordered.values())


def _environment(closures: Mapping[str, Closure], config: StudySettings, module: str, *, gpu: bool) -> dict[str, str]:
    execution = config.execution
    return environment_class(execution.device if gpu else "cpu", execution.threads, closures[module].libraries)


def _decide(task: Task, ingredients: Ingredients, planned: Mapping[str, Planned], root: Path) -> Planned:
    fingerprint = ingredients.fingerprint(task.key)
    folder = folder_of(root, task.key, fingerprint)
    if not is_file(folder / MANIFEST):
        return _new(task, ingredients, fingerprint, root)
    try:
        stored = load_planned(folder, task.key, ingredients, fingerprint)
        check_files(stored)
    except IntegrityError as error:
        return Planned(task, ingredients, fingerprint, "run", f"record damaged: {error.what}")
    unfit = _unfit(stored)
    if unfit:
        return Planned(task, ingredients, fingerprint, "run", unfit)
    for name in task.upstream:
        upstream = planned[name].stored
        if upstream is None:
            return Planned(task, ingredients, fingerprint, "run", f"upstream runs again: {name}")
        if upstream.record.result_digest != stored.record.result.upstream_results.get(name):
            return Planned(task, ingredients, fingerprint, "run", f"upstream result is not the one it was made from: {name}")
    return Planned(task, ingredients, fingerprint, "reuse", "reused", stored)


def _unfit(stored: Stored) -> str:
    """Why a sound record is made anew all the same: it has no result, or lacks files; empty where it is not."""
    lacking = withheld_of(stored.folder)
    if lacking:
        return f"files were left out of the record: {', '.join(sorted(lacking))}"
    failed = stored.record.status in {"failed", "skipped"}
    return f"{stored.record.status} before: {stored.record.result.reason}" if failed else ""


def _new(task: Task, ingredients: Ingredients, fingerprint: str, root: Path) -> Planned:
    """Compare with the nearest earlier record of the same task: the one with the fewest differences."""
    found = [changes_since(earlier, ingredients) for earlier in earlier_records(root, task.key)]
    if not found:
        return Planned(task, ingredients, fingerprint, "run", "new")
    nearest = min(found, key=len)
    return Planned(task, ingredients, fingerprint, "run", "; ".join(change.short for change in nearest), changes=nearest)
