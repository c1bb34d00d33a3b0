"""What another value of an assumed setting changes stands beside the same seeds with the assumed one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from report.claims import sensitivity as module
from report.claims.sensitivity import Change, Trial, Turned, settings_that_turn, trials, turned
from report.tables import sensitivity
from report.tables.catalogue import all_tables
from store.alternatives import alternative_variant
from tests.report.configuration import PUBLISHED_CONFIG
from tests.report.conftest import subject_of
from tests.report.evidence.small_run import evidence, stored
from tests.report.study import Spec, write_study

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from report.evidence.subject import Subject

WIDTH, BETA = "classifier.hidden_units=[512, 256]", "vae.beta=1.0"
TOUCHED = {WIDTH: (("classifier", "ae"), ("classifier", "vae")), BETA: (("autoencoder", "vae"), ("classifier", "vae"))}
ACCURACY = "table-5.ae.accuracy"


def study(
    root: Path,
    seeds: tuple[int, ...] = (0, 1, 2, 3),
    metrics: Mapping[str, Mapping[str, float]] | None = None,
    broken: Mapping[str, tuple[str, str]] | None = None,
) -> Subject:
    """A study with four seeds that tries two alternatives on the first three of them."""
    section = {"seeds": 3, "alternatives": [WIDTH, BETA]}
    config = {**PUBLISHED_CONFIG, "questions": ["main", "sensitivity"], "sensitivity": section}
    spec = Spec(seeds=seeds, config=config, alternatives=TOUCHED, metrics=metrics or {}, broken=broken or {})
    write_study(root, spec)
    return subject_of(root)


def accuracies(*values: float) -> dict[str, dict[str, float]]:
    """Accuracies of the AE's wider classifier, by seed."""
    return {f"classifier/{alternative_variant('ae', WIDTH)}/seed-{seed}": {"test_accuracy": v} for seed, v in enumerate(values)}


def rows(subject: Subject, table: str) -> list[list[str]]:
    """The texts of a table."""
    return [[cell.text for cell in row] for row in all_tables(subject)[table].rows]


def test_each_trial_has_the_seeds_that_both_sides_have(tmp_path: Path) -> None:
    """Only the cells that a value touches are replaced, and the fourth seed stands on neither side."""
    width, beta = trials(study(tmp_path))
    assert width.changes == (Change("classifier.hidden_units", [256, 128], "[512, 256]"),)
    assert beta.touched == {("autoencoder", "vae"), ("classifier", "vae")}
    for one in (width.own, width.other):
        assert [s.record.task.seed for s in one.evidence.records("classifier", "ae")] == [0, 1, 2]
        assert [s.record.task.seed for s in one.evidence.records("autoencoder", "dae")] == [0, 1, 2]
    assert {s.record.task.variant for s in width.other.evidence.records("classifier", "ae")} == {
        "ae.classifier.hidden_units-512-256"
    }
    assert {s.record.task.variant for s in width.other.evidence.records("classifier", "dae")} == {"dae"}


def test_the_difference_is_taken_seed_by_seed(tmp_path: Path) -> None:
    """The AE's accuracies are 88.10, 88.15 and 88.20 %; one point more in each seed is one point, without spread."""
    subject = study(tmp_path, metrics=accuracies(0.891, 0.8915, 0.892))
    found = next(
        row for row in rows(subject, "sensitivity") if row[0].startswith("dense layers") and row[1] == "AE accuracy (%)"
    )
    assert found[2:6] == ["88.04", "88.15", "89.15", "+1.00"]
    assert found[7] == "3"
    assert [row[1] for row in rows(subject, "sensitivity") if row[0].startswith("weight of the divergence")] == [
        "VAE validation loss, per image",
        "VAE accuracy (%)",
    ]


