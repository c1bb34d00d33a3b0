"""Every language of a study says all that the others say, with the same placeholders and the same numbers."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from report.claims.grouping import counted_word
from report.claims.schema import load_claims
from report.evidence.protocol import load_protocol
from report.evidence.studies import Study, study_names, study_of
from report.evidence.subject import subject_of
from report.figures import kept
from report.figures.catalogue import draw_all
from report.printing.strings import FIRST, languages, load_strings, texts_of
from report.rendering.style import labels_of
from report.sections.source import filled
from report.tables.catalogue import all_tables
from tests.report.printed_numbers import numbers_of, page_numbers

if TYPE_CHECKING:
    from collections import Counter
    from pathlib import Path

    from report.evidence.subject import Subject
    from report.printing.figure_style import Drawing

STUDIES = [study_of(name) for name in study_names()]
EDITIONS = [(study, language) for study in STUDIES for language in languages(study) if language != FIRST]
# What is filled in: placeholders, conditions, elements that are referred to, citations, formulas and code.
HOLE = re.compile(r"<<.*?>>|<%.*?%>|\{[?&][^|} ]*|@(?:fig|tbl|sec|eq)-[\w*-]+|\[@[^\]]*\]|\$[^$]+\$|`[^`]+`")
PLACE = re.compile(r"(?:(?:, | and )?(?:(?:Tables?|Figures?|Sections?) )?\d[\d.]*[a-z]?)+")
# The same letters in every language: the source's own words in quotes, names of metrics, settings as the source writes them.
LITERAL = re.compile(r"“[^”]*”|AP@[\d.:]+|\w+=\S+")


def edition_name(value: object) -> str:
    """A study's name, or a language."""
    return value.name if isinstance(value, Study) else str(value)


def figures_in(text: str, language: str) -> Counter[str]:
    """The numbers that a text itself holds, without its placeholders."""
    return numbers_of(LITERAL.sub(" ", HOLE.sub(" ", text)), language)


def test_both_studies_have_portuguese() -> None:
    """The languages are found, English first, so that what follows is about something."""
    assert [languages(study) for study in STUDIES] == [("en", "pt"), ("en", "pt")]


@pytest.mark.parametrize(("study", "language"), EDITIONS, ids=edition_name)
def test_no_text_stands_in_one_language_only(study: Study, language: str) -> None:
    """Neither side has a key that the other lacks."""
    assert texts_of(study, FIRST).keys() == texts_of(study, language).keys()


def test_counted_verdicts_agree_with_their_number() -> None:
    """In Portuguese the word for several claims is another one."""
    counted = load_strings(STUDIES[0], "pt")
    told = [counted_word(counted, verdict, count) for verdict in ("refuted", "not_comparable") for count in "014"]
    assert told == [
        *("0 refutadas", "1 refutada", "4 refutadas"),
        *("0 não comparáveis", "1 não comparável", "4 não comparáveis"),
    ]


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize("study", STUDIES, ids=edition_name)
def test_settings_have_words(study: Study, language: str) -> None:
    """No reader has to know the configuration's keys: each of the protocol is named in words, each in its own."""
    strings = load_strings(study, language)
    words = [strings.named("settings", entry.key) for entry in load_protocol(study.data).entries]
    assert len(words) == len(set(words)) > 0
    assert not [word for word in words if "," in word or re.search(r"\w\.\w", word)]


@pytest.mark.parametrize(("study", "language"), EDITIONS, ids=edition_name)
def test_a_text_takes_the_same_values_in_both(study: Study, language: str) -> None:
    """Placeholders, references, citations, formulas and code are those of the English text."""
    first, other = texts_of(study, FIRST), texts_of(study, language)
    apart = {key: set(HOLE.findall(first[key])) ^ set(HOLE.findall(other[key])) for key in first.keys() & other.keys()}
    assert {key: holes for key, holes in apart.items() if holes} == {}


@pytest.mark.parametrize(("study", "language"), EDITIONS, ids=edition_name)
def test_a_text_has_the_same_numbers_in_both(study: Study, language: str) -> None:
    """A number that a sentence itself holds is the same, in the marks of its language."""
    first, other = texts_of(study, FIRST), texts_of(study, language)
    keys = [key for key in first.keys() & other.keys() if not key.startswith(("numbers.", "dates."))]
    apart = [key for key in keys if figures_in(first[key], FIRST) != figures_in(other[key], language)]
    assert apart == []


@pytest.mark.parametrize(("study", "language"), EDITIONS, ids=edition_name)
def test_every_claim_speaks_the_language(study: Study, language: str) -> None:
    """Each claim is translated, and with the same numbers."""
    claims = load_claims(study.data).claims
    assert [claim.id for claim in claims if language not in claim.translated] == []
    said = [(claim.id, figures_in(claim.english, FIRST), figures_in(claim.words(language), language)) for claim in claims]
    assert [name for name, first, other in said if first != other] == []


