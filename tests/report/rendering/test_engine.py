"""Rendering as a whole: equal bytes from anywhere, languages, and errors that leave nothing half-written."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from report.rendering import RenderResult, render
from report.rendering.engine import choose
from store.errors import StudyError, UsageError
from tests.report.rendering.conftest import job_of, write_build
from tests.report.rendering.pages import read_page

if TYPE_CHECKING:
    from pathlib import Path


def spoil(source: Path, old: str, new: str) -> None:
    """Replace ``old`` by ``new`` in the source; ``old`` must be there."""
    text = source.read_text(encoding="utf-8")
    assert old in text
    source.write_text(text.replace(old, new, 1), encoding="utf-8")


def line_with(source: Path, text: str) -> int:
    """Number of the first source line that holds ``text``."""
    lines = source.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def failure_of(source: Path) -> str:
    """The message of the StudyError that rendering raises; asserts that no output is left."""
    output = source.parent.parent / "output"
    with pytest.raises(StudyError) as caught:
        render(job_of(source, output), "pandoc")
    assert not output.exists() or not list(output.iterdir())
    return str(caught.value)


def test_equal_sources_give_equal_bytes(rendered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the folder nor home, language, time zone or working folder reach the outputs."""
    elsewhere = tmp_path / "another place" / "ünïcode"
    source = write_build(elsewhere / "b")
    for name, value in (("HOME", str(tmp_path)), ("LANG", "pt_PT.UTF-8"), ("TZ", "Pacific/Auckland"), ("LC_ALL", "C")):
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    render(job_of(source, elsewhere), "pandoc")
    for name in ("report.html", "report.pdf"):
        assert (elsewhere / name).read_bytes() == (rendered / name).read_bytes()


def test_outputs_name_no_folder_of_this_machine(rendered: Path) -> None:
    """The page does not tell where it was made."""
    text = (rendered / "report.html").read_text(encoding="utf-8")
    assert str(rendered) not in text
    assert "/tmp" not in text  # noqa: S108  # looked for, not written to
    assert str(rendered).encode() not in (rendered / "report.pdf").read_bytes()


def test_result_names_engine_and_files(build: Path, tmp_path: Path) -> None:
    """The caller learns what ran and what was written."""
    job = job_of(build, tmp_path / "out")
    assert job.output_html is not None
    assert job.output_pdf is not None
    assert render(job, "pandoc") == RenderResult(engine="pandoc", outputs=(job.output_html, job.output_pdf), failed={})


def test_portuguese_words(build: Path, tmp_path: Path) -> None:
    """Labels, contents and page numbers follow the language; the region is kept for hyphenation."""
    render(job_of(build, tmp_path, lang="pt-PT"), "pandoc")
    page = read_page(tmp_path / "report.html")
    assert page.all("html")[0].attributes["lang"] == "pt-PT"
    words = {e.text.split("\N{NO-BREAK SPACE}")[0] for e in page.all("a", cls="xref")}
    assert words >= {"Figura", "Tabela", "Secção", "Equação"}
    reader = PdfReader(tmp_path / "report.pdf")
    assert "1 de " in reader.pages[0].extract_text()
    assert "Índice" in reader.pages[0].extract_text()


def test_without_watermark_there_is_none(build: Path, tmp_path: Path) -> None:
    """The paper profile's report has no bar and no background words."""
    render(job_of(build, tmp_path, watermark=""), "pandoc")
    assert not read_page(tmp_path / "report.html").all("p", cls="watermark-bar")
    assert "Quick profile" not in PdfReader(tmp_path / "report.pdf").pages[0].extract_text()


def test_watermark_and_title_are_plain_text(build: Path, tmp_path: Path) -> None:
    """Characters that HTML, Markdown or Typst read as markup are printed as they are."""
    odd = 'a_b* <c> & "d" #e $f'
    render(job_of(build, tmp_path, watermark=odd, title=odd), "pandoc")
    page = read_page(tmp_path / "report.html")
    assert page.all("aside", cls="watermark-bar")[0].text == odd
    assert page.all("h1")[0].text == odd
    assert odd in PdfReader(tmp_path / "report.pdf").pages[1].extract_text()


def test_unknown_language_is_a_usage_error(build: Path, tmp_path: Path) -> None:
    """The error names the languages that there are."""
    with pytest.raises(UsageError, match="en, pt"):
        render(job_of(build, tmp_path, lang="fr"), "pandoc")


