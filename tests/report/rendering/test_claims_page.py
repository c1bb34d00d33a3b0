"""The page's form of claims: groups that open, permalinks, row headers, and drawings that the style sheet colours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from report.inference.verdicts import VERDICTS
from report.rendering import render
from tests.report.rendering.conftest import job_of, write_build
from tests.report.rendering.pages import read_page

if TYPE_CHECKING:
    from tests.report.rendering.pages import Page

CLAIMS = """::: {.group}
## Published Table 5 [2 refuted]{.bad} {#published-table-5 .unnumbered .unlisted}

| Verdict | Claim | Drawn |
|:--------|:------|:------|
| [refuted]{.status .bad} | [It is 1.]{#claim-table-5.ae.f1} | [below]{.strip marks="b40-60 p50 i10-20 d15 l3"} |

: What Table 5 claims. {#tbl-claims .heads-2}
:::

::: {.tally}
[[1 refuted]{.bad}]{.tally marks="0 0 100 0 0"}
:::
"""


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """A page with the claims of one place."""
    folder = tmp_path_factory.mktemp("claims")
    source = write_build(folder / "build")
    source.write_text(f"# One {{#sec-one}}\n\n{CLAIMS}", encoding="utf-8")
    render(replace(job_of(source, folder), output_pdf=None), "pandoc")
    return read_page(folder / "report.html")


def test_claims_of_a_place_open_at_their_own_addresses(claims: Page) -> None:
    """A closed group with its heading and verdicts; group and claim are where links lead to, and not in the contents."""
    group = claims.by_id("published-table-5")
    assert group.tag == "details"
    assert "open" not in group.attributes
    assert " ".join(claims.all("summary")[-1].text.split()) == "Published Table 5 2 refuted"
    assert "details" in claims.by_id("claim-table-5.ae.f1").parents
    assert not [e for e in claims.all("a") if e.attributes["href"] == "#published-table-5"]


def test_verdict_and_claim_are_row_headers(claims: Page) -> None:
    """A screen reader says both before each number of the row."""
    heads = [e for e in claims.all("th") if e.attributes.get("scope") == "row"]
    assert [e.text.strip() for e in heads] == ["refuted", "It is 1."]


def test_a_strip_is_one_named_picture_of_all_its_marks(claims: Page) -> None:
    """Band, published value, interval, seed and arrow; its words are its name, and no style stands in its markup."""
    (strip,) = claims.all("svg", cls="strip")
    assert (strip.attributes["role"], strip.attributes["aria-label"]) == ("img", "below")
    classes = [e.attributes.get("class", "") for e in claims.elements if "svg" in e.parents and e.tag != "svg"]
    assert classes == ["band", "said", "span", "seed", "seed", *(f"of-{one.replace('_', '-')}" for one in VERDICTS)]
    assert not [e for e in claims.elements if "style" in e.attributes and "svg" in e.parents]
