"""Sentences speak the verdicts of claims: other numbers, another verdict, the same one everywhere."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from report.claims.audit import audit_facts
from report.inference.verdicts import VERDICTS, judge_all
from report.sections import claims as claim_facts
from report.sections.statements import by_id, counted, line, words
from report.studies.assignment_2.observations import CLASSIFICATION, TRAINING
from report.studies.assignment_2.sections import facts
from report.studies.assignment_2.tables import detection
from report.studies.assignment_2.transfer import STATEMENTS
from report.tables.claim_reasons import reason
from report.tables.claims import by_place
from tests.report.configuration import with_detection
from tests.report.conftest import subject_of
from tests.report.study import Spec, write_study

if TYPE_CHECKING:
    from pathlib import Path

    from report.evidence.subject import Subject
    from report.sections.statements import Statement

SPOKEN = (*TRAINING, *CLASSIFICATION)
WORD = re.compile(r"\[([a-z ]+)\]\{\.(?:ok|bad|warn|muted)\}")


def spoken(subject: Subject, key: str) -> str:
    """The sentence of one statement."""
    statement = next(one for one in SPOKEN if one.key == key)
    return line(subject, statement, by_id(judge_all(subject)))


@pytest.mark.parametrize("which", ["whole", "broken", "single"])
@pytest.mark.parametrize("statement", SPOKEN, ids=lambda one: one.key)
def test_every_statement_speaks_the_verdict_of_its_claims(
    which: str, statement: Statement, request: pytest.FixtureRequest
) -> None:
    """The marked words are those of the claims, in every run; the published words and the reason stand beside them."""
    subject = request.getfixturevalue(which)
    judged = by_id(judge_all(subject))
    text = line(subject, statement, judged)
    expected = {judged[name].verdict.replace("_", " ") for name in statement.claims}
    assert set(WORD.findall(text)) == expected
    assert subject.strings(f"statements.{statement.key}.statement") in text


def test_other_numbers_are_another_verdict(tmp_path: Path) -> None:
    """With the DAE far ahead the published order is refuted, and its numbers stand in the sentence with their records."""
    drawn = {"ae": (0.880, 0.8812, 0.8805), "vae": (0.871, 0.8723, 0.8722), "dae": (0.950, 0.9501, 0.9502)}
    metrics = {
        f"classifier/{m}/seed-{seed}": {"test_accuracy": v} for m, values in drawn.items() for seed, v in enumerate(values)
    }
    write_study(tmp_path, Spec(metrics=metrics))
    subject = subject_of(tmp_path)
    assert WORD.findall(spoken(subject, "accuracy_order")) == ["refuted"]
    assert '95.01]{.value record="classifier/dae' in spoken(subject, "accuracy_order")


def test_several_claims_are_counted_by_verdict(tmp_path: Path) -> None:
    """One statement on four scores names each verdict with how many claims have it, and each claim with its reason."""
    behind = {f"classifier/ae/seed-{seed}": {"macro_f1": value} for seed, value in enumerate((0.500, 0.501, 0.502))}
    write_study(tmp_path, Spec(metrics=behind))
    subject = subject_of(tmp_path)
    judged = by_id(judge_all(subject))
    found = [judged[name] for name in CLASSIFICATION[0].claims]
    said = words(subject, found)
    assert [int(count) for count in re.findall(r"\} (\d) of 4", said)] == [3, 1]
    text = spoken(subject, "ae_best_everywhere")
    assert all(f"{one.claim.english.rstrip('.')}: {reason(subject, one)}" in text for one in found)


def test_a_reason_that_several_claims_share_is_said_once(broken: Subject) -> None:
    """Without the DAE's classifier none of the four scores can be compared, all for one reason."""
    judged = by_id(judge_all(broken))
    (why,) = {reason(broken, judged[name]) for name in CLASSIFICATION[0].claims}
    assert spoken(broken, "ae_best_everywhere").count(why) == 1


def test_a_run_without_a_result_says_so(broken: Subject) -> None:
    """No DAE classifier, no verdict on the order; the words for its absence stand in the place of its number."""
    text = spoken(broken, "accuracy_order")
    assert WORD.findall(text)[0] == "not comparable"
    assert "failed" in text


@pytest.mark.parametrize("which", ["whole", "broken", "single"])
def test_all_places_of_the_report_have_one_verdict(which: str, request: pytest.FixtureRequest) -> None:
    """The claims section, the command, the front page, section 2.3.6, 2.4 and Part II agree on every claim."""
    subject = request.getfixturevalue(which)
    judged = by_id(judge_all(subject))
    audit = {one["id"]: one["verdict"] for one in audit_facts(subject)["claims"]}
    assert audit == {name: one.verdict for name, one in judged.items()}
    lines = [
        (line, row[0].text) for one in by_place(subject) for line, row in zip(one.group.lines, one.table.rows, strict=True)
    ]
    assert {name for line, _ in lines for name in (one.claim.id for one in line.judged)} == set(audit)
    for line_of_claims, shown in lines:
        expected = Counter(audit[one.claim.id].replace("_", " ") for one in line_of_claims.judged)
        parts = [part.partition(" ") for part in shown.split(", ")] if len(expected) > 1 else []
        assert ({word: int(count) for count, _, word in parts} if parts else {shown: expected.total()}) == expected
    front = claim_facts.facts(subject)
    assert {verdict: int(front[verdict]) for verdict in VERDICTS} == audit_facts(subject)["counts"]
    said = facts(subject)
    for statements, lines in ((TRAINING, said["comparison"]["lines"]), (CLASSIFICATION, said["classification"]["lines"])):
        for statement, text in zip(statements, lines, strict=True):
            assert set(WORD.findall(text)) == {audit[name].replace("_", " ") for name in statement.claims}
    for part, row in zip(STATEMENTS, detection.statements(subject).rows, strict=True):
        assert set(row[2].text.split("; ")) == {audit[name].replace("_", " ") for name in part.claims}
    numbers = counted(subject, SPOKEN, judged)
    assert sum(int(numbers[verdict]) for verdict in VERDICTS) == numbers["total"]


def test_a_statement_of_which_nothing_was_run_has_no_numbers(tmp_path: Path) -> None:
    """A run of the other part gives no sentence in which "not run" stands in place of each number; the reason stays."""
    write_study(tmp_path, Spec(config={**with_detection(), "parts": ["detection"]}))
    text = spoken(subject_of(tmp_path), "dae_filters_best")
    assert "not run" not in text
    assert "Mean MSE" not in text
    assert "No result of reconstruction/dae" in text
