"""One invocation of the harness: resolve, locate data, plan, run, write the run manifest, say what happened."""

from __future__ import annotations

import os
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

from bench.datasets.catalogue import Sources
from bench.datasets.fashion.locate import cache_root
from bench.harness import planner
from bench.harness.explanation import change_lines
from bench.harness.outcome import images_used, report_to_come
from bench.harness.profile import Profile, load_profile, parse_seeds
from bench.harness.progress import opening_line
from bench.harness.site import look_at_gpus, site_of
from bench.harness.studies import load_study, study_names
from bench.options import check_data_folder
from store.errors import IntegrityError, UsageError
from store.lock import sole_writer
from store.records import sweep
from store.runs import load_run, point_latest, run_id_of, run_path, without_options, write_run
from store.schema import RunEntry
from store.terminal import tell

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from pydantic import JsonValue

    from bench.datasets.catalogue import Dataset
    from bench.harness.planner import Planned
    from bench.harness.settings import StudySettings
    from bench.harness.studies import Study
    from bench.harness.task import Task
    from store.records import Stored


_PLACES = ("--artifacts", "--data")


@dataclass(frozen=True, slots=True)
class _Study:
    profile: Profile
    datasets: Mapping[str, Dataset]
    planned: tuple[Planned, ...]

    @property
    def run_id(self) -> str:
        return run_id_of(self.profile.name, (item.fingerprint for item in self.planned))

    @property
    def to_run(self) -> int:
        return sum(item.action == "run" for item in self.planned)


def run(options: argparse.Namespace, stream: TextIO) -> dict[str, JsonValue]:
    """Run the study that the options describe; ``complete`` is false where a task failed or diverged.

    A task skipped for want of data that the user does not have is reported, but is no failure.
    """

    def waiting(holder: str) -> None:
        tell(stream, f"waiting for another run on {options.artifacts}: {holder}")

    with sole_writer(options.artifacts, waiting):
        sweep(options.artifacts)
        study = _resolve(options)
        tell(stream, f"run {study.run_id}: {len(study.planned)} tasks, {study.to_run} to run")
        kept = {item.id: item.stored for item in study.planned if item.stored}
        done = _execute(study, options, stream) if study.to_run else kept
        _write_manifest(study, done, options.artifacts)
        return _outcome_facts(study, done, options.artifacts)


def plan_facts(options: argparse.Namespace) -> dict[str, JsonValue]:
    """For each task whether it would run, and why: ``{"run_id", "to_run", "tasks": [{"task", "action", "reason"}]}``."""
    study = _resolve(options)
    obstacles = _obstacles(study)
    tasks: list[JsonValue] = [
        {
            "task": item.id,
            "action": "skip" if item.id in obstacles else item.action,
            "reason": obstacles.get(item.id, item.reason),
            "fingerprint": item.fingerprint,
            "changes": [change.facts() for change in item.changes],
            "explanation": list(change_lines(item.changes)),
        }
        for item in study.planned
    ]
    return {"run_id": study.run_id, "profile": study.profile.name, "to_run": study.to_run, "tasks": tasks}


def _obstacles(study: _Study) -> dict[str, str]:
    """The tasks that would run, but end as skipped records: their data is not there, or that of a task upstream."""
    found: dict[str, str] = {}
    for item in study.planned:
        absent = [study.datasets[name].absent for name in item.task.inputs if study.datasets[name].absent]
        blocked = [f"upstream {name} would be skipped" for name in item.task.upstream if name in found]
        if item.action == "run" and (absent or blocked):
            found[item.id] = "; ".join([*absent, *blocked]).partition("\n")[0]
    return found


def plan_text(facts: Mapping[str, JsonValue], *, explain: bool = False) -> str:
    """The plan as lines for people; ``explain`` adds what changed for each stale task, with old and new digests."""
    tasks = facts["tasks"]
    if not isinstance(tasks, list):
        raise TypeError("a plan lists its tasks")
    lines: list[str] = []
    for task in tasks:
        if isinstance(task, dict):
            lines.append(f"{task['action']:<6} {task['task']:<32} {task['reason']}")
            explanation = task["explanation"] if explain else None
            lines += [f"         {line}" for line in explanation] if isinstance(explanation, list) else []
    return "\n".join([*lines, f"run {facts['run_id']}: {len(tasks)} tasks, {facts['to_run']} to run"])


def _resolve(options: argparse.Namespace) -> _Study:
    seeds = parse_seeds(options.seeds) if options.seeds is not None else None
    parts = options.parts.split(",") if options.parts is not None else None
    questions = options.question.split(",") if options.question is not None else None
    study = _study_asked_for(options)
    fixed = {"seeds": seeds, "parts": parts, "questions": questions, **_flags(options, study)}
    profile = load_profile(options.profile, options.overrides, study=study.name, **fixed)
    tasks = planner.tasks_of(profile.config)
    if not tasks:
        raise UsageError(
            "the study has no tasks", where=options.profile, cure="name a part with --parts, and what its settings list"
        )
    look_at_gpus(profile.config, options)
    found = located(profile.config, tasks, options)
    return _Study(profile, found, planner.plan(profile.config, found, options.artifacts))


def located(config: StudySettings, tasks: Sequence[Task], options: argparse.Namespace) -> dict[str, Dataset]:
    """The data sets that the tasks read, found where the options allow; raises UsageError for a folder that is none."""
    cache = cache_root(options.artifacts, os.environ)
    check_data_folder(options, cache)
    sources = Sources(options.data, cache, options.offline, options.weights, paranoid=getattr(options, "paranoid", False))
    study, names = load_study(config.study), planner.inputs_of(tasks)
    _check_weights(study, names, options)
    return {name: study.datasets[name](config, sources) for name in names}