@pytest.mark.parametrize(("study", "language"), EDITIONS, ids=edition_name)
def test_every_reason_and_source_of_the_protocol_speaks_the_language(study: Study, language: str) -> None:
    """A reason is translated with its numbers; a source is, too, or is a mere place that has a word in each language."""
    protocol = load_protocol(study.data)
    for entry in (*protocol.entries, *protocol.fixed):
        assert entry.reason.keys() in ({*()}, {FIRST, language}), entry
        assert language in entry.source or PLACE.fullmatch(entry.source[FIRST]), entry
        for texts in (entry.reason, entry.source):
            if language in texts:
                assert figures_in(texts[FIRST], FIRST) == figures_in(texts[language], language), texts


@pytest.mark.parametrize(("study", "language"), EDITIONS, ids=edition_name)
def test_every_label_speaks_the_language(study: Study, language: str) -> None:
    """What study.toml names has a label in each language."""
    words = study.vocabulary
    labels = [one.label for one in (*words.named, *words.pairs, *words.parts.values(), *words.metrics.values())]
    assert [label for label in (*labels, *words.datasets.values(), *words.families.values()) if language not in label] == []


def test_the_page_has_the_same_words_in_each_language() -> None:
    """Labels of page and script: the same keys, the same placeholders."""
    first, other = labels_of("en"), labels_of("pt-PT")
    assert first.keys() == other.keys()
    holes = {key: [sorted(re.findall(r"\{\w+\}", labels[key])) for labels in (first, other)] for key in first}
    assert [key for key, (one, two) in holes.items() if one != two] == []


def in_language(subject: Subject, language: str) -> Subject:
    """The same evidence, told in another language."""
    strings = load_strings(subject.study, language)
    made = subject_of(subject.study, subject.evidence, strings)
    return replace(made, up=subject.up)


@pytest.fixture(scope="module")
def editions(broken: Subject, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Subject, dict[str, Drawing]]]:
    """The study with failures in both languages, with its figures, which are not written."""
    folder: Path = tmp_path_factory.mktemp("figures")
    made = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept, "save", lambda *_: None)
        for language in languages(broken.study):
            subject = in_language(broken, language)
            made[language] = (subject, draw_all(subject, folder))
    return made


def test_tables_print_the_same_numbers(editions: dict[str, tuple[Subject, dict[str, Drawing]]]) -> None:
    """Cell by cell, in the marks of each language, and every cell names the same records."""
    first, other = (all_tables(editions[language][0]) for language in ("en", "pt"))
    assert first.keys() == other.keys()
    compared = 0
    for name, table in first.items():
        for mine, theirs in zip(table.rows, other[name].rows, strict=True):
            for one, two in zip(mine, theirs, strict=True):
                assert one.records == two.records, name
                assert numbers_of(LITERAL.sub(" ", one.text), "en") == numbers_of(LITERAL.sub(" ", two.text), "pt"), (one, two)
                compared += 1
    assert compared > 1000


def test_alternative_texts_have_the_same_numbers(editions: dict[str, tuple[Subject, dict[str, Drawing]]]) -> None:
    """The words for a picture tell the same in both."""
    first, other = (editions[language][1] for language in ("en", "pt"))
    assert first.keys() == other.keys()
    apart = [name for name in first if numbers_of(first[name].alt, "en") != numbers_of(other[name].alt, "pt")]
    assert apart == []


def test_an_edition_has_no_english_left_in_its_headings(editions: dict[str, tuple[Subject, dict[str, Drawing]]]) -> None:
    """Where a heading is the same in both, it is a name."""
    headings = [set(re.findall(r"(?m)^#+ (.*?) \{#", filled(subject, drawings))) for subject, drawings in editions.values()]
    assert headings[0] & headings[1] <= {"Autoencoder (AE)"}


def test_numbers_of_a_page_are_read_in_its_marks() -> None:
    """Thousands and decimals of either language give one number; code and quotes of the source are left out."""
    english = '<p>1,234.5 and 10,000</p><table><tr><td>0.5 <code>7</code></td></tr></table><span lang="pt">0.9</span>'
    portuguese = "<p>10\u202f000 e 1234,5</p><table><tr><td>0,5</td></tr></table>"
    assert page_numbers(english, "en") == page_numbers(portuguese, "pt")
    assert page_numbers(portuguese.replace("0,5", "0,6"), "pt") != page_numbers(english, "en")


@pytest.mark.parametrize(
    ("date", "english", "portuguese"),
    [
        ("2026-03-07", "7 March 2026", "7 de março de 2026"),
        ("2026-03-07T23:59:59-08:00", "7 March 2026", "7 de março de 2026"),
        ("20260307T120000Z", "7 March 2026", "7 de março de 2026"),
        ("20260307", "7 March 2026", "7 de março de 2026"),
        ("", "\N{EN DASH}", "\N{EN DASH}"),
        ("2026-03-07 [x](y)", "2026-03-07 [x](y)", "2026-03-07 [x](y)"),
    ],
)
def test_a_day_is_written_whatever_form_a_manifest_has_it_in(date: str, english: str, portuguese: str) -> None:
    """Each form that the schema of a manifest takes, none at all among them: no date stops a report."""
    study = study_of(None)
    assert load_strings(study, "en").day(date).replace("\N{NO-BREAK SPACE}", " ") == english
    assert load_strings(study, "pt").day(date).replace("\N{NO-BREAK SPACE}", " ") == portuguese
