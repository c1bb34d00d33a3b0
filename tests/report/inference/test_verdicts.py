"""Verdicts on the published claims: each follows from records of known truth, and from nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from report.claims.schema import load_claims
from report.cli import main
from report.evidence.declarations import default_folder
from report.inference.verdicts import judge_all
from report.tables.claims import claims, reason, spoken
from tests.report.configuration import with_detection
from tests.report.conftest import subject_of
from tests.report.study import Spec, write_study

if TYPE_CHECKING:
    from pathlib import Path

    from report.evidence.subject import Subject
    from report.inference.verdicts import Judged

NAME = "table-5.ae.accuracy"
SEEDS = (0, 1, 2, 3)
PUBLISHED = 88.04


def accuracies(root: Path, *values: float) -> Subject:
    """A study in which the AE's classifier has these accuracies, in percent, and everything else is as it was."""
    metrics = {f"classifier/ae/seed-{seed}": {"test_accuracy": value / 100} for seed, value in enumerate(values)}
    write_study(root, Spec(seeds=tuple(range(len(values))), metrics=metrics))
    return subject_of(root)


def judge(subject: Subject, name: str = NAME) -> Judged:
    """The verdict on one claim, alone in its family."""
    return judge_all(subject, [claim for claim in load_claims(default_folder()).claims if claim.id == name])[0]


@pytest.mark.parametrize(
    ("values", "verdict", "why"),
    [
        ((88.0, 88.1, 88.05, 87.95), "reproduced", "shown_inside"),
        ((80.0, 80.2, 80.1, 79.9), "refuted", "shown_outside"),
        ((87.0, 89.5, 88.4, 86.9), "consistent", "consistent_needed"),
        ((86.0, 87.2, 86.4, 86.8), "inconclusive", "inconclusive_needed"),
        ((88.0,), "consistent", "one_seed_inside"),
        ((80.0,), "inconclusive", "one_seed_outside"),
        ((88.0, 88.0), "consistent", "no_spread_inside"),
    ],
)
def test_verdict_follows_from_the_values(values: tuple[float, ...], verdict: str, why: str, tmp_path: Path) -> None:
    """Equivalence has to be shown; one seed, or no spread, shows nothing."""
    found = judge(accuracies(tmp_path, *values))
    assert (found.verdict, found.why, found.seeds, found.published) == (verdict, why, len(values), PUBLISHED)


def test_order_is_paired_by_seed(tmp_path: Path) -> None:
    """Seeds that differ more than the models do hide nothing: each model is held against the other of its seed."""
    metrics = {}
    for seed, level in enumerate((0.70, 0.80, 0.90, 0.75)):
        for rank, model in enumerate(("ae", "vae", "dae")):
            metrics[f"classifier/{model}/seed-{seed}"] = {
                "test_accuracy": level - 0.01 * rank + 0.0001 * ((seed * 7 + rank) % 3)
            }
    write_study(tmp_path, Spec(seeds=SEEDS, metrics=metrics))
    orders = [
        claim
        for claim in load_claims(default_folder()).claims
        if claim.kind == "order" and {selector.metric for selector in claim.select} == {"test_accuracy"}
    ]
    assert orders
    for claim in orders:
        names = [selector.variant for selector in claim.select]
        rising = names == sorted(names, key=("dae", "vae", "ae").index)
        expected = "reproduced" if (claim.order == "rising") == rising else "refuted"
        assert judge_all(subject_of(tmp_path), [claim])[0].verdict == expected, claim.id


def test_departure_and_missing_result_cannot_be_compared(whole: Subject, broken: Subject) -> None:
    """Another protocol voids a number, and a task without a result leaves nothing to compare; both are said."""
    assert judge(broken).why == "departs"
    kept = replace(broken, deviations=())
    found = judge(kept, "table-5.dae.accuracy")
    assert (found.verdict, found.why) == ("not_comparable", "no_result")
    assert judge(whole, "table-5.dae.accuracy").verdict != "not_comparable"


def test_a_claim_counts_the_seeds_that_gave_nothing(tmp_path: Path) -> None:
    """One of four seeds failed: the verdict rests on three, and the table says of how many."""
    write_study(tmp_path, Spec(seeds=SEEDS, broken={"classifier/ae/seed-2": ("failed", "ValueError: no encoder")}))
    subject = subject_of(tmp_path)
    assert judge(subject).seeds == 3
    order = [claim.id for claim in load_claims(default_folder()).claims]
    shown = {name: row[5].text for name, row in zip(order, claims(subject).rows, strict=True)}
    assert (shown[NAME], shown["table-5.vae.accuracy"]) == ("3 of 4", "4")


def test_fixed_quantity_needs_no_statistics(whole: Subject) -> None:
    """A count of the architecture is equal or it is not."""
    names = {claim.id for claim in load_claims(default_folder()).claims if claim.kind == "exact"}
    found = [one for one in judge_all(whole) if one.claim.id in names]
    assert {one.why for one in found if one.verdict != "not_comparable"} <= {"exact_equal", "exact_other"}
    assert all(one.p is None for one in found)


def test_every_claim_gets_a_verdict(whole: Subject, broken: Subject) -> None:
    """None is left out, whatever failed."""
    for subject in (whole, broken):
        assert all("<<" not in reason(subject, one) and " " in reason(subject, one) for one in judge_all(subject))
        assert [one.claim.id for one in judge_all(subject)] == [claim.id for claim in load_claims(default_folder()).claims]


def test_audit_exits_with_5_where_a_claim_is_refuted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command tells by its exit code, unless it is asked not to; JSON has every claim."""
    metrics = {f"classifier/ae/seed-{seed}": {"test_accuracy": 0.5 + seed / 1000} for seed in SEEDS}
    write_study(tmp_path, Spec(seeds=SEEDS, config=with_detection(), metrics=metrics))
    assert main(["audit", "--artifacts", str(tmp_path)]) == 5
    assert f"refuted         {NAME}" in capsys.readouterr().out
    assert main(["audit", "--artifacts", str(tmp_path), "--no-fail", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["counts"]["refuted"] >= 1
    assert len(facts["claims"]) == len(load_claims(default_folder()).claims)


def test_a_reason_names_what_the_claim_was_held_against(tmp_path: Path) -> None:
    """A value with its tolerance, a bound, or an order; and a claim without words is not quoted."""
    subject = accuracies(tmp_path, 88.0, 88.1, 88.05, 87.95)
    reasons = {one.claim.id: reason(subject, one) for one in judge_all(subject)}
    assert reasons[NAME].startswith("Shown to hold: 88.04 ± 1.0 (p")
    assert ": at least 0.9" in reasons["text.ae.fidelity"]
    assert ": 0.1 to 0.9" in reasons["text.vae.removes-part"]
    assert ": that order" in reasons["text.classifier.order"]
    said = {row[1].text for row in claims(subject).rows}
    assert "The AE's training loss follows the published curve." in said
    assert not any("“”" in text for text in said)


def test_a_refuted_claim_is_in_the_summary_with_what_was_found(tmp_path: Path) -> None:
    """The re-run's mean and interval stand beside the published words, with the records that they come from."""
    subject = accuracies(tmp_path, 80.0, 80.2, 80.1, 79.9)
    line = spoken(subject, judge(subject))
    assert "(Table 5). Re-run: [80.05]{.value record=" in line
    assert "\\[79.84, 80.26\\]" in line
    assert "Shown not to hold: 88.04 ± 1.0" in line
