"""Verdicts on the published claims: each follows from records of known truth, and from nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from report.claims.schema import load_claims
from report.cli import main
from report.evidence.protocol import Deviation
from report.evidence.studies import study_of
from report.inference.testing import Draw, Region, Sample, inside_p, one_more_p, outside_p, prediction_reach
from report.inference.verdicts import judge_all
from report.tables.claim_reasons import reason
from report.tables.claims import by_place, spoken
from tests.report.configuration import with_detection
from tests.report.conftest import subject_of
from tests.report.inference.simulation import FIRST, ORDER, RANGE, VALUE, claim, judged
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
    return judge_all(subject, [claim for claim in load_claims(study_of().data).claims if claim.id == name])[0]


@pytest.mark.parametrize(
    ("values", "verdict", "why"),
    [
        ((88.0, 88.1, 88.05, 87.95), "reproduced", "shown_inside"),
        ((88.5, 88.52, 88.51, 88.49), "reproduced", "shown_inside_apart"),
        ((80.0, 80.2, 80.1, 79.9), "refuted", "shown_no_run"),
        ((87.0, 89.5, 88.4, 86.9), "consistent", "possible_needed"),
        ((86.0, 87.2, 86.4, 86.8), "consistent", "possible_needed"),
        ((86.9, 87.0, 87.05, 86.85), "inconclusive", "inconclusive_needed"),
        ((88.0,), "consistent", "one_seed_inside"),
        ((80.0,), "inconclusive", "one_seed_outside"),
        ((88.0, 88.0), "consistent", "no_spread_inside"),
        ((80.0, 80.0), "inconclusive", "no_spread_outside"),
    ],
)
def test_verdict_follows_from_the_values(values: tuple[float, ...], verdict: str, why: str) -> None:
    """Equivalence has to be shown, and so has difference; one seed, or no spread, shows nothing."""
    (found,) = judged({"a": values}, [claim(VALUE)])
    assert (found.verdict, found.why, found.seeds, found.published) == (verdict, why, len(values), PUBLISHED)
    assert (found.p is None) == (found.verdict in {"consistent", "inconclusive"})


def test_the_tests_behind_a_verdict_are_kept() -> None:
    """Both half-widths and every P value, which are those of the tests alone where the family has one claim."""
    values = (87.0, 89.5, 88.4, 86.9)
    (found,) = judged({"a": values}, [claim(VALUE)], draws=2)
    of = Sample(values, Region(87.04, 89.04), Draw(88.04, 0.005, 2)).moments
    assert found.tests is not None
    assert (found.tests.inside, found.tests.outside) == (pytest.approx(float(inside_p(of))), float(outside_p(of)))
    assert found.tests.one_more == pytest.approx(float(one_more_p(of)))
    assert found.tests.against == max(found.tests.outside, found.tests.one_more)
    assert (found.tests.tolerance, found.tests.prediction) == (pytest.approx(1.0), pytest.approx(float(prediction_reach(of))))
    (bound,) = judged({"a": values}, [claim(RANGE)])
    assert bound.tests is not None
    assert (bound.tests.one_more, bound.tests.tolerance, bound.tests.prediction) == (None, None, None)


def test_a_published_value_just_outside_the_prediction_interval_is_not_consistent() -> None:
    """On its edge a thousandth of its reach decides between consistent and inconclusive."""
    values = (0.0, 1.0, 2.0, 1.0)
    reach = 3.182446 * 0.8164966 * 1.25**0.5
    found = []
    for share in (0.999, 1.001):
        printed = f"{1 + share * reach:.6f}"
        (one,) = judged({"a": values}, [claim({**VALUE, "tolerance": {"absolute": 2.4}})], printed)
        found.append(one.verdict)
    assert found == ["consistent", "inconclusive"]


@pytest.mark.parametrize(
    ("measured", "verdict"), [(88.044, "reproduced"), (88.036, "reproduced"), (88.046, "refuted"), (88.03, "refuted")]
)
def test_what_has_no_randomness_has_to_be_the_printed_digits(measured: float, verdict: str) -> None:
    """The tolerance is for seeds: without any, half a unit of the last digit is all that rounding explains."""
    (found,) = judged({"a": [measured]}, [claim(VALUE)], seeds=[None])
    assert (found.verdict, found.why) == (verdict, "digits_equal" if verdict == "reproduced" else "digits_other")


def test_an_order_without_randomness_is_no_tie() -> None:
    """Equal numbers are not in falling order; different ones are, or are refuted."""
    found = [judged({"a": [a], "b": [1.0]}, [claim(ORDER, "ab")], seeds=[None])[0].verdict for a in (2.0, 1.0, 0.5)]
    assert found == ["reproduced", "refuted", "refuted"]


def test_a_first_model_is_held_against_each_other_one() -> None:
    """Above all others or not: one that is shown ahead refutes the claim, whatever the rest says."""
    values = {"a": (3.0, 3.1, 3.2), "b": (2.0, 2.2, 2.1), "c": (1.0, 1.05, 1.2)}
    assert judged(values, [claim(FIRST, "abc")])[0].verdict == "reproduced"
    assert judged(values, [claim(FIRST, "bac")])[0].verdict == "refuted"
    rising = {**FIRST, "order": "rising"}
    assert judged(values, [claim(rising, "cab")])[0].verdict == "reproduced"


def test_a_bound_that_is_not_kept_is_refuted_without_a_word_on_runs() -> None:
    """A statement about means knows nothing of one more run; where it holds as far as seen it is consistent."""
    values = {"a": (-2.0, -2.1, -1.9), "b": (-1.0, 1.2, 0.3, -0.4), "c": (-1.0, 0.9, 0.3, -0.4)}
    found = [judged({name: scores}, [claim(RANGE, name)])[0] for name, scores in values.items()]
    assert [one.why.partition("_")[0] for one in found] == ["shown", "consistent", "inconclusive"]
    assert (found[0].verdict, found[0].why) == ("refuted", "shown_outside")


def test_an_upper_bound_and_two_bounds_are_kept_from_both_sides() -> None:
    """At most means at most, whatever is below; between two bounds both count."""
    most = {"kind": "range", "at_most": 0.0, "why": "simulated"}
    within = {**most, "at_least": -5.0}
    cases = {"a": (2.0, 2.1, 1.9), "b": (-2.0, -2.1, -1.9), "c": (-8.0, -8.1, -7.9)}
    found = {}
    for name, values in cases.items():
        found[name] = [judged({name: values}, [claim(kind, name)])[0].verdict for kind in (most, within)]
    assert found == {"a": ["refuted"] * 2, "b": ["reproduced"] * 2, "c": ["reproduced", "refuted"]}


def test_an_unknown_number_of_runs_counts_as_one() -> None:
    """The smallest count gives the widest prediction interval; what the source does not say makes nothing narrower."""
    values = {"a": (87.0, 89.5, 88.4, 86.9)}
    unknown, one, two = (judged(values, [claim(VALUE)], draws=draws)[0].tests for draws in (None, 1, 2))
    assert unknown == one != two


def test_a_claim_rests_on_its_weakest_part() -> None:
    """Three seeds of two models and two of the third: the order rests on two."""
    values = {"a": (3.0, 3.1, 3.2), "b": (2.0, 2.2, 2.15), "c": (1.0, 1.05)}
    (found,) = judged(values, [claim(ORDER, "abc")])
    assert found.seeds == 2


def test_an_exact_number_may_carry_the_rounding_of_a_ratio() -> None:
    """Half a billionth of a thousand is arithmetic; a thousandth is another number."""
    exact = claim({"kind": "exact", "value": 1152})
    found = [judged({"a": [number]}, [exact], seeds=[None])[0].verdict for number in (1152 * (1 + 5e-10), 1152.001)]
    assert found == ["reproduced", "refuted"]


def test_an_order_of_three_is_each_against_the_next() -> None:
    """The first may be above the last while the middle is not between them: then the order is refuted, the first is not."""
    values = {"a": (3.0, 3.1, 3.2), "b": (1.0, 1.2, 1.1), "c": (2.0, 2.05, 2.2)}
    assert judged(values, [claim(ORDER, "abc")])[0].verdict == "refuted"
    assert judged(values, [claim(ORDER, "acb")])[0].verdict == "reproduced"
    assert judged(values, [claim(FIRST, "abc")])[0].verdict == "reproduced"


def test_what_has_no_seed_stands_beside_every_seed_of_the_other() -> None:
    """A fixed value against three seeds is tested with their spread; only where nothing is random is there no test."""
    values = {"a": (3.0,), "b": (1.0, 1.2, 1.1)}
    found = judged(values, [claim(ORDER, "ab"), claim(ORDER, "ba", "other")], seeds_of={"a": (None,)})
    assert [one.verdict for one in found] == ["reproduced", "refuted"]
    assert [one.seeds for one in found] == [3, 3]
    assert all(one.p is not None for one in found)


def test_seeds_that_only_one_side_has_do_not_count() -> None:
    """Without a common seed there is nothing to compare, and that is said."""
    values = {"a": (3.0, 3.1), "b": (1.0, 1.2)}
    (found,) = judged(values, [claim(ORDER, "ab")], seeds_of={"b": (5, 6)})
    assert (found.verdict, found.why, found.seeds) == ("not_comparable", "undefined", 2)


def test_more_seeds_than_there_are_is_what_an_open_claim_needs() -> None:
    """The projection does not correct for the family: what it names is at least one seed more than the run has."""
    close = {"a": (0.5, 1.4, 0.9, 0.2), "b": (-1.0, 1.2, 0.3, -0.4)}
    others = [claim(RANGE, "b", f"other-{index}") for index in range(9)]
    found = judged(close, [claim(RANGE, "a"), *others])[0]
    assert found.verdict == "consistent"
    assert found.values["needed"] == 5


def test_a_family_shares_its_level_and_another_one_does_not() -> None:
    """A P value of 0.03 is enough alone and in another family, and too much beside nine others that show nothing."""
    values = {"a": (0.5, 1.4, 0.9, 0.2), "b": (-1.0, 1.2, 0.3, -0.4)}
    one, other = claim(RANGE, "a"), [claim(RANGE, "b", f"other-{index}") for index in range(9)]
    alone = judged(values, [one])[0]
    assert alone.p is not None
    assert 0.005 < alone.p <= 0.05
    assert judged(values, [one, *other])[0].verdict == "consistent"
    apart = [found.model_copy(update={"family": "another"}) for found in other]
    assert judged(values, [one, *apart])[0] == alone


def test_a_cause_is_named_where_there_is_a_difference() -> None:
    """It explains a refuted claim, and is silent about a reproduced one."""
    told = claim({**VALUE, "cause": {"key": "other_data", "certainty": "likely"}})
    close, far = (judged({"a": values}, [told])[0] for values in ((88.0, 88.1, 88.05), (80.0, 80.2, 80.1)))
    assert (close.verdict, close.cause) == ("reproduced", None)
    assert far.verdict == "refuted"
    assert far.cause is not None
    assert (far.cause.key, far.cause.certainty) == ("other_data", "likely")


def test_a_departure_names_two_keys_and_that_there_are_more(whole: Subject) -> None:
    """A line of the table has room for two."""
    for count, shown in ((2, "dataset.a, dataset.b"), (3, "dataset.a, dataset.b, ...")):
        changed = tuple(Deviation(f"dataset.{name}", 1, 2) for name in "abc"[:count])
        assert judge(replace(whole, deviations=changed)).values == {"keys": shown}


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
        for claim in load_claims(study_of().data).claims
        if claim.kind == "order" and {selector.metric for selector in claim.select} == {"test_accuracy"}
    ]
    assert orders
    for one in orders:
        names = [selector.variant for selector in one.select]
        rising = names == sorted(names, key=("dae", "vae", "ae").index)
        expected = "reproduced" if (one.order == "rising") == rising else "refuted"
        assert judge_all(subject_of(tmp_path), [one])[0].verdict == expected, one.id


def test_departure_and_missing_result_cannot_be_compared(whole: Subject, broken: Subject) -> None:
    """Another protocol voids a number, and a task without a result leaves nothing to compare; both are said."""
    assert judge(broken).why == "departs"
    kept = replace(broken, deviations=())
    found = judge(kept, "table-5.dae.accuracy")
    assert (found.verdict, found.why, found.seeds, found.measured) == ("not_comparable", "no_result", 0, ())
    assert judge(whole, "table-5.dae.accuracy").verdict != "not_comparable"


def test_a_claim_counts_the_seeds_that_gave_nothing(tmp_path: Path) -> None:
    """One of four seeds failed: the verdict rests on three, and the table says of how many."""
    write_study(tmp_path, Spec(seeds=SEEDS, broken={"classifier/ae/seed-2": ("failed", "ValueError: no encoder")}))
    subject = subject_of(tmp_path)
    assert judge(subject).seeds == 3
    table = next(one.table for one in by_place(subject) if one.group.anchor == "published-table-5")
    seeds = [column.title for column in table.columns].index("n")
    shown = {row[1].text: row[seeds].text for row in table.rows}
    assert shown["The AE classifier's accuracy is 88.04\N{NARROW NO-BREAK SPACE}%."] == "3 of 4"
    assert shown["The VAE classifier's accuracy is 87.17\N{NARROW NO-BREAK SPACE}%."] == "4"


def test_fixed_quantity_needs_no_statistics(whole: Subject) -> None:
    """A count of the architecture is equal or it is not."""
    names = {claim.id for claim in load_claims(study_of().data).claims if claim.kind == "exact"}
    found = [one for one in judge_all(whole) if one.claim.id in names]
    assert {one.why for one in found if one.verdict != "not_comparable"} <= {"exact_equal", "exact_other"}
    assert all(one.p is None for one in found)


def test_every_claim_gets_a_verdict(whole: Subject, broken: Subject) -> None:
    """None is left out, whatever failed."""
    for subject in (whole, broken):
        assert all("<<" not in reason(subject, one) and " " in reason(subject, one) for one in judge_all(subject))
        assert [one.claim.id for one in judge_all(subject)] == [claim.id for claim in load_claims(study_of().data).claims]


def test_audit_exits_with_5_where_a_claim_is_refuted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command tells by its exit code, unless it is asked not to; JSON has every claim."""
    metrics = {f"classifier/ae/seed-{seed}": {"test_accuracy": 0.5 + seed / 1000} for seed in SEEDS}
    write_study(tmp_path, Spec(seeds=SEEDS, config=with_detection(), metrics=metrics))
    assert main(["audit", "--artifacts", str(tmp_path)]) == 5
    assert f"refuted         {NAME}" in capsys.readouterr().out
    assert main(["audit", "--artifacts", str(tmp_path), "--no-fail", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["counts"]["refuted"] >= 1
    assert len(facts["claims"]) == len(load_claims(study_of().data).claims)


def test_a_reason_names_what_the_claim_was_held_against(tmp_path: Path) -> None:
    """A value with its tolerance, a bound, or an order; and a claim without words is not quoted."""
    subject = accuracies(tmp_path, 88.0, 88.1, 88.05, 87.95)
    reasons = {one.claim.id: reason(subject, one) for one in judge_all(subject)}
    assert reasons[NAME].startswith("Shown to hold: 88.04 ± 1.0\N{NARROW NO-BREAK SPACE}% (adjusted p")
    assert ": at least 0.9" in reasons["text.ae.fidelity"]
    assert ": 10\N{NARROW NO-BREAK SPACE}% to 90\N{NARROW NO-BREAK SPACE}%" in reasons["text.vae.removes-part"]
    assert ": that order" in reasons["text.classifier.order"]
    said = {row[1].text for one in by_place(subject) for row in one.table.rows}
    assert "The AE classifier's accuracy is 88.04\N{NARROW NO-BREAK SPACE}%." in said
    assert not any("“”" in text for text in said)


def test_a_refuted_claim_is_in_the_summary_with_what_was_found(tmp_path: Path) -> None:
    """The re-run's mean and interval, with their unit once and their records, stand beside the published words."""
    subject = accuracies(tmp_path, 80.0, 80.2, 80.1, 79.9)
    line = spoken(subject, judge(subject))
    assert "(published Table 5). Re-run: [80.05]{.value record=" in line
    assert "[\\[79.84\\,\N{NO-BREAK SPACE}80.26\\]\N{NARROW NO-BREAK SPACE}%]{.value" in line
    assert "Shown not to hold: 88.04 ± 1.0" in line