def _check_weights(study: Study, names: Collection[str], options: argparse.Namespace) -> None:
    """A file of weights that was given must be read by some task: without this, the run would pass over it in silence."""
    if options.weights is not None and not study.weights.keys() & {*names}:
        settings = " or ".join(f"--set {setting}" for setting in study.weights.values())
        cure = f"ask for tasks that start from them ({settings}), or leave --weights out" if settings else "leave --weights out"
        raise UsageError("no task of this run reads pretrained weights", where=f"--weights {options.weights}", cure=cure)


def _study_asked_for(options: argparse.Namespace) -> Study:
    """The study that ``--study`` names; where it names questions, as it once did, the error names the option that they have."""
    words = (options.study or "").split(",")
    asked = {question for name in study_names() for question in load_study(name).questions}
    if options.study not in study_names() and asked & {*words}:
        cure = f"write it as --question {options.study}; --study names one of: {', '.join(study_names())}"
        raise UsageError(f"{options.study!r} is asked of a study, and is none", where="--study", cure=cure)
    return load_study(options.study)


def _flags(options: argparse.Namespace, study: Study) -> dict[str, object]:
    """Flags that stand for one key of the configuration, ``None`` where they were not given."""
    if options.strict and "strict" not in study.flags:
        raise UsageError(f"study {study.name} has no labels to be strict about", where="--strict", cure="leave --strict out")
    own = {key.replace(".", "__"): getattr(options, flag) or None for flag, key in study.flags.items()}
    return {"execution__device": options.device, **own}


def _execute(study: _Study, options: argparse.Namespace, stream: TextIO) -> dict[str, Stored]:
    from bench.harness.display import show  # noqa: PLC0415 - with nothing to run, neither is needed
    from bench.harness.executor import run_all  # noqa: PLC0415

    site = site_of(study.profile.config, study.datasets, options.artifacts, options)
    events = run_path(options.artifacts, study.run_id).with_name("events.jsonl")
    with show(study.to_run, events, stream) as listener:
        with suppress(OSError), events.open("ab") as log:  # without this line only bench status knows less
            log.write(opening_line([item.id for item in study.planned if item.action == "run"], site.jobs or 1))
        return run_all(study.planned, site, listener)


def _write_manifest(study: _Study, done: Mapping[str, Stored], root: Path) -> None:
    """Write the run, unless the same one with the same records is there already: then only ``latest`` moves.

    A manifest that was altered is written anew: all that it says is known here.
    """
    if run_path(root, study.run_id).is_file() and _same(study, done, root):
        point_latest(root, study.run_id)
        return
    fields: dict[str, JsonValue] = {
        "run_id": study.run_id,
        "study": study.profile.config.study,
        "profile": study.profile.name,
        "config": study.profile.config.model_dump(mode="json"),
        "entries": [_entry(item, done[item.id]).model_dump(mode="json") for item in study.planned],
        "command": ["python", "-m", "bench", *without_places(sys.argv[1:])],
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    write_run(root, fields)


def without_places(words: Sequence[str]) -> list[str]:
    """A command line without the folders of the machine that it was typed on, which decide nothing about the results."""
    return without_options(words, _PLACES)


def _same(study: _Study, done: Mapping[str, Stored], root: Path) -> bool:
    """Whether the run that is there has these tasks and records; of thousands, an object for each is worth sparing."""
    try:
        standing = load_run(root, study.run_id).entries
    except IntegrityError:
        return False
    return len(standing) == len(study.planned) and all(
        (entry.record_digest, entry.fingerprint, entry.status, entry.task)
        == (done[item.id].record.digest, item.fingerprint, done[item.id].record.status, item.task.key)
        for entry, item in zip(standing, study.planned, strict=True)
    )


def _entry(item: Planned, stored: Stored) -> RunEntry:
    return RunEntry(
        task=item.task.key, fingerprint=item.fingerprint, status=stored.record.status, record_digest=stored.record.digest
    )


def _outcome_facts(study: _Study, done: Mapping[str, Stored], root: Path) -> dict[str, JsonValue]:
    counts: dict[str, JsonValue] = {**Counter(stored.record.status for stored in done.values())}
    wrong: list[JsonValue] = [
        {"task": name, "status": stored.record.status, "reason": stored.record.result.reason, "record": str(stored.folder)}
        for name, stored in done.items()
        if stored.record.status != "ok"
    ]
    reused = len(study.planned) - study.to_run
    return {
        "run_id": study.run_id,
        "artifacts": str(root),
        "complete": not counts.keys() & {"failed", "diverged"},
        "counts": counts,
        "reused": reused,
        "not_ok": wrong,
        "notes": _notes(done),
        "images": images_used(done.values(), load_study(study.profile.config.study).images),
        "report": report_to_come(root, study.profile.config.study),
    }


def _notes(done: Mapping[str, Stored]) -> list[JsonValue]:
    """What tasks have to say to the user, each sentence once, with the tasks that say it."""
    found: dict[str, list[JsonValue]] = {}
    for name, stored in done.items():
        notes = stored.record.result.facts.get("notes")
        for note in notes if isinstance(notes, list) else []:
            found.setdefault(str(note), []).append(name)
    return [{"note": note, "tasks": tasks} for note, tasks in found.items()]
