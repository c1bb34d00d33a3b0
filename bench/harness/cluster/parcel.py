"""A job on its way to a worker and a draft on its way back: plain data, checked where it arrives; no objects, no code.

Files do not travel with a job: it names them by digest, and the worker asks for those that it lacks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, JsonValue, TypeAdapter

from bench.harness.task import Needs, Task
from store.quarantine import Quarantined
from store.records import Draft
from store.schema import Execution, Ingredients, Name, Record, Result, Sha256, TaskKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.harness.worker import Job

Files = dict[Name, bytes]


class _Plain(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Study(_Plain):
    """Which study the tasks belong to and its whole configuration: what a worker needs to find data sets of its own."""

    name: str
    config: dict[str, JsonValue]


class Errand(_Plain):
    """A job as it travels. ``slot`` counts the worker's slots of the kind that ``device`` names, ``topic`` takes its events.

    ``checkpoints`` are what it goes on from, name and digest, where the worker has none of its own.
    """

    study: Study
    key: TaskKey
    module: str
    config: dict[str, JsonValue]
    inputs: tuple[str, ...]
    upstream: dict[str, Record]
    ingredients: Ingredients
    device: str
    threads: int
    capture: bool
    slot: int
    topic: str
    checkpoints: dict[str, Sha256]

    @property
    def fingerprint(self) -> str:
        """Of the task, as the plan has it."""
        return self.ingredients.fingerprint(self.key)

    def task(self) -> Task:
        """The task; its needs were the caller's to meet."""
        return Task(self.key, self.module, self.config, self.inputs, tuple(self.upstream), Needs())


class Found(_Plain):
    """What a task found: a result, and the names of its files whose content changes from run to run."""

    result: Result
    files: Files


class Parcel(_Plain):
    """A draft as it travels. Which task it belongs to, and what it was made from, is left to the one who asked for it."""

    found: Found
    execution: Execution
    volatile: Annotated[frozenset[str], "names of files"] = frozenset()
    quarantined: Found | None = None


def errand_of(job: Job, study: Study, slot: int, topic: str, checkpoints: dict[str, str]) -> dict[str, object]:
    """The job as plain data."""
    return Errand(
        study=study,
        key=job.task.key,
        module=job.task.module,
        config=dict(job.task.config),
        inputs=job.task.inputs,
        upstream={name: stored.record for name, stored in job.upstream.items()},
        ingredients=job.ingredients,
        device=job.device,
        threads=job.threads,
        capture=job.capture,
        slot=slot,
        topic=topic,
        checkpoints=checkpoints,
    ).model_dump(mode="json")


def parcel_of(draft: Draft) -> dict[str, object]:
    """The draft as plain data."""
    aside = draft.quarantined
    return Parcel(
        found=Found(result=draft.result, files=dict(draft.files)),
        execution=draft.execution,
        volatile=draft.volatile,
        quarantined=None if aside is None else Found(result=aside.result, files=dict(aside.files)),
    ).model_dump(mode="python")


def draft_of(parcel: Mapping[str, object], job: Job) -> Draft:
    """The draft of the job's record; raises ValueError where the parcel is none."""
    read = TypeAdapter(Parcel).validate_python(parcel)
    aside = None if read.quarantined is None else Quarantined(read.quarantined.result, read.quarantined.files)
    return Draft(job.task.key, job.ingredients, read.found.result, read.found.files, read.execution, read.volatile, aside)
