"""Settles which record stands where a run arrives in a store with records of the same tasks, and what runs then name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.audit import run_ids
from store.errors import IntegrityError
from store.records import check_files, folder_of
from store.runs import load_record, load_run, resealed, save_run
from store.withheld import withheld_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from store.schema import Record, Run, RunEntry

FINISHED = frozenset({"ok", "diverged"})


@dataclass(frozen=True, slots=True)
class Settlement:
    """What will stand. ``run`` names it; ``kept`` are tasks whose record the store had, computed apart from the run's own.

    ``replaced`` are tasks whose record in the store, failed, skipped or without all its files, gives way to the arriving one.
    """

    run: Run
    kept: tuple[str, ...]
    replaced: tuple[str, ...]


def settle(root: Path, staging: Path, run: Run, *, keep_standing: bool = False) -> Settlement:
    """Choose for each task of ``run``, whose checked records lie in ``staging``, the record that will stand in ``root``.

    Of two with equal results it is the store's, of a finished and an unfinished one the finished. Raises IntegrityError
    where two finished ones have different results, unless ``keep_standing`` takes the store's and nothing in the run was
    made from it; and where no choice gives a run whose records fit each other.
    """
    arriving = {entry.task.id: load_record(folder_of(staging, entry.task, entry.fingerprint)).record for entry in run.entries}
    read = {name for record in arriving.values() for name in record.ingredients.upstream} if keep_standing else set(arriving)
    chosen: dict[str, Record] = {}
    for name, record in arriving.items():
        standing = _standing(root, record)
        chosen[name] = record if standing is None else _better(root, (standing, record), chosen, may_differ=name not in read)
    for record in chosen.values():
        if not _fits(record, chosen):
            cure = "run the study again on one of the two machines, then export it again"
            message = f"neither record of {record.task.id} was made from what the store and the run have upstream together"
            raise IntegrityError(message, where=str(folder_of(root, record.task, record.fingerprint)), cure=cure)
    kept = tuple(name for name, record in chosen.items() if record.digest != arriving[name].digest)
    there = {name: _standing(root, record) for name, record in chosen.items() if name not in kept}
    replaced = tuple(
        name
        for name, old in there.items()
        if old is not None and (old.digest != chosen[name].digest or _fills(root, staging, chosen[name]))
    )
    return Settlement(resealed(run, _entries(run, chosen)), kept, replaced)


def follow(root: Path, settled: Run) -> tuple[str, ...]:
    """Let every run of the store name the records that stand now for the tasks of ``settled``; returns those that changed.

    A run that cannot be read is left to ``bench verify``.
    """
    standing = {entry.fingerprint: entry for entry in settled.entries}
    changed = []
    for name in run_ids(root):
        try:
            run = load_run(root, name)
        except IntegrityError:
            continue
        entries = tuple(standing.get(entry.fingerprint, entry) for entry in run.entries)
        if entries != run.entries:
            save_run(root, resealed(run, entries))
            changed.append(name)
    return tuple(changed)


def _entries(run: Run, chosen: Mapping[str, Record]) -> Iterable[RunEntry]:
    for entry in run.entries:
        record = chosen[entry.task.id]
        yield entry.model_copy(update={"record_digest": record.digest, "status": record.status})


def _standing(root: Path, record: Record) -> Record | None:
    folder = folder_of(root, record.task, record.fingerprint)
    return load_record(folder).record if folder.exists() else None


def _better(root: Path, pair: tuple[Record, Record], chosen: Mapping[str, Record], *, may_differ: bool) -> Record:
    standing, arriving = pair
    finished = [record for record in pair if record.status in FINISHED]
    if standing.result_digest == arriving.result_digest:
        return standing
    if len(finished) == 1:
        return finished[0]
    if not finished:
        return standing if _fits(standing, chosen) else arriving
    folder = folder_of(root, standing.task, standing.fingerprint)
    if may_differ:
        check_files(load_record(folder))
        return standing
    cure = "import into a store of its own (--artifacts DIR), or, where nothing was made from it, with --keep-standing"
    message = f"the store has another record of {standing.task.id}, with another result"
    raise IntegrityError(message, where=str(folder), cure=cure)


def _fills(root: Path, staging: Path, record: Record) -> bool:
    """Whether the store has the record without files that the arriving one brings."""
    standing, arriving = (withheld_of(folder_of(base, record.task, record.fingerprint)) for base in (root, staging))
    return bool(standing - arriving)


def _fits(record: Record, chosen: Mapping[str, Record]) -> bool:
    """Whether the record was made from the chosen results, as far as they are among these tasks."""
    made_from = record.result.upstream_results
    return all(chosen[name].result_digest == digest for name, digest in made_from.items() if name in chosen)
