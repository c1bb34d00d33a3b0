"""A run of a few records in memory: what the report asks of evidence, without a store behind it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from report.evidence.records import Evidence
from store.records import Stored
from store.schema import Execution, Ingredients, Record, Result, Run, TaskKey

if TYPE_CHECKING:
    from pydantic import JsonValue

    from store.schema import Status

ZERO = "0" * 64


def stored(
    variant: str, seed: int | None, value: float | None = None, *, status: Status = "ok", undefined: tuple[str, ...] = ()
) -> Stored:
    """A record of the experiment ``fit`` with the metric ``score``, or none of it."""
    metrics: dict[str, float | int] = {} if value is None else {"score": value}
    facts: dict[str, JsonValue] = {"undefined_metrics": list(undefined)} if undefined else {}
    record = Record(
        task=TaskKey(experiment="fit", variant=variant, seed=seed),
        fingerprint="ab" * 32,
        ingredients=Ingredients(config={}, code={}, inputs={}, upstream={}, environment={}),
        result=Result(status=status, metrics=metrics, facts=facts),
        files=(),
        result_digest=ZERO,
        execution=Execution(
            started_at="", duration_s=0, peak_memory_bytes=0, machine={}, packages={}, git_commit=None, git_dirty=None
        ),
        digest=ZERO,
    )
    return Stored(record, Path())


def evidence(*records: Stored, config: dict[str, JsonValue] | None = None) -> Evidence:
    """The records as a run has them."""
    run = Run(run_id="r", profile="quick", config=config or {}, entries=(), command=(), created_at="", digest=ZERO)
    cells: dict[tuple[str, str], tuple[Stored, ...]] = {}
    for one in records:
        cell = one.record.task.experiment, one.record.task.variant
        cells[cell] = (*cells.get(cell, ()), one)
    return Evidence(run, cells)
