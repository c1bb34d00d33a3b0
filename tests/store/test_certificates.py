"""What the verdicts on a run's tasks amount to, and which certificates were made by the store that has them."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from store.archive import export_run, import_run
from store.certificates import (
    CHECKED,
    Certificate,
    Selection,
    TaskVerdict,
    certificate_path,
    is_checked_here,
    load_certificate,
    outcome_of,
    write_certificate,
)
from store.errors import IntegrityError
from store.runs import load_run
from store.schema import TaskKey
from tests.store.test_archive import write_store

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue

    from store.schema import Run


def verdicts(*words: str) -> list[TaskVerdict]:
    """A task with each verdict; a word with a plus is of a training."""
    found = []
    for number, word in enumerate(words):
        task = TaskKey(experiment="a", variant=f"v{number}", seed=0)
        fields = {"task": task, "fingerprint": "0" * 64, "result_stored": "0" * 64}
        found.append(TaskVerdict.model_validate({**fields, "verdict": word.rstrip("+"), "trained": word.endswith("+")}))
    return found


@pytest.mark.parametrize(
    ("trainings", "words", "expected"),
    [
        (1, ("bit_identical+", "bit_identical"), "reproduced"),
        (1, ("bit_identical+", "consistent", "no_result"), "consistent"),
        (1, ("bit_identical", "bit_identical"), "incomplete"),  # the run has a training, and none was repeated
        (0, ("bit_identical", "bit_identical"), "reproduced"),
        (1, ("bit_identical+", "no_result"), "reproduced"),  # just half of them
        (1, ("bit_identical+", "no_result", "no_result"), "incomplete"),
        (0, (), "incomplete"),
        (0, ("no_result",), "incomplete"),
        (1, ("no_result+", "bit_identical"), "incomplete"),
        (1, ("bit_identical+", "different"), "not_reproduced"),
        (1, ("bit_identical+", "skipped"), "not_reproduced"),
        (1, ("bit_identical+", "not_comparable"), "not_reproduced"),
    ],
)
def test_what_the_verdicts_amount_to(trainings: int, words: tuple[str, ...], expected: str) -> None:
    """At least half has to agree, a training among them where the run has one; one that speaks against it decides."""
    assert all(task.duration_s == 0 for task in verdicts(*words))
    assert outcome_of(verdicts(*words), Selection(tasks_in_run=9, trainings_in_run=trainings)) == expected


def fields_of(run: Run, **changed: JsonValue) -> dict[str, JsonValue]:
    """A certificate of the run that says of itself what it may."""
    side: JsonValue = {"environment": {}, "machines": [], "git": []}
    return {
        "run_id": run.run_id,
        "run_digest": run.digest,
        "scope": "as far as it goes",
        "selection": {"tasks_in_run": 2, "trainings_in_run": 0},
        "tolerance": {"relative": 1e-3, "deviations": 4.0, "seeds": 3, "cap": 0.05},
        "stored": side,
        "again": side,
        "tasks": [],
        "outcome": "incomplete",
        "created_at": "2026-01-02T00:00:00+00:00",
        **changed,
    }


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The run of a small store."""
    write_store(tmp_path / "store")
    return load_run(tmp_path / "store")


def test_a_store_knows_the_certificates_that_it_made(run: Run, tmp_path: Path) -> None:
    """A copy of the folder has the same bytes and is a claim; so is a certificate that another took the place of."""
    root = tmp_path / "store"
    assert load_certificate(root, run) is None
    assert not is_checked_here(root, run)
    written = write_certificate(root, fields_of(run))
    assert load_certificate(root, run) == written
    assert is_checked_here(root, run)
    shutil.copytree(root, tmp_path / "copy")
    assert load_certificate(tmp_path / "copy", run) == written
    assert not is_checked_here(tmp_path / "copy", run)
    place = certificate_path(root, run.run_id)
    mark = (place.parent / CHECKED).read_bytes()
    write_certificate(root, fields_of(run, scope="another one"))
    (place.parent / CHECKED).write_bytes(mark)
    assert not is_checked_here(root, run)
    (place.parent / CHECKED).write_bytes(b"no JSON")
    assert not is_checked_here(root, run)
    (place.parent / CHECKED).unlink()
    assert not is_checked_here(root, run)


def test_a_certificate_of_the_run_as_it_was_counts_for_nothing(run: Run, tmp_path: Path) -> None:
    """It names the digest of the manifest that it speaks of; an edit is found by its own."""
    root = tmp_path / "store"
    write_certificate(root, fields_of(run, run_digest="0" * 64))
    assert load_certificate(root, run) is None
    assert not is_checked_here(root, run)
    write_certificate(root, fields_of(run))
    place = certificate_path(root, run.run_id)
    place.write_text(json.dumps({**json.loads(place.read_bytes()), "scope": "more than was done"}), encoding="utf-8")
    with pytest.raises(IntegrityError, match="certificate was altered"):
        load_certificate(root, run)


@pytest.mark.parametrize("changed", [{"remark": "looks fine"}, {"tolerance": {"relative": float("nan")}}, {"outcome": "fine"}])
def test_a_certificate_holds_what_its_schema_says(run: Run, changed: dict[str, JsonValue]) -> None:
    """No further field, no number that is none, no other word; and it cannot be changed once it is made."""
    tolerance: JsonValue = {"relative": 1e-3, "deviations": 4.0, "seeds": 3, "cap": 0.05}
    sealed = {**fields_of(run), "digest": "0" * 64}
    whole = Certificate.model_validate(sealed)
    with pytest.raises(ValidationError, match="frozen"):
        whole.outcome = "reproduced"  # type: ignore[misc]
    wrong = {**tolerance, **changed["tolerance"]} if "tolerance" in changed else tolerance  # type: ignore[dict-item]
    with pytest.raises(ValidationError):
        Certificate.model_validate({**sealed, **changed, "tolerance": wrong})


def test_only_agreement_counts_as_reproduced(run: Run) -> None:
    """Both words of agreement do, and neither of the others."""
    for outcome, expected in (("reproduced", True), ("consistent", True), ("incomplete", False), ("not_reproduced", False)):
        sealed = Certificate.model_validate({**fields_of(run, outcome=outcome), "digest": "0" * 64})
        assert sealed.reproduced is expected


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"outcome": "reproduced"}, "what its tasks do not say"),
        ({"selection": {"tasks_in_run": 2, "trainings_in_run": 1}}, "another number of trainings"),
        ({"selection": {"tasks_in_run": 9, "trainings_in_run": 0}}, "another number of tasks"),
    ],
)
def test_a_certificate_that_contradicts_its_run_is_not_taken_in(
    changed: dict[str, JsonValue], said: str, run: Run, tmp_path: Path
) -> None:
    """What the command verify would find in the store is found before it is there."""
    write_certificate(tmp_path / "store", fields_of(run, **changed))
    export_run(tmp_path / "store", None, tmp_path / "run.tar")
    with pytest.raises(IntegrityError, match=said) as caught:
        import_run(tmp_path / "other", tmp_path / "run.tar")
    assert "in the archive: runs/" in caught.value.where
    assert not (tmp_path / "other").exists() or not list((tmp_path / "other").rglob("*.json"))
    write_certificate(tmp_path / "store", fields_of(run))
    export_run(tmp_path / "store", None, tmp_path / "run.tar")
    import_run(tmp_path / "other", tmp_path / "run.tar")
    assert load_certificate(tmp_path / "other", run) is not None
