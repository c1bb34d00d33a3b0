"""Runs every comparison that a record or a run allows, and turns what disagrees into problems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.harness.studies import study_of_record, study_of_run
from bench.rechecking.verification.comparison import Comparison, difference
from bench.rechecking.verification.planned import planned
from store.audit import Problem
from store.formats import read_document
from store.runs import run_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from bench.harness.studies import Recheck
    from store.records import Stored
    from store.schema import Run

TIMING = "timing.json"


@dataclass(frozen=True, slots=True)
class Recomputed:
    """How many values were compared, and what disagreed."""

    values: int
    problems: tuple[Problem, ...]


def recompute_record(stored: Stored, upstream: Mapping[str, Stored] | None) -> Recomputed:
    """Compare a record with its own files and those of its upstream; without all of these, only its timing."""
    return _judge(((stored.folder, each) for each in _comparisons(stored, upstream)), stored.folder)


def recompute_run(run: Run, records: Mapping[str, Stored], root: Path) -> Recomputed:
    """Compare the records of a run with each other and with its configuration."""
    place = run_path(root, run.run_id)
    parts = (
        _judge(_placed(check, records, place), place)
        for check in (lambda: planned(run, records), lambda: study_of_run(run).agreement(records))
    )
    found = [*parts]
    return Recomputed(sum(each.values for each in found), tuple(problem for each in found for problem in each.problems))


def is_recomputed(stored: Stored) -> bool:
    """Whether the numbers of this record are ever compared with more than its digests."""
    return _check_of(stored) is not None


def _check_of(stored: Stored) -> Recheck | None:
    study = study_of_record(stored.record)
    return None if study is None else study.rechecks().get(stored.record.task.experiment)


def _placed(
    check: Callable[[], Iterator[tuple[str, Comparison]]], records: Mapping[str, Stored], place: Path
) -> Iterator[tuple[Path, Comparison]]:
    for name, each in check():
        yield (records[name].folder if name in records else place), each


def _comparisons(stored: Stored, upstream: Mapping[str, Stored] | None) -> Iterator[Comparison]:
    timing = read_document(stored.file(TIMING))
    seconds = timing.get("seconds") if isinstance(timing, dict) else None
    yield Comparison("execution.duration_s", stored.record.execution.duration_s, seconds)
    check = _check_of(stored)
    if check is not None and upstream is not None and stored.record.status in {"ok", "diverged"}:
        yield from check(stored, upstream)


def _judge(comparisons: Iterable[tuple[Path, Comparison]], place: Path) -> Recomputed:
    values, problems = 0, []
    try:
        for folder, comparison in comparisons:
            values += 1
            what = difference(comparison)
            if what is not None:
                problems.append(Problem(what, str(folder), _cure(folder)))
    except Exception as error:  # noqa: BLE001 - a file may hold anything and still match a digest that was made for it
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        problems.append(Problem(f"its numbers cannot be recomputed: {reason}", str(place), _cure(place)))
    return Recomputed(values, tuple(problems))


def _cure(place: Path) -> str:
    return f"delete {place.parent if place.suffix else place} and run again: nox -s bench"
