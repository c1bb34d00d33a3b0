"""What a run, its records and its certificate say of each other: one contradiction at a time, and none where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from store.audit import AuditedRecord
from store.certificates import Certificate
from store.chain import CHAIN
from store.links import audit_certified, audit_links, upstream_of
from store.records import Stored
from store.schema import Execution, FileEntry, Ingredients, Record, Result, Run, RunEntry, TaskKey

EXECUTION = Execution(
    started_at="", duration_s=0, peak_memory_bytes=0, machine={}, packages={}, git_commit=None, git_dirty=None
)
TRAINING, SCORE = TaskKey(experiment="fit", variant="a", seed=0), TaskKey(experiment="score", variant="a", seed=0)
PRINTS = {TRAINING.id: "1" * 64, SCORE.id: "2" * 64}
RESULTS = {TRAINING.id: "a" * 64, SCORE.id: "b" * 64}


def record(task: TaskKey, **changed: object) -> Record:
    """A training without upstream, or the score that was made from it."""
    made_from = {} if task == TRAINING else {TRAINING.id: PRINTS[TRAINING.id]}
    results = {} if task == TRAINING else {TRAINING.id: RESULTS[TRAINING.id]}
    files = (FileEntry(name=CHAIN, sha256="0" * 64, size_bytes=1),) if task == TRAINING else ()
    fields: dict[str, Any] = {
        "task": task,
        "fingerprint": PRINTS[task.id],
        "ingredients": Ingredients(config={}, code={}, inputs={}, upstream=made_from, environment={}),
        "result": Result(status="ok", upstream_results=results),
        "files": files,
        "result_digest": RESULTS[task.id],
        "execution": EXECUTION,
        "digest": "d" * 64,
    }
    return Record(**{**fields, **changed})


def audited(*records: Record, intact: bool = True) -> dict[str, AuditedRecord]:
    """They as their audit leaves them."""
    return {one.task.id: AuditedRecord(Path("f"), Stored(one, Path("f")), intact, ()) for one in records}


def run(*entries: RunEntry) -> Run:
    """A run of these tasks."""
    return Run(run_id="r", profile="quick", config={}, entries=entries, command=(), created_at="", digest="e" * 64)


def entry(task: TaskKey, **changed: object) -> RunEntry:
    """The run's own word on a task."""
    return RunEntry(**{"task": task, "fingerprint": PRINTS[task.id], "status": "ok", "record_digest": "d" * 64, **changed})


WHOLE = audited(record(TRAINING), record(SCORE))
UNREAD = {TRAINING.id: AuditedRecord(Path("f"), None, intact=False, problems=()), SCORE.id: WHOLE[SCORE.id]}
OTHER_UPSTREAM = Ingredients(config={}, code={}, inputs={}, upstream={TRAINING.id: "9" * 64}, environment={})


def linked(entries: tuple[RunEntry, ...], records: dict[str, AuditedRecord]) -> list[str]:
    """What is wrong between them."""
    return [problem.what for problem in audit_links(run(*entries), records)]


def test_what_fits_is_no_problem() -> None:
    """A run with its records; a record that cannot be read is its own audit's matter."""
    both = (entry(TRAINING), entry(SCORE))
    assert linked(both, WHOLE) == []
    assert linked(both, UNREAD) == []


