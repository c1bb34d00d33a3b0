"""Facts of the run: which one it is, what it was made with, what it left out."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from report.printing import cells
from store.costs import costs_of
from store.runs import is_merged, without_options
from store.withheld import absent_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from report.evidence.subject import Subject
    from store.records import Stored

_COMMIT = 7  # digits of a commit that are shown
_REASONS = 6  # why tasks have no result: the first ones are told at the front, all of them beside the tasks
_PARTS = "--parts"


def summary(subject: Subject) -> dict[str, object]:
    """Run, profile, day, seeds, device, computing time and commit, and how many of its tasks have a result."""
    run, everything = subject.evidence.run, subject.evidence.everything()
    return {
        "run": run.run_id,
        "profile": run.profile,
        "day": subject.strings.day(run.created_at),
        "seeds": seeds(subject),
        "device": _each(_device(stored) for stored in everything),
        "duration": subject.numbers.duration(costs_of(everything).duration_s),
        "commit": _each(str(stored.record.execution.git_commit or "")[:_COMMIT] for stored in everything),
        "command": shlex.join(run.command),
        "complete": sum(stored.record.status == "ok" for stored in everything),
        "total": len(everything),
        "count": sum(stored.record.status != "ok" for stored in everything),
    }


def left_out(subject: Subject) -> dict[str, object]:
    """What the run has not: ``parts`` that it was not asked for, ``reasons`` of tasks without a result, and what computes it.

    ``cure`` names the sentence about the run's own ``command``, which computes nothing where it merged other runs;
    ``shown`` is False where nothing is left out.
    """
    vocabulary, cells_there, run = subject.study.vocabulary, subject.evidence.cells, subject.evidence.run
    absent = [part for part in vocabulary.parts if not vocabulary.has_part(cells_there, part)]
    notes = cells.task_notes(subject, _causes(subject))
    more = len(notes) - _REASONS
    if more > 0:
        notes = (*notes[:_REASONS], subject.strings("left_out.more", count=more))
    return {
        "shown": bool(absent or notes),
        "parts": ", ".join(subject.strings(f"parts.{part}") for part in absent),
        "reasons": notes,
        "cure": "left_out.merged" if is_merged(run) else "left_out.command",
        "command": shlex.join(without_options(run.command, [_PARTS])),
    }


def _causes(subject: Subject) -> list[Stored]:
    """The tasks without a result that no other such task is to blame for."""
    without = {stored.record.task.id: stored for stored in subject.evidence.everything() if stored.record.status != "ok"}
    return [stored for stored in without.values() if not without.keys() & stored.record.ingredients.upstream.keys()]


def _device(stored: Stored) -> str:
    """The graphics card or processor that computed the record, and the kind of device where it is not told by that."""
    machine, kind = stored.record.execution.machine, stored.record.ingredients.environment.get("device", "").partition(":")[0]
    name = machine.get("gpu") or machine.get("processor") or machine.get("cpu")
    return f"{name} ({kind})" if name and kind else str(name or kind)


def _each(values: Iterable[str]) -> str:
    """Every value once, in the order of the tasks."""
    return ", ".join(value for value in dict.fromkeys(values) if value)


def seeds_of(subject: Subject) -> list[int]:
    """The seeds of the run's tasks, each once."""
    return sorted({entry.task.seed for entry in subject.evidence.run.entries if entry.task.seed is not None})


def seeds(subject: Subject) -> str:
    """How many seeds, and which."""
    found = seeds_of(subject)
    listed = ", ".join(str(seed) for seed in found)
    if len(found) == 1:
        return subject.strings("summary.seeds_one", seeds=listed)
    return subject.strings("summary.seeds_many", count=len(found), seeds=listed)


def provenance(subject: Subject) -> dict[str, object]:
    """What the appendix says of the run's manifest."""
    run = subject.evidence.run
    withheld = [name for stored in subject.evidence.everything() for name in absent_of(stored)]
    return {
        "run": run.run_id,
        "command": shlex.join(run.command),
        "created": run.created_at,
        "digest": run.digest[:16],
        "withheld": len(withheld),
        "names": sorted({*withheld}),
    }
