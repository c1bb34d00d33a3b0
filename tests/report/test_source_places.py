"""Where the source stands in a report: its tables and figures by their own numbers, and how it is cited."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from report.evidence.studies import study_names, study_of
from report.printing.markup import block
from report.sections import citation
from report.tables.catalogue import all_tables
from report.tables.concordance import concordance

if TYPE_CHECKING:
    from report.evidence.subject import Subject


def here(subject: Subject) -> dict[str, str]:
    """What shows each place of the source, as identifiers."""
    return {row[0].text: row[1].text for row in all_tables(subject)["concordance"].rows}


def test_every_place_that_claims_something_is_listed(whole: Subject) -> None:
    """Each with how many claims, and a link to them; a place without claims has words alone."""
    rows = {row[0].text: row for row in all_tables(whole)["concordance"].rows}
    assert rows["Table 5"][2].text == "12"
    assert str(rows["Table 5"][0].markup).endswith("](#published-table-5)")
    assert rows["Table 1"][2].text == "\N{EN DASH}"
    assert rows["Table 1"][0].markup is None


def test_tables_are_found_by_the_numbers_that_they_print(whole: Subject) -> None:
    """No entry names them; a figure, which prints none, is declared."""
    found = here(whole)
    assert "tbl-classification" in found["Table 5"].split()
    assert "tbl-losses" in found["Table 4"].split()
    assert "fig-losses" in found["Figure 1"].split()
    without = concordance(whole, ())
    assert {row[1].text for row in without.rows if row[0].text == "Table 5"} == {"\N{EN DASH}"}


def test_numbers_follow_each_other(whole: Subject) -> None:
    """Figure 10 stands behind Figure 9."""
    figures = [int(name.split()[1]) for name in here(whole) if name.startswith("Figure ")]
    assert figures == sorted(figures)


@pytest.mark.parametrize("name", study_names())
def test_what_is_declared_to_show_a_place_is_there(name: str) -> None:
    """Each figure in ``shows`` is one of the study's; a slip would leave a dash."""
    study = study_of(name)
    figures = {one.removeprefix("fig-") for one in study.vocabulary.shows if one.startswith("fig-")}
    assert figures <= study.declared().figures.keys()


def test_the_source_and_the_re_run_can_be_cited(whole: Subject) -> None:
    """Two entries; the re-run names its run and its manifest's digest, and the entry of the source."""
    found = citation.facts(whole)
    entries = re.findall(r"@misc\{([^,]+),\n((?:  \w+ = \{.*\},\n)+)\}", str(found["bibtex"]))
    assert [key for key, _ in entries] == ["bastos2024", "rerun-synthetic-1"]
    assert "author = {Gonçalo Bastos and Leonardo Cordeiro}" in entries[0][1]
    assert "related = {bastos2024}" in entries[1][1]
    assert whole.evidence.run.digest[:16] in entries[1][1]
    assert "Aprendizagem Profunda Aplicada" in str(found["source"])


def test_what_tex_would_read_is_escaped(whole: Subject) -> None:
    """A title with a percent sign and an ampersand is printed as it is; three authors are three."""
    source = replace_source(whole, title="50 % of R&D_{x", authors="A. Ant, B. Bee and C. Çedilla", date="2017-08-25")
    text = str(citation.facts(source)["bibtex"])
    assert r"title = {{50 \% of R\&D\_\textbraceleft{}x}}" in text
    assert text.count("{") == text.count("}")
    assert "author = {A. Ant and B. Bee and C. Çedilla}" in text
    assert "@misc{ant2017," in text


def test_no_title_ends_its_entry(whole: Subject) -> None:
    """Braces, backslashes and what stands for a blank are letters; the entry has as many braces opened as closed."""
    text = str(citation.facts(replace_source(whole, title="a}},\n@misc{b, ~^\\"))["bibtex"])
    assert text.count("@misc{") == 2
    assert r"\textbraceright{}\textbraceright{}, @misc\textbraceleft{}b, " in text
    assert r"\textasciitilde{}\textasciicircum{}\textbackslash{}" in text
    assert text.count("{") == text.count("}")


def replace_source(subject: Subject, **changes: str) -> Subject:
    """The subject with another published work."""
    source = subject.published.source.model_copy(update=changes)
    return replace(subject, published=subject.published.model_copy(update={"source": source}))


def test_no_line_can_end_a_block() -> None:
    """The fence is longer than any row of backticks, and what prints nothing is shown."""
    assert block(["a", "  b ```` c", "\x1b"]) == "`````\na\n  b ```` c\n\\x1b\n`````"
