"""Picks the tasks of a run that are to be re-run: by pattern, and at random with a number that whoever verifies draws."""

from __future__ import annotations

import secrets
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from store.canonical import digest_bytes
from store.certificates import Selection
from store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from store.schema import Run, RunEntry

_FINISHED = {"ok", "diverged"}


def select(
    run: Run, patterns: Sequence[str], sample: int | None, trainings: Collection[str]
) -> tuple[tuple[RunEntry, ...], Selection]:
    """The entries whose id one of ``patterns`` matches (all without one), and of those ``sample`` that have a result.

    What is drawn follows from a number that is drawn here, anew each time: whoever made the run could otherwise try dates
    until the sample suits them. One of the ``trainings`` is in it, where there is any. Raises UsageError for a pattern that
    matches none.
    """
    for pattern in patterns:
        if not any(fnmatchcase(entry.task.id, pattern) for entry in run.entries):
            cure = f"list the tasks: python -m bench status --run {run.run_id}"
            raise UsageError(f"no task of run {run.run_id} matches {pattern!r}", where="--task", cure=cure)
    chosen = [entry for entry in run.entries if not patterns or any(fnmatchcase(entry.task.id, one) for one in patterns)]
    counts = {"tasks_in_run": len(run.entries), "trainings_in_run": len(trainings)}
    if sample is None:
        return tuple(chosen), Selection(patterns=tuple(patterns), **counts)
    seed = secrets.token_hex(16)
    ranked = sorted((entry for entry in chosen if entry.status in _FINISHED), key=lambda entry: _rank(seed, entry))
    first = [entry for entry in ranked if entry.task.id in trainings][:1]
    drawn = [*first, *(entry for entry in ranked if entry not in first)][:sample]
    kept = tuple(entry for entry in chosen if entry in drawn)
    selection = Selection(patterns=tuple(patterns), sample=sample, sample_seed=seed, **counts)
    return kept, selection


def _rank(seed: str, entry: RunEntry) -> str:
    """A number that looks random and that any program can compute: SHA-256 of seed and task."""
    return digest_bytes(f"{seed}/{entry.task.id}".encode())
