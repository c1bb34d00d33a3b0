"""A report in which every string of the store is hostile: the words stand there, and nothing else happens."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from pypdf import PdfReader

from report.evidence.records import Evidence, evidence_of
from report.evidence.studies import study_of
from report.evidence.subject import subject_of
from report.printing.markup import code, escaped, visible
from report.printing.strings import load_strings
from report.rendering import Job, render
from report.sections.source import source_text
from tests.report.configuration import changed_config, with_detection
from tests.report.conftest import BROKEN
from tests.report.rendering.pages import read_page
from tests.report.study import Spec, write_study

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from store.records import Stored
    from store.schema import Run

HOSTILE = {
    "span": '[x]{onmouseover=alert(1) style="position:fixed" .ok #text}',
    "image": "![a](/etc/passwd) ![b](https://example.org/x.png){fig-alt=y}",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)><!-- </style></table>",
    "raw": '`<b>`{=html} ``` ~~~ `#read("/etc/passwd")`{=typst}',
    "links": "[x](javascript:alert(1)) <https://example.org> [r]: https://example.org",
    "shortcode": "{{< include /etc/passwd >}} {{% x %}} {#sec-summary} {?fig-a|b} {&tbl-*}",
    "citation": "@sec-nowhere [@tbl-none; @nobody] ^[note] [^1]",
    "entities": "&lt;b&gt; &#60;i&#62; &copy; \\&amp;",
    "blocks": "# heading | cell | :::: {.callout-note} --- +++ > quote 1. one - item",
    "math": "$x$ $$\\input{/etc/passwd}$$ \\(y\\) \\begin{x} \\write18{id}",
    "jinja": "<< 7*7 >> <% raw %> <# c #> {{ 7*7 }} ${7*7}",
    "lua": "]] os.execute('id') --[[ \\xff",
    "yaml": '"} , title: x\n---\n... key: [',
    "controls": "\x1b[31mred\x1b[0m nul\0 bell\a back\b del\x7f c1\x9b nel\x85 ls\u2028 ps\u2029",
    "marks": "\u202eevil\u202c \u2066x\u2069 \u200fz\u200e \u061c zwj\u200d zwsp\u200b bom\ufeff shy\u00ad",
    "surrogates": "\ud800 lone \udfff \udcff",
    "scripts": "\u6570\u636e \ud55c\uad6d \u0e44\u0e17\u0e22",
    "more scripts": "\u05e2\u05d1 \u0639\u0631 \U0001f697\U0001f469\u200d\U0001f467 \U0002a6d6 \ue000 \u0378",
    "dashes": "a--b---c ... 'q' \"q\" e.g. x (c) 1/2",
    "long": "w" * 100_000,
    "words": "many words " * 9_000,
}  # fmt: skip
EVERYTHING = " ".join(HOSTILE.values())
SHOWN = ("span", "image", "html", "raw", "links", "shortcode", "citation", "entities", "blocks", "math", "jinja", "dashes")


def spoiled(value: Any, spoil: Callable[[str], str]) -> Any:  # noqa: ANN401  # JSON of any shape
    """The same value with every string, keys of mappings too, as ``spoil`` makes it."""
    if isinstance(value, str):
        return spoil(value)
    if isinstance(value, dict):
        return {key: spoiled(one, spoil) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(spoiled(one, spoil) for one in value)
    return value


def with_keys(value: dict[str, Any], spoil: Callable[[str], str]) -> dict[str, Any]:
    """A mapping of names that a machine or user chose, such as packages: keys are spoiled as well."""
    return {spoil(key): spoiled(one, spoil) for key, one in value.items()}


def spoiled_record(stored: Stored, spoil: Callable[[str], str]) -> Stored:
    """A record whose every free string is spoiled, past the checks of its schema."""
    record = stored.record
    execution = {
        "started_at": spoil(record.execution.started_at),
        "machine": with_keys(record.execution.machine, spoil),
        "packages": with_keys(record.execution.packages, spoil),
        "git_commit": spoil(record.execution.git_commit or ""),
    }
    ingredients = {
        "config": spoiled(record.ingredients.config, spoil),
        "inputs": with_keys(record.ingredients.inputs, spoil),
        "environment": {key: spoil(value) for key, value in record.ingredients.environment.items()},
    }
    found = {"reason": spoil(record.result.reason), "facts": spoiled(record.result.facts, spoil)}
    changes = {
        "execution": record.execution.model_copy(update=execution),
        "ingredients": record.ingredients.model_copy(update=ingredients),
        "result": record.result.model_copy(update=found),
    }
    return replace(stored, record=record.model_copy(update=changes))


def spoiled_run(run: Run, spoil: Callable[[str], str]) -> Run:
    """The manifest with hostile profile, command, date and configuration."""
    changes = {
        "profile": spoil(run.profile),
        "command": tuple(map(spoil, run.command)),
        "created_at": spoil(run.created_at),
        "config": spoiled(run.config, spoil),
    }
    return run.model_copy(update=changes)


def rendered(root: Path, folder: Path, spoil: Callable[[str], str], *, pdf: bool = False) -> Path:
    """The folder with the report of a spoiled store."""
    evidence = evidence_of(root)
    cells = {cell: tuple(spoiled_record(one, spoil) for one in records) for cell, records in evidence.cells.items()}
    study = study_of()
    subject = subject_of(study, Evidence(spoiled_run(evidence.run, spoil), cells), load_strings(study, "en"))
    build = folder / "build"
    (build / "figures").mkdir(parents=True)
    source = build / "report.qmd"
    source.write_text(source_text(subject, build / "figures"), encoding="utf-8")
    (build / "references.bib").write_bytes((study.templates / "references.bib").read_bytes())
    job = Job(source, "Title", "en", "watermark", folder / "report.html", folder / "report.pdf" if pdf else None)
    assert render(job, "pandoc").failed == {}
    return folder


def outline(page: Path) -> list[tuple[str, tuple[str, ...]]]:
    """Every element with the names of its attributes, in order."""
    return [(one.tag, tuple(one.attributes)) for one in read_page(page).elements]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The page of a store with hostile strings, and that of one with harmless strings of the same printed length.

    One seed, with tasks that diverged, failed and were skipped: more seeds have more strings of the same kinds.
    """
    folder = tmp_path_factory.mktemp("hostile")
    broken = {f"{name[:-1]}0": why for name, why in BROKEN.items()}
    config = with_detection(changed_config("autoencoder", "epochs", 8))
    write_study(folder, Spec(seeds=(0,), config=config, broken=broken))
    harmless = "w" * len(visible(f"x{EVERYTHING}"))
    hostile = rendered(folder, folder / "hostile", lambda text: f"{text} {EVERYTHING}", pdf=True)
    other = rendered(folder, folder / "harmless", lambda text: f"{text} {harmless}")
    return hostile / "report.html", other / "report.html"


