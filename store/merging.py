"""Merges runs of one study that were made apart, on several machines or part by part, into one run of the same store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from store.audit import AuditedRecord, audit_record
from store.errors import IntegrityError, UsageError
from store.links import audit_links
from store.records import folder_of
from store.runs import MERGE, load_run, point_latest, run_id_of, run_path, save_run
from store.schema import Run, RunEntry, sealed_run
from store.settling import FINISHED
from store.uniting import SHOWN, united

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from pydantic import JsonValue

    from store.schema import Ingredients, Record

    Config = Mapping[str, JsonValue]

_INGREDIENTS = ("config", "code", "inputs", "upstream", "environment")


@dataclass(frozen=True, slots=True)
class Merged:
    """The run that came out, whether it is new, and a line for each choice between records of one task.

    ``left_out`` are tasks that the merged configuration does not ask for, such as trials on the first seeds of each run.
    """

    run: Run
    written: bool
    choices: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Option:
    """A record that a run has of a task."""

    run_id: str
    audited: AuditedRecord
    record: Record


def merge_runs(root: Path, run_ids: Sequence[str], asked: Callable[[Config], Collection[str]]) -> Merged:
    """Write one run with the tasks of the named ones, and make it the latest; only for the one process that writes there.

    Seeds, parts, questions and the questions' alternatives are united, all else of the configuration must be equal;
    ``asked`` says which tasks it asks for, and all of them must be there, but for kinds that no run has. Of a task that
    several runs have, a finished record goes before a failed or skipped one. Records of one task that differ in the
    environment alone are chosen from the first run that has one, for tasks without a seed. Raises UsageError where the runs
    do not belong together, IntegrityError where a record is damaged or nothing fits what was made from it, StudyError for
    an unknown run.
    """
    names = tuple(dict.fromkeys(run_ids))
    runs = [load_run(root, name) for name in names]
    if len(runs) < 2:  # noqa: PLR2004 - one run is merged already
        raise UsageError("a merge takes two runs or more", where=", ".join(names), cure="name them: bench merge RUN_A RUN_B")
    config = united(runs)
    choices: list[str] = []
    options = _options(root, runs)
    left_out = _surplus(asked(config), options)
    chosen = _choose({name: found for name, found in options.items() if name not in left_out}, choices)
    records = {name: option.record for name, option in chosen.items()}
    _check_alike(records)
    _check_one_source(records)
    fields: dict[str, JsonValue] = {
        "run_id": run_id_of(runs[0].profile, (record.fingerprint for record in records.values())),
        "study": runs[0].study,
        "profile": runs[0].profile,
        "config": config,
        "entries": [_entry(record).model_dump(mode="json") for record in records.values()],
        "command": [*MERGE, *names],
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    run = sealed_run(fields)
    for problem in audit_links(run, {name: option.audited for name, option in chosen.items()}):
        raise IntegrityError(problem.what, where=problem.where, cure=problem.cure)
    return Merged(*_written(root, run), tuple(choices), left_out)


def _written(root: Path, run: Run) -> tuple[Run, bool]:
    """The run, and whether it was written: not where it is there with the same records, so that a merge can be repeated."""
    try:
        there = load_run(root, run.run_id) if run_path(root, run.run_id).is_file() else None
    except IntegrityError:  # all that an altered manifest should say is known here
        there = None
    same = there is not None and _by_task(there) == _by_task(run) and there.config == run.config
    if not same:
        save_run(root, run)
    point_latest(root, run.run_id)
    return (there, False) if there is not None and same else (run, True)


def _by_task(run: Run) -> dict[str, RunEntry]:
    return {entry.task.id: entry for entry in run.entries}


def _entry(record: Record) -> RunEntry:
    return RunEntry(task=record.task, fingerprint=record.fingerprint, status=record.status, record_digest=record.digest)


def _options(root: Path, runs: Sequence[Run]) -> dict[str, list[_Option]]:
    """The different records of each task, in the order of the runs; raises IntegrityError for a damaged one.

    A run may name a failed record that a finished one has replaced since: then another run names what stands there now.
    """
    named = {(entry.fingerprint, entry.record_digest) for run in runs for entry in run.entries}
    audits: dict[Path, AuditedRecord] = {}
    found: dict[str, list[_Option]] = {}
    for run in runs:
        for entry in run.entries:
            folder = folder_of(root, entry.task, entry.fingerprint)
            if folder in audits:
                continue
            audits[folder] = audited = audit_record(root, folder)
            for problem in audited.problems:
                raise IntegrityError(problem.what, where=problem.where, cure=problem.cure)
            record = audited.stored.record if audited.stored is not None else None
            if record is None or (record.fingerprint, record.digest) not in named:
                message = f"the record of {entry.task.id} is not the one that run {run.run_id} names"
                raise IntegrityError(message, where=str(folder), cure="bring the run up to date: nox -s bench")
            found.setdefault(entry.task.id, []).append(_Option(run.run_id, audited, record))
    return found


def _choose(options: Mapping[str, list[_Option]], choices: list[str]) -> dict[str, _Option]:
    """One record a task, upstream before downstream; says in ``choices`` where there was more than one."""
    waiting = dict(options)
    chosen: dict[str, _Option] = {}
    while waiting:
        ready = [
            name
            for name, found in waiting.items()
            if not any(waiting.keys() & each.record.ingredients.upstream for each in found)
        ]
        if not ready:
            raise IntegrityError(f"records were made from each other: {sorted(waiting)}", cure="run again: nox -s bench")
        for name in ready:
            found = waiting.pop(name)
            chosen[name] = _best(found, chosen)
            choices += [_choice(chosen[name], other) for other in found if other is not chosen[name]]
    return chosen


def _best(found: list[_Option], chosen: Mapping[str, _Option]) -> _Option:
    """The first finished record that fits what was chosen upstream; raises where there is none, or two that contradict."""
    fitting = [option for option in found if _fits(option.record, chosen)]
    if not fitting:
        first = found[0]
        message = f"no record of {first.record.task.id} was made from the records that the merged run has upstream"
        cure = "run the study on one machine, where all that it reads is made anew, or leave a run out"
        raise IntegrityError(message, where=str(first.audited.folder), cure=cure)
    finished = [option for option in fitting if option.record.status in FINISHED]
    for other in finished[1:]:
        _check_contradiction(finished[0], other)
    return (finished or fitting)[0]


def _fits(record: Record, chosen: Mapping[str, _Option]) -> bool:
    named, results = record.ingredients.upstream, record.result.upstream_results
    return all(
        chosen[name].record.fingerprint == named[name] and chosen[name].record.result_digest == results.get(name)
        for name in named
        if name in chosen
    )


def _check_contradiction(first: _Option, other: _Option) -> None:
    """Two finished records may stand for each other if they agree, or if they have no seed and differ in their place alone."""
    differing = _differing(first.record.ingredients, other.record.ingredients)
    same = first.record.result_digest == other.record.result_digest
    if same or (differing == ["environment"] and first.record.task.seed is None):
        return
    task = first.record.task.id
    prints = f"{first.record.short_id} of {first.run_id}, {other.record.short_id} of {other.run_id}"
    message = f"two finished records of {task} with different results, made from different {', '.join(differing)}: {prints}"
    cure = "merge runs that share no seed of it, or leave one of them out; report compare shows how they differ"
    raise UsageError(message, where=str(other.audited.folder), cure=cure)


def _differing(one: Ingredients, other: Ingredients) -> list[str]:
    return [name for name in _INGREDIENTS if getattr(one, name) != getattr(other, name)]


def _choice(taken: _Option, left: _Option) -> str:
    """Which record of a task was taken, which was left, and in what they differ."""
    status = "" if taken.record.status == left.record.status else f" ({taken.record.status}, not {left.record.status})"
    equal = ", equal results" if taken.record.result_digest == left.record.result_digest else ""
    differing = ", ".join(_differing(taken.record.ingredients, left.record.ingredients))
    words = f"record {taken.record.short_id} of {taken.run_id}{status}, not {left.record.short_id} of {left.run_id}"
    return f"{taken.record.task.id}: {words}: they differ in {differing}{equal}"


def _surplus(asked: Collection[str], there: Collection[str]) -> tuple[str, ...]:
    """The tasks that are there and not asked for; raises UsageError where one that is asked for is not there.

    What only one side has at all counts for neither: the program that made the runs may not have known it.
    """
    shared = {name.partition("/")[0] for name in asked} & {name.partition("/")[0] for name in there}
    lacking = sorted(name for name in asked if name not in there and name.partition("/")[0] in shared)
    if lacking:
        more = f" and {len(lacking) - SHOWN} more" if len(lacking) > SHOWN else ""
        message = f"the runs do not fill one study: none has {', '.join(lacking[:SHOWN])}{more}"
        cure = (
            "compute these first (python -m bench run --seeds ... --parts ...), or merge runs that have all parts for all seeds"
        )
        raise UsageError(message, where=f"{len(lacking)} tasks of the merged configuration", cure=cure)
    return tuple(name for name in there if name not in asked and name.partition("/")[0] in shared)


def _check_alike(records: Mapping[str, Record]) -> None:
    """A mean over seeds needs one computation: the finished seeds of a task share configuration, code and data."""
    first: dict[tuple[str, str], Record] = {}
    for record in records.values():
        if record.status in FINISHED:
            known = first.setdefault((record.task.experiment, record.task.variant), record)
            differing = [
                part for part in _differing(known.ingredients, record.ingredients) if part in {"config", "code", "inputs"}
            ]
            if differing:
                message = f"{known.task.id} and {record.task.id} were made from different {' and '.join(differing)}"
                where = f"records {known.short_id} and {record.short_id}"
                cure = "make all seeds with one version of the program on the same data: python -m bench run"
                raise UsageError(message, where=where, cure=cure)


def _check_one_source(records: Mapping[str, Record]) -> None:
    """One run has one source and one content of each data set, as one plan would have found them; raises UsageError."""
    first: dict[tuple[str, str], Record] = {}
    for record in records.values():
        ingredients = record.ingredients
        for kind, digests in (("module", ingredients.code), ("data set", ingredients.inputs)):
            for name in digests:
                known = first.setdefault((kind, name), record)
                other = known.ingredients.code if kind == "module" else known.ingredients.inputs
                if digests[name] != other[name]:
                    message = f"{known.task.id} and {record.task.id} were made with different contents of {kind} {name}"
                    cure = "make both runs with one version of the program on the same data: python -m bench run"
                    raise UsageError(message, where=f"records {known.short_id} and {record.short_id}", cure=cure)
