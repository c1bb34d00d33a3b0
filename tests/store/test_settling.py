"""A run that arrives where records of the same tasks are: equal results are one, a finished record beats a failed one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from store.archive import export_run, import_run
from store.audit import audit_record, audit_run
from store.certificates import certificate_path, write_certificate
from store.errors import IntegrityError
from store.links import audit_links
from store.records import folder_of
from store.runs import load_entry, load_run
from tests.store.machines import CLASSIFIER, LEAF, NETWORK, ONCE, Machine, carried, make
from tests.store.test_archive import content

if TYPE_CHECKING:
    from pathlib import Path

    from store.schema import Run

A, B = Machine(seconds=1.0), Machine(seconds=2.0)
BROKEN = {f"{NETWORK}/seed-0": "failed"}


def problems(root: Path, run_id: str) -> list[str]:
    """All that speaks against a run, its records, or the way they fit each other."""
    run, found = audit_run(root, run_id)
    assert run is not None
    records = {entry.task.id: audit_record(root, folder_of(root, entry.task, entry.fingerprint)) for entry in run.entries}
    found += [problem for each in records.values() for problem in each.problems]
    return [problem.what for problem in (*found, *audit_links(run, records))]


def seconds(root: Path, run: Run) -> dict[str, float]:
    """Which machine made the record of each task: the one that needed so long."""
    return {entry.task.id: load_entry(root, entry).record.execution.duration_s for entry in run.entries}


def test_of_equal_results_the_record_that_was_there_stays(tmp_path: Path) -> None:
    """Two machines computed the same: the second run names the first one's records and is sound, and again changes nothing."""
    first = make(tmp_path / "a", A)
    done = carried(tmp_path, Machine(seconds=2.0, seeds=(0, 1)), tmp_path / "a", "b")
    assert (done.added, done.kept, done.replaced) == (2, (LEAF, ONCE, f"{NETWORK}/seed-0", f"{CLASSIFIER}/seed-0"), ())
    assert sorted(seconds(tmp_path / "a", load_run(tmp_path / "a")).values()) == [1.0, 1.0, 1.0, 1.0, 2.0, 2.0]
    assert problems(tmp_path / "a", first.run_id) == problems(tmp_path / "a", done.run_id) == []
    before = content(tmp_path / "a")
    assert import_run(tmp_path / "a", tmp_path / "b.tar").added == 0
    assert content(tmp_path / "a") == before


def test_the_same_run_of_another_machine_changes_nothing(tmp_path: Path) -> None:
    """It has the same name, and every record is there with equal results."""
    make(tmp_path / "a", A)
    before = content(tmp_path / "a")
    assert len(carried(tmp_path, B, tmp_path / "a", "b").kept) == 4
    assert content(tmp_path / "a") == before


@pytest.mark.parametrize("first", ["whole", "broken"])
def test_a_finished_record_stands_in_place_of_a_failed_one(tmp_path: Path, first: str) -> None:
    """Whichever arrives first, all runs name the finished record and what was made from it, and all are sound."""
    machines = {"whole": A, "broken": Machine(seconds=2.0, seeds=(0, 1), states=BROKEN)}
    there = make(tmp_path / "store", machines.pop(first))
    ((name, machine),) = machines.items()
    done = carried(tmp_path, machine, tmp_path / "store", name)
    tasks = (f"{NETWORK}/seed-0", f"{CLASSIFIER}/seed-0")
    assert (done.replaced, done.updated) == (((), ()) if first == "whole" else (tasks, (there.run_id,)))
    for run_id in (there.run_id, done.run_id):
        run = load_run(tmp_path / "store", run_id)
        assert {entry.status for entry in run.entries} == {"ok"}
        assert problems(tmp_path / "store", run_id) == []


def test_two_failures_keep_the_records_that_fit_each_other(tmp_path: Path) -> None:
    """Reasons differ, and a skipped record names the failure that it was skipped for."""
    first = make(tmp_path / "a", Machine(states=BROKEN))
    done = carried(tmp_path, Machine(seconds=2.0, states=BROKEN), tmp_path / "a", "b")
    assert done.kept == (LEAF, ONCE, f"{NETWORK}/seed-0", f"{CLASSIFIER}/seed-0")
    assert problems(tmp_path / "a", first.run_id) == []
    done = carried(tmp_path, Machine(seconds=3.0, states={f"{CLASSIFIER}/seed-0": "failed"}), tmp_path / "a", "c")
    assert done.replaced == (f"{NETWORK}/seed-0", f"{CLASSIFIER}/seed-0")
    assert problems(tmp_path / "a", done.run_id) == []


def test_failures_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    """Each machine failed at another thing that the classifier reads: neither has tried it on what both have together."""
    make(tmp_path / "a", Machine(states=BROKEN))
    before = content(tmp_path / "a")
    with pytest.raises(IntegrityError, match=f"neither record of {CLASSIFIER}/seed-0"):
        carried(tmp_path, Machine(seconds=2.0, states={ONCE: "failed"}), tmp_path / "a", "b")
    assert content(tmp_path / "a") == before


def test_different_results_are_refused_unless_nothing_rests_on_them(tmp_path: Path) -> None:
    """The store stays as it was; asked to, it keeps its own record of a task that nothing was made from."""
    make(tmp_path / "a", A)
    before = content(tmp_path / "a")
    with pytest.raises(IntegrityError, match=r"latent/pixels/once, with another result(.|\n)*--keep-standing"):
        carried(tmp_path, Machine(seconds=2.0, values={LEAF: 9.0}), tmp_path / "a", "b")
    with pytest.raises(IntegrityError, match="another result"):
        carried(tmp_path, Machine(values={f"{NETWORK}/seed-0": 9.0}), tmp_path / "a", "c", keep_standing=True)
    assert content(tmp_path / "a") == before
    done = carried(tmp_path, Machine(seconds=3.0, seeds=(1,), values={LEAF: 9.0}), tmp_path / "a", "d", keep_standing=True)
    assert (done.kept, problems(tmp_path / "a", done.run_id)) == ((LEAF, ONCE), [])


def test_a_certificate_is_left_out_where_the_run_names_other_records(tmp_path: Path) -> None:
    """It speaks of the manifest as it was; where nothing changed it comes along."""
    run = make(tmp_path / "b", B)
    empty = {"environment": {}, "machines": [], "git": []}
    fields = {
        "run_id": run.run_id,
        "run_digest": run.digest,
        "scope": "",
        "selection": {"tasks_in_run": 4, "trainings_in_run": 0},
        "tolerance": {"relative": 0.1, "deviations": 3.0, "seeds": 3, "cap": 0.0},
        "stored": empty,
        "again": empty,
        "tasks": [],
        "outcome": "incomplete",
        "created_at": "",
    }
    write_certificate(tmp_path / "b", fields)
    export_run(tmp_path / "b", None, tmp_path / "b.tar")
    for name, lost in (("a", True), ("c", False)):
        if lost:
            make(tmp_path / name, Machine(seeds=(0,)))
        assert import_run(tmp_path / name, tmp_path / "b.tar").certificate_lost == lost
        assert certificate_path(tmp_path / name, run.run_id).is_file() != lost