def test_a_verdict_that_depends_on_the_value_is_named(tmp_path: Path) -> None:
    """With other accuracies the claim on the AE is refuted; one on the DAE, which the value does not touch, is not tried."""
    subject = study(tmp_path, metrics=accuracies(0.70, 0.701, 0.702))
    found = {one.own.claim.id: one for one in turned(subject) if one.trial.alternative == WIDTH}
    assert (found[ACCURACY].own.verdict, found[ACCURACY].other.verdict) != (found[ACCURACY].own.verdict,) * 2
    assert found[ACCURACY].other.verdict == "refuted"
    assert "table-5.dae.accuracy" not in found
    assert settings_that_turn(subject)[ACCURACY] == (WIDTH,)
    shown = next(row for row in rows(subject, "sensitivity-verdicts") if row[2] == found[ACCURACY].own.claim.english)
    assert shown[4] == "refuted"
    claims = {row[1].replace("\N{NARROW NO-BREAK SPACE}", " "): row for row in rows(subject, "claims-published-table-5")}
    said = claims[found[ACCURACY].own.claim.english]
    assert said[-1].endswith("; another verdict with dense layers of the classifiers: 512, 256")


def test_a_step_between_neighbours_is_counted_and_not_listed(tmp_path: Path) -> None:
    """Reproduced and consistent are both inside: with a wide spread the same mean shows less, and no verdict depends on it."""
    own = {f"classifier/ae/seed-{seed}": {"test_accuracy": value} for seed, value in enumerate((0.8800, 0.8805, 0.8810))}
    subject = study(tmp_path, metrics={**own, **accuracies(0.866, 0.8805, 0.895)})
    found = next(one for one in turned(subject) if (one.own.claim.id, one.trial.alternative) == (ACCURACY, WIDTH))
    assert (found.own.verdict, found.other.verdict) == ("reproduced", "consistent")
    assert (found.changed, found.depends) == (True, False)
    assert ACCURACY not in settings_that_turn(subject)


def test_values_that_change_nothing_turn_no_verdict(tmp_path: Path) -> None:
    """Records equal to the assumed ones leave every verdict, and the text says so for each value."""
    subject = study(tmp_path)
    assert settings_that_turn(subject) == {}
    assert "sensitivity-verdicts" not in all_tables(subject)
    lines = sensitivity.lines(subject)
    assert "dense layers of the classifiers: 256, 128 to 512, 256 (tried on 3 seeds): 0 of" in str(lines)
    assert "0 of them by two steps or more" in str(lines)
    touched = sum(one.trial.alternative == WIDTH for one in turned(subject))
    assert touched > 10
    assert f"0 of {touched} claims" in str(lines)


def test_a_trial_that_failed_says_so(tmp_path: Path) -> None:
    """Without a result the claim cannot be compared any more, and the reason stands below the table."""
    broken = {f"classifier/{alternative_variant('ae', WIDTH)}/seed-{seed}": ("failed", "out of memory") for seed in range(3)}
    subject = study(tmp_path, broken=broken)
    found = next(one for one in turned(subject) if one.own.claim.id == ACCURACY)
    assert (found.other.verdict, found.other.why) == ("not_comparable", "no_result")
    assert any("out of memory" in note for note in all_tables(subject)["sensitivity"].notes)


def test_a_run_without_trials_has_no_such_tables(whole: Subject) -> None:
    """Nothing was tried, and nothing is said."""
    assert trials(whole) == ()
    assert not {"sensitivity", "sensitivity-verdicts"} & set(all_tables(whole))


@pytest.mark.parametrize(
    ("own", "other", "changed", "depends"),
    [
        ("reproduced", "reproduced", False, False),
        ("reproduced", "consistent", True, False),
        ("reproduced", "inconclusive", True, True),
        ("refuted", "inconclusive", True, False),
        ("refuted", "consistent", True, True),
        ("not_comparable", "refuted", True, True),
        ("reproduced", "not_comparable", True, True),
        ("not_comparable", "not_comparable", False, False),
    ],
)
def test_two_steps_of_the_scale_make_a_verdict_depend(own: str, other: str, changed: bool, depends: bool) -> None:  # noqa: FBT001
    """Or one side without a result; neighbours differ by chance."""
    one = Turned(None, SimpleNamespace(verdict=own), SimpleNamespace(verdict=other))  # type: ignore[arg-type]
    assert (one.changed, one.depends) == (changed, depends)