@pytest.mark.parametrize(
    ("old", "new", "needle", "message"),
    [
        ("@eq-elbo and", "@eq-elbow and", "@eq-elbow", "@eq-elbow points to nothing"),
        ("{#tbl-arch}", "{#tbl-loss}", ": Losses", "the id tbl-loss is used twice"),
        ("{#fig-errors ", "{#tbl-errors ", "#tbl-errors", "sits on another kind of element"),
        ("{#eq-mse}", "by text {#eq-mse}", "{#eq-mse}", "{#eq-mse} does not follow what it names"),
        ("![Errors.]", "![]", "#fig-errors", "no caption at fig-errors"),
        ('fig-alt="A histogram with one peak."', "", "errors.svg", "figures/errors.svg has no alt text"),
        ("figures/errors.svg", "figures/absent.svg", "absent.svg", "the image figures/absent.svg is missing"),
        ("figures/errors.svg", "https://example.org/e.svg", "example.org/e.svg", "is not among the build's figures"),
        ("figures/errors.svg", "/etc/passwd", "/etc/passwd", "is not among the build's figures"),
        ("figures/errors.svg", "figures/../../x.svg", "figures/../../x.svg", "is not among the build's figures"),
        ("# Results {#sec-results}", "# Results {#sec-results onclick='x'}", "onclick", "the attribute onclick is not allowed"),
        ("@eq-elbo and", "[x](javascript:alert) @eq-elbo and", "javascript", "the link javascript:alert leads elsewhere"),
        ("> A block quotation.", "<b>bold</b>", "<b>", "raw html in the text: <b>"),
        ("```python", "```{python}", "```{python}", "an executable cell"),
        (r"\left[ \log", r"\bigl[ \log", r"\bigl", "Typst sets badly"),
        ("callout-tip", "callout-hint", "callout-hint", "unknown callout: hint"),
        ("[@kingma2014]", "[@kingma2013]", "@kingma2013", "kingma2013"),
        ("$z = f", r"$\nosuch z = f", r"\nosuch", r"\nosuch"),
        ("(https://example.org/x)", "(#nowhere)", "(#nowhere", "the link #nowhere points to nothing"),
    ],
)
def test_error_names_the_line(build: Path, old: str, new: str, needle: str, message: str) -> None:
    """What is wrong in the source is told with its line, and nothing is written."""
    spoil(build, old, new)
    told = failure_of(build)
    assert message in told
    assert f"report.qmd:{line_with(build, needle)}" in told


def test_all_problems_are_told_at_once(build: Path) -> None:
    """Two broken references need one run, not two."""
    spoil(build, "@eq-elbo and", "@eq-one and")
    spoil(build, "see @sec-theory", "see @sec-two")
    told = failure_of(build)
    assert "@eq-one" in told
    assert "@sec-two" in told


def test_citation_without_bibliography_is_an_error(build: Path) -> None:
    """A citation cannot be printed as its bare key."""
    (build.parent / "references.bib").unlink()
    assert "there is no bibliography" in failure_of(build)


def test_damaged_figure_is_named(build: Path, tmp_path: Path) -> None:
    """What Typst cannot read is reported with the line of the figure; the page, which a browser can show, is there."""
    (build.parent / "figures" / "picture.png").write_bytes(b"no image")
    result = render(job_of(build, tmp_path), "pandoc")
    assert [path.name for path in result.outputs] == ["report.html"]
    assert (tmp_path / "report.html").is_file()
    told = str(result.failed[tmp_path / "report.pdf"])
    assert "typst could not render" in told
    assert "failed to decode image" in told
    assert f"report.qmd:{line_with(build, 'picture.png')}" in told


def test_failure_keeps_the_earlier_outputs(build: Path, tmp_path: Path) -> None:
    """A report that was good yesterday is still whole after a failed build."""
    render(job_of(build, tmp_path), "pandoc")
    before = (tmp_path / "report.html").read_bytes(), (tmp_path / "report.pdf").read_bytes()
    spoil(build, "@eq-elbo", "@eq-elbow")
    with pytest.raises(StudyError):
        render(job_of(build, tmp_path), "pandoc")
    assert before == ((tmp_path / "report.html").read_bytes(), (tmp_path / "report.pdf").read_bytes())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["build", "report.html", "report.pdf"]


def test_a_text_that_takes_all_memory_ends_with_its_cause(build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pandoc's parser takes memory without end for some texts: it gets so much and no more, of memory and of time."""
    monkeypatch.setattr("report.rendering.pandoc.MOST_MEMORY", "64m")
    build.write_text("## Results {#sec-results}\n\n" + "[[[((((\n" * 100_000, encoding="utf-8")
    assert "did not get through the report's source with 64m of memory" in failure_of(build)
    monkeypatch.setattr("report.rendering.pandoc.MOST_SECONDS", 0.001)
    assert "with 0.001 seconds" in failure_of(build)


def test_missing_source_is_told(tmp_path: Path) -> None:
    """No traceback where the source was never written."""
    with pytest.raises(StudyError, match=r"no report\.qmd to render"):
        render(job_of(tmp_path / "report.qmd", tmp_path), "pandoc")


def test_auto_takes_pandoc_where_quarto_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default needs nothing but the packages."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert choose("auto") == "pandoc"
