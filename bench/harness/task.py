"""The shapes that experiments, planner and executor share: a task, its context, its outcome. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pydantic import JsonValue

    from store.records import Stored
    from store.schema import Status, TaskKey


@dataclass(frozen=True, slots=True)
class Needs:
    """What a task asks of the place where it runs; part of the plan, not of the fingerprint.

    ``gpu`` is false where it would leave a GPU idle: then it runs on the CPU also in a run that uses GPUs. ``memory_mb`` is
    about what it takes at most; slots of one machine are filled only as far as its memory goes.
    """

    gpu: bool = True
    memory_mb: int = 1024


ON_CPU = Needs(gpu=False)


@dataclass(frozen=True, slots=True)
class Task:
    """One cell of the study before it runs.

    ``config`` holds only the sections that the task uses, so that a change elsewhere does not re-run it. ``inputs``
    names data sets, ``upstream`` the ids of tasks whose records it reads, ``module`` the dotted name of its experiment.
    """

    key: TaskKey
    module: str
    config: Mapping[str, JsonValue]
    inputs: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    needs: Needs = Needs()


class Progress(Protocol):
    """Tells the caller how far a task is: ``step`` of ``total``, with the newest numbers to show."""

    def __call__(self, step: int, total: int, **values: float) -> None:
        """Report that ``step`` of ``total`` is done."""


@dataclass(frozen=True, slots=True)
class Context:
    """All that a task may look at: nothing else influences its numbers.

    ``data`` maps data-set name to the folder that holds its files, ``upstream`` task id to its stored record,
    ``scratch`` is a private folder for checkpoints that survives a kill and is deleted once the record stands. ``capture``
    lets a CUDA device replay recorded steps, which changes no bit.
    """

    task: Task
    device: str
    threads: int
    data: Mapping[str, Path]
    upstream: Mapping[str, Stored]
    scratch: Path
    progress: Progress
    capture: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a task found: numbers, facts and files (name to bytes); ``timing`` is kept but is no part of the result.

    ``notes`` are sentences that the user should hear at the end of the run, such as what was left out; they become the fact
    ``notes`` of the record.
    """

    metrics: Mapping[str, float | int]
    facts: Mapping[str, JsonValue] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    timing: Mapping[str, JsonValue] = field(default_factory=dict)
    status: Status = "ok"
    reason: str = ""
    notes: Sequence[str] = ()
