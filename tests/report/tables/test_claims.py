"""The claims place by place: each stands once, verdict first, with its permalink, its strip, and no reason twice."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from report.claims.grouping import Line, anchor_of, groups
from report.claims.schema import load_claims
from report.evidence.studies import study_names, study_of
from report.inference.statistics import summarise
from report.inference.verdicts import VERDICTS, counts, judge_all
from report.printing import markdown
from report.tables.claim_reasons import reason, told_once
from report.tables.claim_strip import strip
from report.tables.claims import answer, by_place, matrix

if TYPE_CHECKING:
    from report.evidence.subject import Subject
    from report.inference.verdicts import Judged
    from report.tables.claims import Grouped

ANCHOR = re.compile(r"\]\{#(claim-[\w.-]+)\}")
MARKS = re.compile(r'marks="([^"]*)"')


def judged(subject: Subject, name: str) -> Judged:
    """One claim as this run has it."""
    return next(one for one in judge_all(subject) if one.claim.id == name)


def at(subject: Subject, place: str) -> Grouped:
    """The claims of a place of the source."""
    return next(one for one in by_place(subject) if one.group.place == place)


def marks_of(subject: Subject, one: Judged) -> list[str]:
    """What its strip is drawn of."""
    cell = strip(subject, one)
    assert cell is not None
    assert cell.markup is not None
    found = MARKS.search(cell.markup)
    assert found is not None
    return found[1].replace("\\", "").split()


@pytest.mark.parametrize("which", ["whole", "broken", "single"])
def test_every_claim_has_one_place_and_one_permalink(which: str, request: pytest.FixtureRequest) -> None:
    """None is left out and none stands twice, whatever failed; no two places share an address."""
    subject = request.getfixturevalue(which)
    found = by_place(subject)
    anchors = [name for one in found for name in ANCHOR.findall(markdown.table(one.table))]
    assert sorted(anchors) == sorted(f"claim-{one.claim.id}" for one in judge_all(subject))
    assert len({one.group.anchor for one in found}) == len({one.claim.source for one in judge_all(subject)}) == len(found)


def test_an_address_is_made_of_the_source_s_own_number() -> None:
    """A permalink outlives the order of this report."""
    assert anchor_of("Table 4") == "published-table-4"
    assert anchor_of("Section 2.4, Table 5") == "published-section-2.4-table-5"


def test_the_curves_of_a_model_share_a_line(whole: Subject) -> None:
    """Four curves of three classifiers are three lines, which name each curve, its value and how many have which verdict."""
    lines = at(whole, "Figure 6").group.lines
    assert [line.name for line in lines] == ["figure-6.ae.*", "figure-6.vae.*", "figure-6.dae.*"]
    assert [sum(line.verdicts.values()) for line in lines] == [4, 4, 4]
    first = at(whole, "Figure 6").table.rows[0]
    assert first[1].text.startswith("AE, curves: training accuracy, training loss")
    assert re.match(r"training accuracy [\d.]+\N{NARROW NO-BREAK SPACE}points; training loss ", first[2].text)


def test_the_verdict_and_the_claim_are_what_a_row_is_about(whole: Subject) -> None:
    """Both are row headers, the verdict first."""
    for one in by_place(whole):
        assert one.table.heads == 2
        assert [column.title for column in one.table.columns[:2]] == ["Verdict", "Claim"]


def test_a_reason_that_all_rows_share_stands_once(broken: Subject) -> None:
    """Where a departure voids all of a place it is a note, and the table has no column of reasons."""
    table = at(broken, "Table 4").table
    assert "Why" in [column.title for column in table.columns]  # a count of the architecture is compared nevertheless
    losses = [one for one in at(broken, "Table 4").group.judged if one.verdict == "not_comparable"]
    shared = told_once(broken, losses).shared
    assert shared.startswith("The run departs from the protocol: epochs of the autoencoders")
    assert sum(shared in note for note in table.notes) == 1
    assert not any(shared in cell.text for row in table.rows for cell in row)


def test_settings_of_a_reason_are_words(broken: Subject) -> None:
    """No key of the configuration is left, and more of them than are named are others."""
    one = next(found for found in at(broken, "Table 4").group.judged if found.why == "departs")
    keys = {"keys": "dataset.source, autoencoder.epochs, ..."}
    said = [reason(broken, replace(one, values=keys)), told_once(broken, [replace(one, values=keys)] * 2).shared]
    assert said == ["The run departs from the protocol: images of FashionMNIST, epochs of the autoencoders and others"] * 2


def test_reasons_that_list_something_are_one_sentence(broken: Subject) -> None:
    """What they list is listed once; beyond three it is counted."""
    one = next(found for found in judge_all(broken) if found.why == "no_result")
    several = [replace(one, values={"tasks": name}) for name in ("a/1", "b/2, a/1", "c/3", "d/4", "e/5")]
    assert told_once(broken, several).shared == reason(broken, replace(one, values={"tasks": "a/1, b/2, c/3, 2 more"}))


def test_places_have_the_verdicts_of_their_claims(whole: Subject) -> None:
    """A row a place and one for all, each with the counts of the judge."""
    table = matrix(whole)
    for row, group in zip(table.rows, groups(judge_all(whole)), strict=False):
        expected = counts(group.judged)
        assert [int(cell.text) if cell.text.isdigit() else 0 for cell in row[1:-1]] == [expected[v] for v in VERDICTS]
        assert row[0].markup is not None
        assert row[0].markup.endswith(f"](#{group.anchor})")
    assert table.rows[-1][-1].text == str(len(judge_all(whole)))


def test_a_strip_has_published_value_band_interval_and_seeds(whole: Subject) -> None:
    """The published value is the middle, and what lies at the tolerance's edge stands on the band's."""
    one = judged(whole, "table-5.ae.accuracy")
    claim = one.claim
    assert one.published is not None
    assert claim.tolerance is not None
    reach = claim.tolerance.around(one.published)
    values = (one.published - reach, one.published, one.published + reach)
    found = marks_of(whole, replace(one, runs=values, measured=(summarise(values),)))
    band = next(mark for mark in found if mark.startswith("b"))
    low, high = band[1:].split("-")
    assert "p50.0" in found
    assert [mark for mark in found if mark.startswith("d")] == [f"d{low}", "d50.0", f"d{high}"]
    assert any(mark.startswith("i") for mark in found)


def test_what_lies_far_away_is_an_arrow(whole: Subject) -> None:
    """A run without sense does not press the band into a line; an arrow says on which side it lies."""
    one = judged(whole, "table-5.ae.accuracy")
    for value, arrow, words in ((10.0, "l3.0", "below"), (100000.0, "r97.0", "above")):
        far = replace(one, runs=(value,), measured=(summarise((value,)),))
        found = marks_of(whole, far)
        assert arrow in found
        low, high = next(mark[1:].split("-") for mark in found if mark.startswith("b"))
        assert float(high) - float(low) > 10
        cell = strip(whole, far)
        assert cell is not None
        assert cell.text == words


def test_an_order_has_no_strip(whole: Subject) -> None:
    """Several quantities have no axis in common with one published value."""
    assert strip(whole, judged(whole, "text.classifier.order")) is None


def test_the_first_page_shows_what_was_measured_of_the_main_claims(whole: Subject, single: Subject) -> None:
    """Each main claim of the study is one of its claims; those of a part that was not run are left out."""
    headline = whole.study.declared().headline
    table = answer(whole)
    assert table is not None
    assert len(table.rows) == len(headline)
    fewer = answer(single)  # without detection
    assert fewer is not None
    assert 0 < len(fewer.rows) < len(headline)
    assert not ANCHOR.search(markdown.table(table))  # the claim's one place is in its group


@pytest.mark.parametrize("name", study_names())
def test_main_claims_are_claims(name: str) -> None:
    """A slip in a study's list would leave a line of its first page out without a word."""
    study = study_of(name)
    known = {claim.id for claim in load_claims(study.data).claims}
    assert set(study.declared().headline) <= known


def test_a_line_of_one_claim_has_its_name(whole: Subject) -> None:
    """The audit and the page name lines alike."""
    one = judged(whole, "table-5.ae.accuracy")
    assert Line((one,)).name == "table-5.ae.accuracy"
