"""The audit as lines, as CSV and as a choice of claims, from facts that are written here."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import pytest

from report.claims.audit import audit_csv, audit_facts, audit_text, chosen, refuted
from report.evidence.studies import study_of
from report.inference.verdicts import VERDICTS
from report.printing.strings import load_strings
from store.errors import UsageError

if TYPE_CHECKING:
    from pydantic import JsonValue

    from report.evidence.subject import Subject


def claim(name: str, verdict: str, **fields: JsonValue) -> JsonValue:
    """A claim's facts as ``audit_facts`` lays them out."""
    known: dict[str, JsonValue] = {"source": "Table 1", "family": "one", "published": 1.5, "means": [1.25, 0.1 + 0.2]}
    shown: dict[str, JsonValue] = {"seeds": 3, "p": None, "reason": "because", "printed": "1.5 %", "shown": "1.2 %"}
    return {**known, **shown, "id": name, "verdict": verdict, **fields}


def facts(*claims: JsonValue) -> dict[str, JsonValue]:
    """A run's audit."""
    counts: dict[str, JsonValue] = dict.fromkeys(VERDICTS, 0)
    return {"run_id": "run-1", "counts": {**counts, "consistent": 2, "refuted": 1}, "claims": list(claims)}


SOME = facts(
    claim("table-1.a", "consistent"),
    claim("table-1.b", "refuted", seeds=0, reason="for another cause"),
    claim("table-2.a", "consistent", source="Table 2"),
)


def named(found: dict[str, JsonValue]) -> list[JsonValue]:
    """The ids of its claims."""
    claims = found["claims"]
    assert isinstance(claims, list)
    return [one["id"] for one in claims if isinstance(one, dict)]


def test_each_column_stands_under_its_head() -> None:
    """Verdict, claim, published, re-run, seeds, reason; no seeds are a blank and no zero; the counts end it."""
    head, _, place, first, second, _, other, _, _, last = audit_text(SOME, load_strings(study_of(), "en")).splitlines()
    assert head.split() == ["verdict", "claim", "published", "re-run", "n", "why"]
    assert re.split(r" {2,}", first) == ["consistent", "table-1.a", "1.5 %", "1.2 %", "3", "because"]
    assert re.split(r" {2,}", second) == ["refuted", "table-1.b", "1.5 %", "1.2 %", "for another cause"]
    assert (place, other) == ("Published Table 1: 1 consistent, 1 refuted", "Published Table 2: 1 consistent")
    assert head.index("claim") == first.index("table-1.a")
    assert head.index("published") + len("published") == first.index("1.5 %") + len("1.5 %")
    assert head.index("re-run") + len("re-run") <= first.index("1.2 %") + len("1.2 %") + 1
    assert last.startswith("run run-1: 3 claims: 0 reproduced, 2 consistent")


def test_a_reason_that_all_of_a_place_share_stands_once() -> None:
    """Below the place, and in none of its lines."""
    shared = facts(claim("table-1.a", "refuted"), claim("table-1.b", "refuted"))
    lines = audit_text(shared, load_strings(study_of(), "en")).splitlines()
    assert lines[3] == "  All rows: because."
    assert sum("because" in line for line in lines) == 1


def test_claims_are_chosen_by_verdict_and_by_id() -> None:
    """Both conditions hold where both are given; nothing given leaves all; the counts stay those of the run."""
    assert named(chosen(SOME, (), ())) == ["table-1.a", "table-1.b", "table-2.a"]
    assert named(chosen(SOME, ("refuted",), ())) == ["table-1.b"]
    assert named(chosen(SOME, (), ("table-1.*", "table-2.a"))) == ["table-1.a", "table-1.b", "table-2.a"]
    assert named(chosen(SOME, ("consistent",), ("table-1.*",))) == ["table-1.a"]
    assert chosen(SOME, ("refuted",), ("table-1.*",))["counts"] == SOME["counts"]


@pytest.mark.parametrize(
    ("verdicts", "patterns", "words"),
    [
        (("refuted", "refutd"), (), "refutd is no verdict"),
        ((), ("table-1.*", "tabel-2.a"), "did you mean table-2.a?"),
        ((), ("x" * 30,), "a pattern may hold"),
    ],
)
def test_a_word_or_a_pattern_that_nothing_fits_is_an_error(
    verdicts: tuple[str, ...], patterns: tuple[str, ...], words: str
) -> None:
    """The one that is wrong is named, whatever else is right."""
    with pytest.raises(UsageError) as caught:
        chosen(SOME, verdicts, patterns)
    assert words in str(caught.value)


def test_the_csv_keeps_every_digit_and_leaves_out_what_there_is_not() -> None:
    """Means in one field; None is an empty field; zero seeds are a number."""
    found = facts(claim("table-1.a", "consistent"), claim("table-1.b", "refuted", published=None, means=[], seeds=0, p=0.001))
    head, first, second = csv.reader(io.StringIO(audit_csv(found)))
    assert head == ["id", "source", "family", "verdict", "published", "means", "seeds", "p", "reason"]
    assert first == ["table-1.a", "Table 1", "one", "consistent", "1.5", f"1.25 {0.1 + 0.2!r}", "3", "", "because"]
    assert second == ["table-1.b", "Table 1", "one", "refuted", "", "", "0", "0.001", "because"]


def test_a_run_refutes_where_one_claim_is_refuted() -> None:
    """The exit status hangs on it."""
    assert refuted(SOME)
    assert not refuted({**SOME, "counts": dict.fromkeys(VERDICTS, 0)})


def test_facts_have_a_claim_with_its_numbers_and_one_without(whole: Subject) -> None:
    """What was measured stands as a number and as printed; a claim about no number has neither."""
    found = audit_facts(whole)
    claims = {one["id"]: one for one in found["claims"] if isinstance(one, dict)}  # type: ignore[union-attr]
    accuracy = claims["table-5.ae.accuracy"]
    assert accuracy["published"] == 88.04
    assert accuracy["printed"] == "88.04 %"
    assert str(accuracy["shown"]).endswith("%")
    assert len(accuracy["means"]) == len(accuracy["intervals"]) == 1  # type: ignore[arg-type]
    assert accuracy["intervals"][0][0] < accuracy["means"][0] < accuracy["intervals"][0][1]  # type: ignore[index, operator, call-overload]
    without = [one for one in claims.values() if one["published"] is None]
    assert without
    assert all(one["printed"] == "" for one in without)
    assert all((one["shown"] == "") == (one["means"] == []) for one in claims.values())
    counted = found["counts"]
    assert isinstance(counted, dict)
    assert counted == {word: sum(one["verdict"] == word for one in claims.values()) for word in VERDICTS}
