"""``bench export``, ``import``, ``merge`` and ``clean``: what they do to the store, as facts and as text."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TextIO

from store.archive import export_run, import_run, unused
from store.cleaning import removable, remove
from store.doors import is_file
from store.errors import UsageError
from store.lock import sole_writer
from store.merging import merge_runs
from store.runs import load_run
from store.terminal import tell

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from pydantic import JsonValue

_UNIT = 1024


def export_facts(options: argparse.Namespace) -> dict[str, JsonValue]:
    """Write the run to one archive; by default ``RUN.tar`` in the current folder."""
    from pathlib import Path  # noqa: PLC0415 - needed for the default alone

    target = options.output or Path(f"{load_run(options.artifacts, options.run).run_id}.tar")
    run = export_run(options.artifacts, options.run, target, options.leave_out)
    return {
        "run_id": run.run_id,
        "archive": str(target),
        "records": len(run.entries),
        "size_bytes": target.stat().st_size,
        "unused_patterns": list(unused(options.artifacts, run, options.leave_out)),
    }


def export_text(facts: Mapping[str, JsonValue]) -> str:
    """The same as lines for people."""
    done = f"exported run {facts['run_id']}: {facts['records']} records, {_size(facts['size_bytes'])} in {facts['archive']}"
    idle = [f"--leave-out {pattern!r} fits no file: it left out nothing" for pattern in _listed(facts["unused_patterns"])]
    return "\n".join([done, *idle])


def import_facts(options: argparse.Namespace, stream: TextIO) -> dict[str, JsonValue]:
    """Check an archive and take its run in; raises UsageError where there is no such file."""
    if not is_file(options.archive):
        raise UsageError("no such archive", where=str(options.archive), cure="name a file that bench export wrote")
    with _alone(options, stream):
        done = import_run(options.artifacts, options.archive, keep_standing=options.keep_standing)
    return {
        "run_id": done.run_id,
        "records": done.records,
        "added": done.added,
        "kept": list(done.kept),
        "replaced": list(done.replaced),
        "updated_runs": list(done.updated),
        "certificate_lost": done.certificate_lost,
        "artifacts": str(options.artifacts),
    }


def import_text(facts: Mapping[str, JsonValue]) -> str:
    """The same as lines for people."""
    words = f"{facts['records']} records, {facts['added']} of them new"
    lines = [f"imported run {facts['run_id']}: {words}, in {facts['artifacts']}; it is the latest now"]
    lines += [f"kept this store's record, which the run names now: {name}" for name in _listed(facts["kept"])]
    lines += [
        f"replaced this store's record, which had no result or lacked files: {name}" for name in _listed(facts["replaced"])
    ]
    lines += [f"updated the records that it names: run {name}" for name in _listed(facts["updated_runs"])]
    lost = "the run's certificate speaks of other records and was left out; make it anew: python -m bench reproduce"
    return "\n".join([*lines, *([lost] if facts["certificate_lost"] else [])])


def merge_facts(options: argparse.Namespace, stream: TextIO) -> dict[str, JsonValue]:
    """Make one run of several; raises UsageError where they do not belong together."""
    study = load_run(options.artifacts, options.runs[0]).study
    with _alone(options, stream):
        done = merge_runs(options.artifacts, options.runs, partial(_asked, study))
    return {
        "run_id": done.run.run_id,
        "merged": list(options.runs),
        "records": len(done.run.entries),
        "written": done.written,
        "choices": list(done.choices),
        "left_out": list(done.left_out),
        "artifacts": str(options.artifacts),
    }


def merge_text(facts: Mapping[str, JsonValue]) -> str:
    """The same as lines for people."""
    state = "it is the latest now" if facts["written"] else "it was there already and is the latest now"
    head = f"run {facts['run_id']} out of {', '.join(_listed(facts['merged']))}: {facts['records']} records; {state}"
    lines = [f"took {line}" for line in _listed(facts["choices"])]
    lines += [f"left out, which the merged run does not ask for: {name}" for name in _listed(facts["left_out"])]
    return "\n".join([*lines, head])


def _alone(options: argparse.Namespace, stream: TextIO) -> AbstractContextManager[None]:
    """The store for this process alone; says whom it waits for."""
    return sole_writer(options.artifacts, lambda holder: tell(stream, f"waiting for {holder}"))


def _asked(study: str | None, config: Mapping[str, JsonValue]) -> frozenset[str]:
    """The tasks that a run's configuration asks for; raises UsageError where this version of the program cannot read it."""
    from bench.harness import planner  # noqa: PLC0415 - loads all experiments, which the other commands here do not need
    from bench.harness.stored_config import parsed_config  # noqa: PLC0415

    return frozenset(task.key.id for task in planner.tasks_of(parsed_config(config, "the merged configuration", study)))


def _listed(value: JsonValue) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def clean_facts(options: argparse.Namespace, stream: TextIO, answers: TextIO) -> dict[str, JsonValue]:
    """List what no run needs, and delete it where the user agrees: with ``--yes``, or asked at a terminal."""
    with _alone(options, stream):
        items = removable(options.artifacts)
        size = sum(item.size_bytes for item in items)
        agreed = options.yes or (bool(items) and answers.isatty() and _agrees(len(items), size, stream, answers))
        freed = remove(items, options.artifacts) if agreed else 0
    rows: list[JsonValue] = [{"path": str(item.path), "kind": item.kind, "size_bytes": item.size_bytes} for item in items]
    return {"artifacts": str(options.artifacts), "removed": agreed, "freed_bytes": freed, "size_bytes": size, "items": rows}


def clean_text(facts: Mapping[str, JsonValue]) -> str:
    """The same as lines for people."""
    items = facts["items"]
    rows = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    lines = [f"{row['kind']:<10} {_size(row['size_bytes']):>10}  {row['path']}" for row in rows]
    if not rows:
        return f"nothing to clean in {facts['artifacts']}"
    if facts["removed"]:
        return "\n".join([*lines, f"freed {_size(facts['freed_bytes'])} in {facts['artifacts']}"])
    return "\n".join([*lines, f"nothing deleted; --yes would free {_size(facts['size_bytes'])} in {facts['artifacts']}"])


def _agrees(count: int, size: int, stream: TextIO, answers: TextIO) -> bool:
    tell(stream, f"delete {count} things that no run names, {_size(size)}? [y/N] ", end="")
    return answers.readline().strip().lower() in {"y", "yes"}


def _size(size_bytes: JsonValue) -> str:
    number = float(size_bytes) if isinstance(size_bytes, int | float) else 0.0
    for unit in ("B", "KiB", "MiB"):
        if number < _UNIT:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= _UNIT
    return f"{number:.1f} GiB"
