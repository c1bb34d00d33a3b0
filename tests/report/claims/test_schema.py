"""A claim has what its kind needs and nothing that leads two ways; a tolerance is a width in the value's unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from report.claims.schema import Claim, Claims, Selector, Tolerance, load_claims

if TYPE_CHECKING:
    from pathlib import Path

SELECTOR = {"experiment": "fit", "variant": "a", "metric": "score"}
WORDS = {"id": "c", "source": "s", "quote": "q", "english": "e", "family": "f"}
NEEDS: dict[str, dict[str, object]] = {
    "value": {"select": SELECTOR, "tolerance": {"absolute": 1}, "published": "t.a", "why": "w"},
    "range": {"select": SELECTOR, "at_least": 0, "why": "w"},
    "exact": {"select": SELECTOR, "value": 3},
    "order": {"select": [SELECTOR, SELECTOR], "order": "rising"},
    "first": {"select": [SELECTOR] * 9, "order": "falling"},
    "not_comparable": {"reason": "r"},
}


def made(kind: str, **changed: object) -> Claim:
    """A claim of that kind; a field that is changed to None is left out."""
    fields = {**WORDS, "kind": kind, **NEEDS[kind], **changed}
    return Claim.model_validate({name: value for name, value in fields.items() if value is not None})


@pytest.mark.parametrize("kind", NEEDS)
def test_a_claim_with_all_that_its_kind_needs_is_taken(kind: str) -> None:
    """One selector may stand without its list."""
    assert len(made(kind).select) == {"order": 2, "first": 9, "not_comparable": 0}.get(kind, 1)


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("value", {"tolerance": None}),
        ("value", {"published": None}),
        ("value", {"why": None}),
        ("range", {"at_least": None}),
        ("range", {"why": None}),
        ("exact", {"value": None}),
        ("exact", {"published": "t.a"}),
        ("order", {"order": None}),
        ("first", {"order": None}),
        ("not_comparable", {"reason": None}),
    ],
)
def test_a_claim_without_it_is_refused(kind: str, changed: dict[str, object]) -> None:
    """Each of the things, one at a time."""
    with pytest.raises(ValidationError, match=f"claim c lacks what a claim of kind {kind} needs"):
        made(kind, **changed)


def test_either_bound_and_either_number_will_do() -> None:
    """A range may have one bound or both; an exact claim has a published value or its own."""
    assert made("range", at_least=None, at_most=0).at_most == 0
    assert made("range", at_most=1).at_least == 0
    assert made("exact", value=None, published="t.a").published == "t.a"


@pytest.mark.parametrize(
    ("kind", "count"), [("value", 0), ("value", 2), ("range", 2), ("exact", 2), ("order", 1), ("order", 10), ("first", 1),
                        ("first", 10), ("not_comparable", 2)]
)  # fmt: skip
def test_a_claim_has_as_many_selectors_as_its_kind(kind: str, count: int) -> None:
    """One, two to nine, or at most one."""
    with pytest.raises(ValidationError, match=f"a claim of kind {kind} has .* selectors"):
        made(kind, select=[SELECTOR] * count)


@pytest.mark.parametrize(
    "fields",
    [
        {"metric": "a", "quantity": "b"},
        {},
        {"history": "h"},
        {"metric": "a", "history": "h", "epoch": "last"},
        {"epoch": "last"},
        {"history": "h", "epoch": "first"},
    ],
)
def test_a_selector_names_one_quantity(fields: dict[str, str]) -> None:
    """Not two, not none, and an epoch of a column."""
    with pytest.raises(ValidationError):
        Selector.model_validate({"experiment": "fit", "variant": "a", **fields})


def test_a_selector_may_name_a_whole_column() -> None:
    """For a quantity that takes all of it."""
    assert Selector(experiment="fit", variant="a", quantity="q", history="h").history == "h"
    assert Selector(experiment="fit", variant="a", history="h", epoch="highest").scale == 1.0


def test_a_tolerance_is_a_width_or_a_part_of_the_value() -> None:
    """Of a negative value, too; one of both has to be given, and neither may be nothing."""
    assert Tolerance(absolute=0.5).around(-20.0) == 0.5
    assert Tolerance(relative=0.1).around(-20.0) == 2.0
    for wrong in ({}, {"absolute": 1, "relative": 1}, {"absolute": 0}, {"relative": -1}):
        with pytest.raises(ValidationError):
            Tolerance.model_validate(wrong)


def test_bounds_hold_a_number_and_a_claim_has_a_name() -> None:
    """Equal bounds hold one number, crossed ones none."""
    assert made("range", at_least=1.0, at_most=1.0).at_most == 1.0
    with pytest.raises(ValidationError, match=r"no number is at least 2\.0 and at most 1\.0, as claim c has it"):
        made("range", at_least=2.0, at_most=1.0)
    with pytest.raises(ValidationError, match="at least 1 character"):
        made("exact", id="")


def test_what_it_says_in_a_language_or_in_english() -> None:
    """A claim that is not translated keeps its English words."""
    claim = made("exact", translated={"pt": "é"})
    assert (claim.words("pt"), claim.words("en"), claim.words("fr")) == ("é", "e", "e")


def test_a_reason_is_given_for_each_tolerance() -> None:
    """Each name once, in the file's own table; a claim that needs none has none."""
    whole = Claims(why={"w": "because", "unused": "x"}, claims=(made("value"), made("exact", id="d")))
    assert [claim.id for claim in whole.claims] == ["c", "d"]
    with pytest.raises(ValidationError, match="no reason is given for: w"):
        Claims(why={}, claims=(made("value"),))
    with pytest.raises(ValidationError, match="a claim stands twice: c"):
        Claims(why={"w": "because"}, claims=(made("exact"), made("exact", id="d"), made("value")))


def test_a_published_number_is_printed_as_the_language_prints_it(tmp_path: Path) -> None:
    """``{published}`` together and ``{published:,}`` with marks between thousands, in the words of each language."""
    source = '[source]\nauthors = "A"\ntitle = "T"\ndate = "D"\nlanguage = "en"\n'
    (tmp_path / "published.toml").write_text(f'{source}[places.t]\nsource = "T"\nvalues.a = "12345.60"\n', encoding="utf-8")
    claim = """
[why]
w = "because"
[[claims]]
over.model = ["a"]
id = "t.{model}"
source = "T"
quote = ""
english = "It is {published}, or {published:,}."
translated.pt = "É {published}, ou {published:,}."
family = "f"
kind = "value"
select = { experiment = "fit", variant = "{model}", metric = "m" }
published = "t.{model}"
tolerance = { absolute = 1.0 }
why = "w"
"""
    (tmp_path / "claims.toml").write_text(claim, encoding="utf-8")
    (one,) = load_claims(tmp_path).claims
    assert (one.id, one.published, one.select[0].variant) == ("t.a", "t.a", "a")
    assert one.english.startswith("It is 12345.60, or 12")
    assert one.english.count("12345.60") == 1
    assert one.translated["pt"].startswith("É 12345,60, ou 12")
    assert one.translated["pt"].count("12345,60") == 1
