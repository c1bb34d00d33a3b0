"""The short form: a study's ten pages, beside the whole report, and an answer where a study has none."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from report.build import SHORT_TEMPLATE, Options, build
from report.checks.verification import verify_facts
from report.cli import main
from report.evidence.studies import Study
from report.printing.references import without_absent

if TYPE_CHECKING:
    from pathlib import Path

MOST_PAGES = 10
PAGES = re.compile(r"^Pages:\s+(\d+)$", re.MULTILINE)
HEAD = re.compile(r"\bpublished ((?:Table|Figure) \d+)")


@pytest.fixture(scope="module")
def short(whole_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the short form of a whole study in each language."""
    folder = tmp_path_factory.mktemp("short")
    result = build(whole_root, Options(engine="pandoc", short=True, output=folder))
    assert {path.name for path in result.outputs} == {
        f"report-short{tag}.{form}" for tag in ("", ".pt") for form in ("html", "pdf")
    }
    return folder


def test_the_assignment_s_tables_and_figures_are_there(short: Path) -> None:
    """Each of the source's six tables, its figures of results, and no claims but the main ones."""
    page = (short / "report-short.html").read_text(encoding="utf-8")
    captions = " ".join(re.findall(r"<figcaption.*?</figcaption>", page, re.DOTALL)).replace("\N{NO-BREAK SPACE}", " ")
    assert {f"Table {number}" for number in range(1, 7)} <= set(HEAD.findall(captions))
    assert {f"Figure {number}" for number in (1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12)} <= set(HEAD.findall(captions))
    assert 'id="tbl-claim-places"' in page
    assert 'class="group"' not in page


def test_nothing_leads_to_what_is_not_there(short: Path) -> None:
    """A reference to the whole report is words, and no link; each language links to the other short form."""
    page = (short / "report-short.html").read_text(encoding="utf-8")
    ids = set(re.findall(r' id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= ids
    assert 'href="report-short.pt.html"' in page


def test_no_sentence_begins_with_what_stands_for_a_reference(short: Path) -> None:
    """Nor has one the words twice: what names two places of the whole report has a form without them."""
    for name, words in (("report-short.html", "the whole report"), ("report-short.pt.html", "o relatório completo")):
        page = (short / name).read_text(encoding="utf-8")
        assert re.findall(rf"(?:<p>|[.:] )(?:A )?{words}", page) == []
        assert not [text for text in re.findall(r"<p>(.*?)</p>", page, re.DOTALL) if text.count(words) > 1]


def test_figures_that_follow_each_other_stand_two_abreast(short: Path) -> None:
    """The reconstructions of the VAE and of the DAE are side by side, each half as wide as the page."""
    places: dict[str, tuple[float, float]] = {}

    def note(text: str, matrix: list[float], *_: object) -> None:
        if "rows as in" in text:
            places[text.strip()[:3]] = (matrix[4], matrix[5])

    for page in PdfReader(short / "report-short.pdf").pages:
        page.extract_text(visitor_text=note)
    (left, high), (right, low) = places["VAE"], places["DAE"]
    assert high == low
    assert right - left > 200


@pytest.mark.skipif(shutil.which("pdfinfo") is None, reason="no pdfinfo (poppler)")
def test_the_pdf_has_ten_pages_at_most(short: Path) -> None:
    """In both languages, with every part of the study in it."""
    for name in ("report-short.pdf", "report-short.pt.pdf"):
        done = subprocess.run(["pdfinfo", str(short / name)], capture_output=True, text=True, check=True)
        found = PAGES.search(done.stdout)
        assert found is not None
        assert int(found[1]) <= MOST_PAGES


def test_a_short_form_is_verified_as_one(short: Path, whole_root: Path) -> None:
    """Its name says what it is."""
    assert verify_facts(short / "report-short.html", whole_root, Options(engine="pandoc"))["sound"] is True


def test_a_study_without_a_short_form_says_so(
    whole_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, and what would give it one."""
    folder = tmp_path / "templates"
    monkeypatch.setattr(Study, "templates", property(lambda _: folder))
    assert main(["build", "--short", "--artifacts", str(whole_root), "--output", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert "has no short form" in told
    assert SHORT_TEMPLATE in told


def test_references_to_the_whole_report_go() -> None:
    """In brackets they go with them, in a sentence words stand for them, a link keeps its text; what is there stays."""
    source = "# One {#sec-one}\n\nA (@sec-two; see @tbl-x). As @fig-y shows (@sec-one), [Table 4](#no-place), a\\@tbl-z."
    assert without_absent(source, "the whole report") == (
        "# One {#sec-one}\n\nA. As the whole report shows (@sec-one), Table 4, a\\@tbl-z."
    )