@pytest.mark.parametrize(
    ("entries", "records", "words"),
    [
        ((entry(TRAINING, fingerprint="9" * 64),), WHOLE, ["the record of fit/a/seed-0 has another fingerprint"]),
        ((entry(TRAINING, record_digest="9" * 64),), WHOLE, ["the record of fit/a/seed-0 is not the one"]),
        ((entry(TRAINING, status="failed"),), WHOLE, ["the record of fit/a/seed-0 is ok, the run says failed"]),
        ((entry(SCORE),), WHOLE, ["score/a/seed-0 was made from fit/a/seed-0, which the run does not name"]),
        (
            (entry(TRAINING), entry(SCORE)),
            {**WHOLE, SCORE.id: audited(record(SCORE, ingredients=OTHER_UPSTREAM))[SCORE.id]},
            ["score/a/seed-0 was made from another fit/a/seed-0"],
        ),
        (
            (entry(TRAINING), entry(SCORE)),
            {**WHOLE, TRAINING.id: audited(record(TRAINING, result_digest="9" * 64))[TRAINING.id]},
            ["score/a/seed-0 was made from another result of fit/a/seed-0"],
        ),
        (
            (entry(TRAINING), entry(SCORE)),
            {**WHOLE, SCORE.id: audited(record(SCORE, result=Result(status="ok")))[SCORE.id]},
            ["score/a/seed-0 was made from ['fit/a/seed-0'], but gives results of []"],
        ),
        (
            (entry(TRAINING),),
            {TRAINING.id: AuditedRecord(Path(), Stored(record(SCORE), Path()), intact=True, problems=())},
            [
                "the run names fit/a/seed-0 here, but the record is of score/a/seed-0",
                "has another fingerprint",
                "another result",
            ],
        ),
    ],
)
def test_each_contradiction_is_named(
    entries: tuple[RunEntry, ...], records: dict[str, AuditedRecord], words: list[str]
) -> None:
    """With both sides of it, and with no other one beside."""
    found = linked(entries, records)
    assert len(found) == len(words)
    assert all(word in text for word, text in zip(words, found, strict=True))


def test_upstream_is_there_whole_or_not_at_all() -> None:
    """A record that is missing, unreadable or not intact makes all of it useless."""
    stored = WHOLE[SCORE.id].stored
    assert stored is not None
    assert upstream_of(stored, WHOLE) == {TRAINING.id: WHOLE[TRAINING.id].stored}
    assert upstream_of(stored, UNREAD) is None
    assert upstream_of(stored, {}) is None
    assert upstream_of(stored, audited(record(TRAINING), intact=False)) is None
    first = WHOLE[TRAINING.id].stored
    assert first is not None
    assert upstream_of(first, {}) == {}


def certificate(*tasks: dict[str, Any], trainings: int = 1) -> Certificate:
    """One with these verdicts."""
    side = {"environment": {}, "machines": [], "git": []}
    return Certificate.model_validate(
        {
            "run_id": "r",
            "run_digest": "0" * 64,
            "scope": "",
            "selection": {"tasks_in_run": 2, "trainings_in_run": trainings},
            "tolerance": {"relative": 0.0, "deviations": 0.0, "seeds": 1, "cap": 0.0},
            "stored": side,
            "again": side,
            "tasks": tasks,
            "outcome": "reproduced",
            "created_at": "",
            "digest": "0" * 64,
        }
    )


def verdict(task: TaskKey, word: str = "bit_identical", **changed: object) -> dict[str, Any]:
    """A verdict that fits the record."""
    own = RESULTS[task.id]
    again = {"bit_identical": own, "divergence": "9" * 64, "different": "9" * 64, "consistent": "9" * 64}.get(word)
    fields = {"task": task.model_dump(), "fingerprint": PRINTS[task.id], "verdict": word, "trained": task == TRAINING}
    more = {"environment": ["device"]} if word == "consistent" else {}
    return {**fields, **more, "result_stored": own, "result_again": again, **changed}


def certified(*tasks: dict[str, Any], trainings: int = 1, records: dict[str, AuditedRecord] | None = None) -> list[str]:
    """What is wrong between a certificate and the records."""
    found = audit_certified(certificate(*tasks, trainings=trainings), Path("c"), WHOLE if records is None else records)
    return [problem.what for problem in found]


def test_verdicts_that_fit_are_no_problem() -> None:
    """Every word that a re-run can give, with what belongs to it."""
    for word in ("bit_identical", "consistent", "divergence", "different", "not_comparable", "failed", "skipped"):
        assert certified(verdict(TRAINING, word), verdict(SCORE, word)) == [], word
    failed = audited(record(TRAINING, result=Result(status="failed")))
    assert certified(verdict(TRAINING, "no_result"), records=failed) == []
    skipped = audited(record(TRAINING, result=Result(status="skipped")))
    assert certified(verdict(TRAINING, "no_result"), records=skipped) == []
    assert certified(verdict(TRAINING), trainings=0, records={TRAINING.id: UNREAD[TRAINING.id]}) == []


