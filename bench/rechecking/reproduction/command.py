"""Re-runs tasks of a stored run and certifies, task by task, whether they gave the same result."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

from bench.harness import invocation as study
from bench.harness import planner
from bench.harness.environment import git_state, machine_facts
from bench.harness.site import site_of
from bench.harness.stored_config import config_of
from bench.rechecking.reproduction.cases import cases_of, prepared, verdict_on
from bench.rechecking.reproduction.clean_store import clean_store
from bench.rechecking.reproduction.comparison import TOLERANCE, is_training
from bench.rechecking.reproduction.selection import select
from store.certificates import Side, outcome_of, write_certificate
from store.chain import read_chain
from store.runs import load_entry, load_run
from store.terminal import tell

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import JsonValue

    from bench.harness.executor import Site
    from bench.harness.planner import Planned
    from bench.harness.settings import StudySettings
    from bench.rechecking.reproduction.cases import Case
    from store.certificates import Certificate, Selection, TaskVerdict
    from store.records import Stored
    from store.schema import Record, Run

SCOPE = (
    "Equal bits are expected only where the environment class is the same: device kind, threads, system, and the versions of"
    " Python and of the libraries that a task imports. Even then another processor may round differently. Across devices and"
    " versions no equal bits are promised: there the metrics are compared, within the tolerance that this certificate states."
    " That makes them consistent and not the same; every file that differs is named."
)


def reproduce(options: argparse.Namespace, stream: TextIO) -> Certificate:
    """Re-run the selected tasks in a clean store, compare, and write the certificate beside the run's manifest.

    Upstream records of tasks that are selected are made anew, the others are taken as they are stored. Raises UsageError
    for a selection without tasks, IntegrityError where a stored record or the run is damaged, StudyError without a run.
    """
    run = load_run(options.artifacts, options.run)
    records = {entry.task.id: load_entry(options.artifacts, entry) for entry in run.entries}
    trainings = {name for name, stored in records.items() if is_training(stored.record)}
    entries, selection = select(run, options.patterns, options.sample, trainings)
    for entry in entries:
        read_chain(records[entry.task.id])  # one that is not sound is better found before hours of work
    config = config_of(run, options.device)
    found = study.located(config, planner.tasks_of(config), options)
    with clean_store(options.artifacts) as root:
        planned = planner.plan(config, found, root)
        cases = cases_of({entry.task.id: records[entry.task.id] for entry in entries}, planned, found)
        wanted = {case.id for case in cases if case.obstacle is None}
        tell(stream, f"run {run.run_id}: {len(wanted)} of its {len(run.entries)} tasks to run again")
        items = prepared(planned, wanted, records, root)
        again = _run(items, site_of(config, found, root, options), stream) if wanted else {}
        verdicts = tuple(verdict_on(case, again, wanted) for case in cases)
    return write_certificate(options.artifacts, _fields(run, selection, (cases, verdicts), config))


def _run(items: Sequence[Planned], site: Site, stream: TextIO) -> dict[str, Stored]:
    from bench.harness.display import show  # noqa: PLC0415 - with nothing to run, neither is needed
    from bench.harness.executor import run_all  # noqa: PLC0415

    count = sum(item.action == "run" for item in items)
    with show(count, site.root / "events.jsonl", stream) as listener:
        return run_all(items, site, listener)


def _fields(
    run: Run, selection: Selection, judged: tuple[tuple[Case, ...], tuple[TaskVerdict, ...]], config: StudySettings
) -> dict[str, JsonValue]:
    cases, verdicts = judged
    return {
        "run_id": run.run_id,
        "run_digest": run.digest,
        "scope": SCOPE,
        "selection": selection.model_dump(mode="json"),
        "tolerance": TOLERANCE.model_dump(mode="json"),
        "stored": _side_of_records([case.stored.record for case in cases]).model_dump(mode="json"),
        "again": _side_of_now([case.planned for case in cases if case.planned], config).model_dump(mode="json"),
        "tasks": [verdict.model_dump(mode="json") for verdict in verdicts],
        "outcome": outcome_of(verdicts, selection),
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _side_of_records(records: Sequence[Record]) -> Side:
    machines: list[dict[str, JsonValue]] = []
    for record in records:
        if record.execution.machine not in machines:
            machines.append(record.execution.machine)
    git = dict.fromkeys(_commit(record.execution.git_commit, record.execution.git_dirty) for record in records)
    return Side(environment=_merged(r.ingredients.environment for r in records), machines=tuple(machines), git=tuple(git))


def _side_of_now(planned: Sequence[Planned], config: StudySettings) -> Side:
    return Side(
        environment=_merged(item.ingredients.environment for item in planned),
        machines=(machine_facts(config.execution.device),),
        git=(_commit(*git_state()),),
    )


def _merged(environments: Iterable[Mapping[str, str]]) -> dict[str, tuple[str, ...]]:
    """Every value that a key has, each once."""
    found: dict[str, dict[str, None]] = {}
    for environment in environments:
        for key, value in environment.items():
            found.setdefault(key, {})[value] = None
    return {key: tuple(values) for key, values in sorted(found.items())}


def _commit(commit: str | None, dirty: bool | None) -> str:  # noqa: FBT001 - a pair as git_state gives it
    if commit is None:
        return "no git checkout"
    return f"{commit} with changes" if dirty else commit