@pytest.mark.campaign
def test_structure_is_that_of_a_harmless_report(pages: tuple[Path, Path]) -> None:
    """Not one element or attribute more or less."""
    assert outline(pages[0]) == outline(pages[1])


@pytest.mark.campaign
def test_nothing_runs_and_nothing_is_loaded(pages: tuple[Path, Path]) -> None:
    """No event attribute, no style of its own, no image but the report's figures, no link but to the source and the records."""
    page = read_page(pages[0])
    names = {name for one in page.elements for name in one.attributes}
    assert not {name for name in names if name.startswith("on") or name in {"style", "srcdoc", "srcset", "formaction"}}
    figures = len(list((pages[0].parent / "build" / "figures").glob("*.svg")))
    sources = [one.attributes["src"] for one in page.elements if "src" in one.attributes]
    assert len(sources) == figures
    assert all(source.startswith("data:image/svg+xml,") for source in sources)
    targets = {one.attributes["href"] for one in page.all("a")}
    assert all(re.match(r"#|https://(doi|arxiv)\.org/|https://github\.com/|\.\./records/", target) for target in targets)
    assert b"root:" not in pages[0].read_bytes()


@pytest.mark.campaign
@pytest.mark.parametrize("name", SHOWN)
def test_the_words_stand_there(pages: tuple[Path, Path], name: str) -> None:
    """What a record says is printed as it says it."""
    shown = " ".join(read_page(pages[0]).all("main")[0].text.split())
    assert visible(HOSTILE[name]) in shown


@pytest.mark.campaign
def test_the_pdf_has_them_too(pages: tuple[Path, Path]) -> None:
    """The same words reach the print form, which stays a tagged PDF."""
    reader = PdfReader(pages[0].with_suffix(".pdf"))
    text = re.sub(r"\s", "", "".join(page.extract_text() for page in reader.pages))
    assert "onmouseover=alert(1)" in text
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]  # type: ignore[index]


@pytest.mark.parametrize("name", HOSTILE)
def test_text_is_printable_and_short(name: str) -> None:
    """No control, no mark of direction, no lone surrogate is left, and 100 kB become two."""
    shown = visible(HOSTILE[name])
    assert len(shown) < 4000
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert all(one.isprintable() or one in "\u00a0\u2007\u2009\u202f" for one in shown)


@pytest.mark.parametrize("name", HOSTILE)
def test_one_text_is_one_paragraph_of_text(name: str, tmp_path: Path) -> None:
    """Alone, at the start of a paragraph, behind a bracket, as code, in a cell: text and nothing but text."""
    (tmp_path / "figures").mkdir()
    text = escaped(HOSTILE[name])
    source = tmp_path / "report.qmd"
    source.write_text(f"{text}\n\n[a]{text} b {code(HOSTILE[name])}\n\n| a |\n|---|\n| {text} |\n", encoding="utf-8")
    assert render(Job(source, "T", output_html=tmp_path / "r.html", output_pdf=tmp_path / "r.pdf"), "pandoc").failed == {}
    page = read_page(tmp_path / "r.html")
    (main,) = page.all("main")
    tags = [one.tag for one in page.elements if "main" in one.parents]
    assert sorted(set(tags)) == sorted({"p", "code", "figure", "div", "table", "thead", "tbody", "tr", "th", "td"} & set(tags))
    assert tags.count("p") == 2
    assert " ".join(main.text.split()).count(" ".join(visible(HOSTILE[name]).split())) >= 4