MOVED = {"upstream": {TRAINING.id: "again"}}


def test_bits_may_follow_from_what_was_made_anew() -> None:
    """A record on an upstream that came out otherwise, or a training that was taken up elsewhere, may have another digest."""
    other = {"result_again": "9" * 64}
    assert certified(verdict(TRAINING, "different"), verdict(SCORE, **other, **MOVED)) == []
    assert certified(verdict(SCORE, **other, **MOVED)) == []  # its upstream has no verdict here
    assert certified(verdict(TRAINING, **other, resumed_again=(1,))) == []
    words = "the certificate calls score/a/seed-0 bit-identical, with another result than the one stored"
    assert certified(verdict(TRAINING), verdict(SCORE, **other, **MOVED)) == [words]
    assert certified(verdict(TRAINING, "different"), verdict(SCORE, **other, upstream={TRAINING.id: "stored"})) == [words]
    assert certified(verdict(TRAINING), verdict(SCORE, **other)) == [words]


@pytest.mark.parametrize(
    ("tasks", "trainings", "words"),
    [
        ((), 0, ["another number of trainings than the run has"]),
        ((), 2, ["another number of trainings than the run has"]),
        ((verdict(SCORE), verdict(SCORE)), 1, ["judges score/a/seed-0 twice"]),
        ((verdict(SCORE, result_again=None),), 1, ["bit_identical, and names no result of its re-run"]),
        ((verdict(SCORE, "consistent", result_again=None),), 1, ["consistent, and names no result of its re-run"]),
        ((verdict(SCORE, "not_comparable", result_again="9" * 64),), 1, ["not_comparable, and names a result of a re-run"]),
        ((verdict(SCORE, "divergence", result_again="b" * 64),), 1, ["divergence, with the very result that is stored"]),
        ((verdict(SCORE, "different", result_again="b" * 64),), 1, ["different, with the very result that is stored"]),
        ((verdict(SCORE, "consistent", environment=()),), 1, ["consistent, and names no other environment"]),
        ((verdict(SCORE, "no_result"),), 1, ["no_result, and its record is ok"]),
        ((verdict(SCORE, trained=True),), 1, ["says of score/a/seed-0 whether it is a training"]),
        ((verdict(TRAINING, trained=False),), 1, ["says of fit/a/seed-0 whether it is a training"]),
        ((verdict(SCORE, fingerprint="9" * 64),), 1, ["judges another score/a/seed-0 than the run names"]),
        (
            (verdict(SCORE, result_stored="9" * 64, result_again="9" * 64),),
            1,
            ["judges another result of score/a/seed-0 than the one stored"],
        ),
    ],
)
def test_each_contradiction_of_a_certificate_is_named(
    tasks: tuple[dict[str, Any], ...], trainings: int, words: list[str]
) -> None:
    """One word on it, and no other beside."""
    found = certified(*tasks, trainings=trainings)
    assert len(found) == len(words)
    assert all(word in text for word, text in zip(words, found, strict=True))


def test_as_many_verdicts_as_a_certificate_may_hold_are_read_in_seconds() -> None:
    """Twenty thousand, each on an upstream of its own: looked up, and not listed anew for each."""
    strangers = [TaskKey(experiment="fit", variant="b", seed=number).model_dump() for number in range(20_000)]
    upstream = {"upstream": {SCORE.id: "again"}}
    found = certified(verdict(TRAINING), verdict(SCORE), *({**verdict(SCORE, **upstream), "task": one} for one in strangers))
    assert len(found) == len(strangers)  # each is on a task that the run does not name


def test_a_verdict_on_a_task_of_another_run_is_named() -> None:
    """Nothing can be said against the record, as there is none."""
    stranger = TaskKey(experiment="fit", variant="b", seed=0)
    fields = {**verdict(SCORE), "task": stranger.model_dump()}
    assert certified(fields) == ["the certificate judges fit/b/seed-0, which the run does not name"]
    failed = audited(record(SCORE, result=Result(status="failed")))
    assert any("its record is failed" in what for what in certified(verdict(SCORE), trainings=0, records=failed))
