"""Runs every comparison that a record or a run allows, and turns what disagrees into problems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.harness.studies import study_of_record, study_of_run
from bench.rechecking.verification.comparison import Comparison, difference
from bench.rechecking.verification.planned import planned
from bench.rechecking.verification.provenance import provenance, shared_origin
from bench.rechecking.verification.source import same_source
from bench.rechecking.verification.standing import trusted
from store.audit import Problem
from store.doors import reason_of
from store.runs import run_path
from store.withheld import WithheldError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from bench.harness.studies import Recheck
    from store.records import Stored
    from store.schema import Run


@dataclass(frozen=True, slots=True)
class Recomputed:
    """How many values were compared, and what disagreed."""

    values: int
    problems: tuple[Problem, ...]


def recompute_record(stored: Stored, upstream: Mapping[str, Stored] | None) -> Recomputed:
    """Compare a record with its own files and those of its upstream; without all of these, only what it says of its making."""
    return _judge(((stored.folder, each) for each in _comparisons(stored, upstream)), stored.folder)


def recompute_run(run: Run, records: Mapping[str, Stored], root: Path) -> Recomputed:
    """Compare the records of a run with each other and with its configuration."""
    place = run_path(root, run.run_id)
    parts = (
        _judge(_placed(check, records, place), place)
        for check in (
            lambda: planned(run, records),
            lambda: shared_origin(records),
            lambda: study_of_run(run).agreement(records),
        )
    )
    found = [*parts]
    return Recomputed(sum(each.values for each in found), tuple(problem for each in found for problem in each.problems))


def is_recomputed(stored: Stored) -> bool:
    """Whether the numbers of this record are ever compared with more than its digests."""
    return _check_of(stored) is not None


def taken_on_trust(records: Iterable[Stored]) -> dict[str, tuple[str, ...]]:
    """By experiment, the fields that nothing stored tells; of one whose study declares none, all of them."""
    found: dict[str, tuple[str, ...]] = {}
    for stored in records:
        study, experiment = study_of_record(stored.record), stored.record.task.experiment
        declared = {} if study is None else study.fields().get(experiment, {})
        found[experiment] = trusted(declared) if declared else ("all that its study does not recompute",)
    return found


def is_of_this_source(stored: Stored) -> bool:
    """Whether the record was made with the source as it is now; what follows from the program is recomputed only then."""
    try:
        return same_source(stored.record, *stored.record.ingredients.code)
    except FileNotFoundError:  # a module that this program has no more
        return False


def _check_of(stored: Stored) -> Recheck | None:
    study = study_of_record(stored.record)
    return None if study is None else study.rechecks().get(stored.record.task.experiment)


def _placed(
    check: Callable[[], Iterator[tuple[str, Comparison]]], records: Mapping[str, Stored], place: Path
) -> Iterator[tuple[Path, Comparison]]:
    for name, each in check():
        yield (records[name].folder if name in records else place), each


def _comparisons(stored: Stored, upstream: Mapping[str, Stored] | None) -> Iterator[Comparison]:
    yield from provenance(stored)
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
    except WithheldError:
        pass  # what follows cannot be compared: `bench verify` counts the files that were left out
    except Exception as error:  # noqa: BLE001 - a file may hold anything and still match a digest that was made for it
        reason = f"{type(error).__name__}: {reason_of(error)}"
        problems.append(Problem(f"its numbers cannot be recomputed: {reason}", str(place), _cure(place)))
    return Recomputed(values, tuple(problems))


def _cure(place: Path) -> str:
    return f"delete {place.parent if place.suffix else place} and run again: nox -s bench"
