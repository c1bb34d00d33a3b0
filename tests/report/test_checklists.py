"""What reviewers ask is answered from the run: seeds, tasks without a result, certificates and energy decide the answers."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from report.sections import checklists
from report.tables.costs import costs
from store.costs import ENERGY, costs_of

if TYPE_CHECKING:
    from pathlib import Path

    from report.evidence.subject import Subject
    from store.records import Stored

FUNCTIONAL = "Artifacts evaluated: functional"


def line(subject: Subject, checklist: str, question: str) -> str:
    """What stands at a question, without markup."""
    (found,) = (str(text) for text in checklists.facts(subject)[checklist] if str(text).startswith(f"**{question}**"))  # type: ignore[attr-defined]
    return found.replace("*", "")


def metered(stored: Stored, told: object, **execution: object) -> Stored:
    """The record as a machine leaves it that tells this of its energy."""
    machine = {**stored.record.execution.machine, ENERGY: told}
    changed = stored.record.execution.model_copy(update={"machine": machine, **execution})
    return replace(stored, record=stored.record.model_copy(update={"execution": changed}))


def spent_by(subject: Subject, everything: list[Stored]) -> Subject:
    """The same report of a run with these records."""
    evidence: Any = SimpleNamespace(everything=lambda: everything, run=subject.evidence.run)
    return replace(subject, evidence=evidence)


def test_a_question_s_number_stands_apart_from_its_name(whole: Subject) -> None:
    """And what has no number has no brackets."""
    assert line(whole, "neurips", "Claims").startswith("Claims (1): ")
    assert line(whole, "acm", FUNCTIONAL).startswith(f"{FUNCTIONAL}: ")


def test_one_seed_and_several_get_different_answers(whole: Subject, single: Subject) -> None:
    """With one seed nothing is tested, and the list says so."""
    assert ": yes. Intervals" in line(whole, "neurips", "Statistical significance")
    assert ": no. One seed" in line(single, "neurips", "Statistical significance")


def test_tasks_without_a_result_are_counted(whole: Subject, broken: Subject) -> None:
    """Run from end to end means that every task has a result."""
    total = len(whole.evidence.everything())
    assert f": yes. Documented, and run from end to end: {total} of {total} tasks" in line(whole, "acm", FUNCTIONAL)
    everything = broken.evidence.everything()
    complete = sum(stored.record.status == "ok" for stored in everything)
    assert f": in part. Documented, and run from end to end: {complete} of {len(everything)} tasks" in line(
        broken, "acm", FUNCTIONAL
    )


def test_energy_is_said_where_it_is_known(whole: Subject) -> None:
    """A machine that tells nothing is not a machine that used nothing; sums are over those that tell."""
    records = whole.evidence.everything()
    assert (costs_of(records).metered, costs_of(records).energy_j) == (0, 0.0)
    told = [metered(records[0], {"processor": 1800.0, "gpu": 5400}), *records[1:]]
    assert (costs_of(told).metered, costs_of(told).energy_j) == (1, 7200.0)
    assert "not told by the machine" in checklists.cost(whole)


@pytest.mark.parametrize("told", [None, 5, "x", [], {}, {"processor": "x"}, {"processor": -1.0}, {"gpu": True}, {"gpu": [1]}])
def test_what_is_no_energy_is_none(whole: Subject, told: object) -> None:
    """Records come from anywhere."""
    assert costs_of([metered(whole.evidence.everything()[0], told)]).metered == 0


@pytest.mark.parametrize(("second", "expected"), [("2026-01-01T00:00:30+00:00", True), ("2026-01-01T00:00:59+00:00", False)])
def test_a_card_that_tasks_shared_is_counted_for_each(whole: Subject, second: str, *, expected: bool) -> None:
    """Each was given all that the card took meanwhile, so that the sum is a bound, and is shown as one."""
    everything = list(whole.evidence.everything())
    first = {"started_at": "2026-01-01T00:00:00+00:00", "duration_s": 59.5}
    everything[0] = metered(everything[0], {"gpu": 3600}, **first)
    everything[1] = metered(everything[1], {"gpu": 3600}, started_at=second, duration_s=60.0)
    assert costs_of(everything).at_most is expected
    subject = spent_by(whole, everything)
    table = costs(subject)
    assert table is not None
    assert ("\N{LESS-THAN OR EQUAL TO}" in table.rows[-1][-1].text) is expected
    assert ("energy: at most 2.00" in checklists.cost(subject)) is expected


def timed(whole: Subject, folder: Path, **timing: object) -> Stored:
    """A record whose file of durations tells this."""
    stored = next(each for each in whole.evidence.everything() if each.record.files)
    entry = stored.record.files[0].model_copy(update={"name": "timing.json"})
    (folder / "timing.json").write_text(json.dumps({"seconds": 1.5, **timing}))
    return replace(stored, record=stored.record.model_copy(update={"files": [entry]}), folder=folder)


def test_the_memory_of_a_trainer_counts(whole: Subject, tmp_path: Path) -> None:
    """A detector is trained in a process of its own; its worker's memory says little."""
    own = timed(whole, tmp_path).record.execution.peak_memory_bytes
    for told, expected in ((own + 5, own + 5), (own - 5, own), ("much", own)):
        stored = timed(whole, tmp_path, trainer_peak_memory_bytes=told)
        assert costs_of([stored]).peak_memory_bytes == expected


@pytest.mark.parametrize("name", ["epoch_seconds", "seconds_per_epoch"])
def test_epochs_before_a_resume_count(whole: Subject, tmp_path: Path, name: str) -> None:
    """The duration of a record is that of the process that ended the training; its epochs were many processes' work."""
    own = timed(whole, tmp_path).record.execution.duration_s
    assert costs_of([timed(whole, tmp_path, **{name: [own, 2.0]})]).duration_s == pytest.approx(own + 2.0)
    assert costs_of([timed(whole, tmp_path, **{name: [own / 2, "x"]})]).duration_s == own


def test_a_departing_run_says_nothing_on_the_source(whole: Subject, broken: Subject) -> None:
    """Neither for nor against it."""
    assert "itself an attempt" in line(whole, "acm", "Results replicated")
    assert "says nothing on it" in line(broken, "acm", "Results replicated")
    assert "departs from the published protocol in 1 of" in line(broken, "neurips", "Limitations")


def test_the_table_of_costs_adds_up(whole: Subject) -> None:
    """Kinds of tasks together are the run, and energy has a column only where a machine told it."""
    table = costs(whole)
    assert table is not None
    counts = [int(row[1].text) for row in table.rows]
    assert sum(counts[:-1]) == counts[-1] == len(whole.evidence.everything())
    assert [len(row) for row in table.rows] == [5] * len(table.rows)
    assert len(table.columns) == 5


def test_energy_of_some_tasks_is_marked_as_such(whole: Subject) -> None:
    """A sum over the records that tell it is no sum over all."""
    stored = whole.evidence.everything()
    table = costs(spent_by(whole, [metered(stored[0], {"processor": 7200.0}), *stored[1:]]))
    assert table is not None
    assert table.rows[-1][-1].text == "2.00 (1 told)"
    assert len(table.columns) == 6
