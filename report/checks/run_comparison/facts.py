"""``report compare``: every difference between two runs, as facts at full precision."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from report.checks.run_comparison.difference import Difference, adjusted, difference_of
from report.evidence.records import evidence_of, frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pydantic import JsonValue

    from report.evidence.records import Evidence
    from store.records import Stored

HISTORY = "history.parquet"
_INDEX = "epoch"


def compare_facts(roots: tuple[Path, Path], run_ids: tuple[str, str]) -> dict[str, JsonValue]:
    """Configuration, environment, code, tasks, metrics and curves of two runs, the second held against the first.

    Raises StudyError for a run that is not there, IntegrityError for a damaged record.
    """
    first, second = (evidence_of(root, run_id) for root, run_id in zip(roots, run_ids, strict=True))
    pairs = list(_common(first, second))
    identical = [a.record.task.id for a, b in pairs if a.record.result_digest == b.record.result_digest]
    same: list[JsonValue] = list(identical)
    return {
        "runs": [first.run.run_id, second.run.run_id],
        "config": _changes(_flat(first.run.config), _flat(second.run.config)),
        "environment": _changes(_environment(first), _environment(second)),
        "code": _changes(_code(first), _code(second)),
        "tasks": list(_tasks(first, second)),
        "identical": same,
        "metrics": [found.facts() for found in adjusted(list(_metrics(first, second)))],
        "curves": [curve for a, b in pairs for curve in _curves(a, b)],
    }


def _common(first: Evidence, second: Evidence) -> Iterator[tuple[Stored, Stored]]:
    """The successful records of the same task in both runs."""
    there = {stored.record.task.id: stored for stored in second.everything() if stored.record.status == "ok"}
    for stored in first.everything():
        if stored.record.status == "ok" and stored.record.task.id in there:
            yield stored, there[stored.record.task.id]


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[JsonValue]:
    return [
        {"name": name, "first": before.get(name), "second": after.get(name)}
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def _flat(tree: Mapping[str, JsonValue], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = str(value)
    return found


def _environment(evidence: Evidence) -> dict[str, str]:
    """Environment class, processor and commit of the run's tasks; several values of one key stand side by side."""
    found: dict[str, dict[str, None]] = {}
    for stored in evidence.everything():
        execution = stored.record.execution
        facts = {**stored.record.ingredients.environment, "commit": execution.git_commit or "none"}
        facts |= {f"machine.{name}": str(value) for name, value in execution.machine.items()}
        for name, value in facts.items():
            found.setdefault(name, {})[value] = None
    return {name: ", ".join(sorted(values)) for name, values in found.items()}


def _code(evidence: Evidence) -> dict[str, str]:
    """Module to the digest of its source."""
    return {name: value for stored in evidence.everything() for name, value in stored.record.ingredients.code.items()}


def _tasks(first: Evidence, second: Evidence) -> Iterator[JsonValue]:
    """The tasks that only one run has, or that ended otherwise."""
    before, after = ({stored.record.task.id: stored.record.status for stored in one.everything()} for one in (first, second))
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield {"task": name, "first": before.get(name), "second": after.get(name)}


def _metrics(first: Evidence, second: Evidence) -> Iterator[Difference]:
    for experiment, variant in first.cells:
        sides = [
            {stored.record.task.seed: stored.record.result.metrics for stored in one.complete(experiment, variant)}
            for one in (first, second)
        ]
        names = [{name for metrics in side.values() for name in metrics} for side in sides]
        for name in sorted(names[0] & names[1]):
            values = [{seed: float(metrics[name]) for seed, metrics in side.items() if name in metrics} for side in sides]
            yield difference_of((experiment, variant, name), values[0], values[1])


def _curves(before: Stored, after: Stored) -> Iterator[JsonValue]:
    """For each history column of the same task: where the curves part, how far, and how far apart they end."""
    if not all(HISTORY in {entry.name for entry in stored.record.files} for stored in (before, after)):
        return
    one, other = (frame(stored, HISTORY).set_index(_INDEX) for stored in (before, after))
    epochs = one.index.intersection(other.index)
    for column in one.columns.intersection(other.columns):
        a, b = one.loc[epochs, column].astype(float), other.loc[epochs, column].astype(float)
        apart = (a != b) & ~(a.isna() & b.isna())
        gaps = (b - a).abs()
        if apart.any():
            last = float(b.iloc[-1] - a.iloc[-1])
            yield {
                "task": before.record.task.id,
                "column": str(column),
                "first_epoch": int(epochs[apart.to_numpy().argmax()]),
                "largest": None if gaps.isna().all() else float(gaps.max()),
                "last": last if math.isfinite(last) else None,
                "epochs": len(epochs),
            }