def test_a_setting_is_found_by_its_dotted_key() -> None:
    """A key that leads nowhere, or through something that is no section, has no value."""
    config = {"a": {"b": 0, "c": [1]}, "d": 2}
    found = [module._value_of(config, key) for key in ("a.b", "a.c", "d", "a.x", "d.e", "a.b.c")]
    assert found == [0, [1], 2, None, None, None]


def test_the_run_is_cut_to_the_seeds_of_the_trial() -> None:
    """What has no seed stays on both sides."""
    records = (stored("a", 0), stored("a", 1), stored("a", None))
    assert module._of_seeds(records, {1}) == (records[1], records[2])
    assert module._of_seeds(records, set()) == (records[2],)


@pytest.mark.parametrize(
    ("config", "count"),
    [
        ({"questions": ["main", "sensitivity"], "sensitivity": {"alternatives": ["x=1", "y=2"]}}, 1),
        ({"questions": ["main"], "sensitivity": {"alternatives": ["x=1"]}}, 0),
        ({"questions": "sensitivity", "sensitivity": {"alternatives": ["x=1"]}}, 0),
        ({"questions": ["sensitivity"]}, 0),
        ({"questions": ["sensitivity"], "sensitivity": {"alternatives": "x=1"}}, 0),
    ],
)
def test_only_an_alternative_that_was_asked_for_and_ran_is_a_trial(
    single: Subject, config: dict[str, object], count: int
) -> None:
    """The question has to be among the run's, and a record has to have the alternative's name."""
    ran = evidence(stored("a", 0, 1.0), stored("a.x-1", 0, 2.0), stored("a.x-1", 1, 2.0), stored("b", 0), config=config)  # type: ignore[arg-type]
    found = trials(module.replace(single, evidence=ran))
    assert len(found) == count
    for trial in found:
        assert isinstance(trial, Trial)
        assert (trial.touched, trial.seeds) == ({("fit", "a")}, {0, 1})
        assert [one.record.task.variant for one in trial.tasks] == ["a.x-1", "a.x-1"]
        assert trial.changes == (Change("x", None, "1"),)


def test_the_assumed_values_are_judged_once_for_each_set_of_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials on the same seeds share that judgement, and trials on others do not."""
    tried = [
        SimpleNamespace(own=f"own {number}", other=f"other {number}", tasks=tuple(stored("a", seed) for seed in seeds))
        for number, seeds in enumerate(((0, 1), (1, 0), (1, 2), (None,)))
    ]
    judged: list[object] = []
    monkeypatch.setattr(module, "trials", lambda _subject: tried)
    monkeypatch.setattr(module, "judge_all", lambda subject: judged.append(subject) or (subject,))
    monkeypatch.setattr(module, "_depends", lambda _judged, _trial: True)
    found = [(one.own, one.other) for one in turned(None)]  # type: ignore[arg-type]
    assert found == [("own 0", "other 0"), ("own 0", "other 1"), ("own 2", "other 2"), ("own 3", "other 3")]
    assert judged == ["own 0", "other 0", "other 1", "own 2", "other 2", "own 3", "other 3"]
    monkeypatch.setattr(module, "_depends", lambda one, trial: (one, trial.other) == ("own 0", "other 1"))
    assert [(one.own, one.other) for one in turned(None)] == [("own 0", "other 1")]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "touched", "expected"),
    [
        ("value", {("fit", "a")}, True),
        ("value", {("fit", "b"), ("fit", "z")}, True),  # the variant that it is compared with
        ("value", {("fit", "z"), ("other", "a")}, False),
        ("value", set(), False),
        ("not_comparable", {("fit", "a")}, False),
    ],
)
def test_a_claim_is_tried_where_a_record_of_its_own_was_replaced(kind: str, touched: set[object], expected: bool) -> None:  # noqa: FBT001
    """And where a run can decide it at all."""
    select = (
        SimpleNamespace(experiment="fit", variant="a", other="b"),
        SimpleNamespace(experiment="fit", variant="c", other=None),
    )
    judged = SimpleNamespace(claim=SimpleNamespace(kind=kind, select=select))
    assert module._depends(judged, SimpleNamespace(touched=touched)) is expected  # type: ignore[arg-type]
