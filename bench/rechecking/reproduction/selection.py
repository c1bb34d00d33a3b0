"""Picks the tasks of a run that are to be re-run: by pattern, and at random with a seed that the run itself gives."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from store.canonical import digest_bytes
from store.certificates import Selection
from store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store.schema import Run, RunEntry

_FINISHED = {"ok", "diverged"}


def select(run: Run, patterns: Sequence[str], sample: int | None) -> tuple[tuple[RunEntry, ...], Selection]:
    """The entries whose id one of ``patterns`` matches (all without one), and of those ``sample`` that have a result.

    The same run and the same arguments give the same tasks. Raises UsageError for a pattern that matches none.
    """
    for pattern in patterns:
        if not any(fnmatchcase(entry.task.id, pattern) for entry in run.entries):
            cure = f"list the tasks: python -m bench status --run {run.run_id}"
            raise UsageError(f"no task of run {run.run_id} matches {pattern!r}", where="--task", cure=cure)
    chosen = [entry for entry in run.entries if not patterns or any(fnmatchcase(entry.task.id, one) for one in patterns)]
    if sample is None:
        return tuple(chosen), Selection(patterns=tuple(patterns), tasks_in_run=len(run.entries))
    seed = run.digest[:16]
    drawn = sorted((entry for entry in chosen if entry.status in _FINISHED), key=lambda entry: _rank(seed, entry))[:sample]
    kept = tuple(entry for entry in chosen if entry in drawn)
    selection = Selection(patterns=tuple(patterns), sample=sample, sample_seed=seed, tasks_in_run=len(run.entries))
    return kept, selection


def _rank(seed: str, entry: RunEntry) -> str:
    """A number that looks random and that any program can compute: SHA-256 of seed and task."""
    return digest_bytes(f"{seed}/{entry.task.id}".encode())
