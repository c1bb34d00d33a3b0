"""The PDF report: tagged, with embedded fonts, numbered pages, the watermark on each and alt texts on all images."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import outloud
import pikepdf
import pytest
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject

from report.rendering import render
from report.rendering.tagging import with_row_headers
from store.errors import StudyError
from tests.report.rendering.conftest import WATERMARK, job_of, write_build

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def reader(rendered: Path) -> PdfReader:
    """The sample's PDF."""
    return PdfReader(rendered / "report.pdf")


@pytest.fixture(scope="module")
def tags(reader: PdfReader) -> list[DictionaryObject]:
    """Every structure element of the PDF."""

    def walk(node: object) -> Iterator[DictionaryObject]:
        if isinstance(node, ArrayObject):
            for child in node:
                yield from walk(child.get_object())
        elif isinstance(node, DictionaryObject):
            if "/S" in node:
                yield node
            if "/K" in node:
                yield from walk(node["/K"].get_object())

    return list(walk(cast("DictionaryObject", reader.trailer["/Root"])["/StructTreeRoot"].get_object()))


def text_of(reader: PdfReader) -> str:
    """All pages' text with single spaces."""
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def test_pdf_says_what_it_is(reader: PdfReader) -> None:
    """The catalogue claims tags, a language and PDF/UA-1, and the title is the job's."""
    root = cast("DictionaryObject", reader.trailer["/Root"])
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    assert reader.metadata is not None
    assert reader.metadata.title == "What holds & what does not"


def test_every_page_is_a4_with_number_and_watermark(reader: PdfReader) -> None:
    """No page can be taken out of its context."""
    for number, page in enumerate(reader.pages, start=1):
        text = " ".join(page.extract_text().split())
        assert f"{number} of {len(reader.pages)}" in text
        assert WATERMARK in text
        assert [round(side) for side in page.mediabox[2:]] == [595, 842]


def test_all_fonts_are_embedded(reader: PdfReader) -> None:
    """Every font of every page carries its file."""
    names = set()
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            descriptor = inner["/FontDescriptor"].get_object()
            assert {"/FontFile2", "/FontFile3"} & set(descriptor)
            names.add(str(inner["/BaseFont"]).split("+")[1].split("-")[0])
    assert {"LibertinusSerif", "NewCMMath"} <= names


def test_figures_and_formulas_have_alt_texts(tags: list[DictionaryObject]) -> None:
    """Each image says its fig-alt, each formula its source."""
    alts = {kind: [str(t["/Alt"]) for t in tags if t["/S"] == kind and "/Alt" in t] for kind in ("/Figure", "/Formula")}
    assert 'Two falling "curves" of 25 epochs.' in alts["/Figure"]
    assert len(alts["/Figure"]) >= 7
    assert "x hat equals g sub phi (z)" in alts["/Formula"]
    assert all("/Alt" in t for t in tags if t["/S"] == "/Formula")


def test_tables_have_header_cells_and_captions(tags: list[DictionaryObject]) -> None:
    """Five captioned tables and one without, each with its header row."""
    kinds = [str(t["/S"]) for t in tags]
    assert kinds.count("/Table") == 6
    assert len([t for t in tags if t["/S"] == "/TH" and place_of(t).get("/Scope") == "/Column"]) == 5 + 3 + 5 + 2 + 10 + 2
    assert kinds.count("/Caption") == 5 + 7


def place_of(cell: DictionaryObject) -> DictionaryObject:
    """What a cell says of its place in the table."""
    (found,) = (owned.get_object() for owned in cell["/A"] if owned.get_object()["/O"] == "/Table")
    return cast("DictionaryObject", found)


def test_every_value_names_its_row_and_its_column(tags: list[DictionaryObject]) -> None:
    """A screen reader that goes from cell to cell says both; the first cell of a row says what the row is about."""
    headers = {str(t["/ID"]): str(place_of(t)["/Scope"]) for t in tags if t["/S"] == "/TH"}
    values = [[headers[str(name)] for name in place_of(t)["/Headers"]] for t in tags if t["/S"] == "/TD"]
    assert values
    assert [found for found in values if found != ["/Column", "/Row"]] == []
    rows = [[cell.get_object() for cell in t["/K"]] for t in tags if t["/S"] == "/TR"]
    assert {tuple(str(cell["/S"]) for cell in row[:2]) for row in rows} == {("/TH", "/TH"), ("/TH", "/TD")}
    assert len(headers) == len([t for t in tags if t["/S"] == "/TH"])


def test_an_independent_checker_finds_no_fault(rendered: Path) -> None:
    """Each of the checkpoints of PDF/UA-1 that a machine can look at."""
    found = outloud.check(str(rendered / "report.pdf"), layers=["conformance"])
    assert (found.verdict, found.error, found.findings) == ("pass", None, [])
    assert sum(part["status"] == "pass" for part in found.criteria["pdfua1"]) >= 15


def test_a_table_may_have_two_row_headers_and_notes_none(tmp_path: Path) -> None:
    """As many as the table says; a row of notes below it heads nothing, and words like the filter's own mark nothing."""
    source = write_build(tmp_path / "build")
    rows = "\n".join(f"| AE | seed {number} | {number} |" for number in range(14))
    head = "| Model | Seed | Value |\n|:--|:--|--:|"
    table = f"{head}\n{rows}\n\n: Values. {{#tbl-values .heads-2}}\n\n::: {{.table-notes}}\nA note.\n:::\n"
    code = f"```\n// {'0' * 64} 9 9\n```\n"
    source.write_text(f"{code}\n{table}\n{code}", encoding="utf-8")
    render(job_of(source, tmp_path), "pandoc")
    found = pikepdf.open(tmp_path / "report.pdf")
    ids = sorted(pikepdf.NameTree(found.Root.StructTreeRoot.IDTree))
    assert [name for name in ids if name.startswith("R")] == sorted(
        f"R0x{column}y{row}" for column in (0, 1) for row in range(14)
    )


def test_a_pdf_of_other_tables_is_an_error(rendered: Path, tmp_path: Path) -> None:
    """Headers that do not fit would be worse than none."""
    source = write_build(tmp_path / "build")
    with pytest.raises(StudyError, match="the report has 0 tables, and its PDF 6 or others"):
        with_row_headers((rendered / "report.pdf").read_bytes(), b"", source)


def test_header_row_repeats_on_the_next_page(reader: PdfReader) -> None:
    """The long table goes over page breaks with its header once on each of its pages."""
    counts = [" ".join(page.extract_text().split()).count("validation MSE") for page in reader.pages]
    assert max(counts) == 1
    assert sum(counts) >= 2


def test_references_and_labels_agree(reader: PdfReader) -> None:
    """The PDF has the same numbers as the HTML: one filter makes them."""
    text = text_of(reader).replace("\N{NO-BREAK SPACE}", " ")
    wanted = ("Figure 2. Pairs of inputs", "Table 3. Losses after 25 epochs", "see Section 2, Equation 2", "2 Theory", "(2)")
    assert [words for words in wanted if words not in text] == []


def test_links_lead_to_places_in_the_document(reader: PdfReader) -> None:
    """Cross-references are links, and only the one outside address leaves the file."""
    notes = [note.get_object() for page in reader.pages for note in page.get("/Annots", [])]
    outside = {note["/A"]["/URI"] for note in notes if "/URI" in note.get("/A", {})}
    assert outside == {"https://example.org/x"}
    assert len(notes) > 10


def test_outline_follows_the_sections(reader: PdfReader) -> None:
    """The bookmarks are the sections; a callout's heading is none."""
    titles = [item.title for item in reader.outline if not isinstance(item, list)]
    assert titles == ["1 Summary", "2 Theory", "3 Results", "4 Appendix", "References"]


def test_a_long_command_breaks_within_the_page_and_is_copied_as_it_is(reader: PdfReader) -> None:
    """Words of a command that no blank divides go over lines, and nothing is put between them that a shell would see."""
    words = "alternatives=autoencoder.batch_size=64,autoencoder.upsample=bilinear,vae.beta=1.0,classifier.batch_size=32"
    (page,) = (text for one in reader.pages if "alternatives=" in (text := one.extract_text()))
    assert words not in page
    assert words in "".join(page.split())


def test_a_badge_leaves_a_space_before_the_next_word(tmp_path: Path) -> None:
    """The ground of a badge goes beyond its words; what follows stands behind it, farther off than behind bold words."""
    source = write_build(tmp_path / "build")
    source.write_text("[slip]{.bad} afterwards\n\n**slip** afterwards\n", encoding="utf-8")
    render(job_of(source, tmp_path), "pandoc")
    found: list[float] = []

    def note(text: str, matrix: list[float], *_: object) -> None:
        if "afterwards" in text:
            found.append(matrix[4])

    PdfReader(tmp_path / "report.pdf").pages[-1].extract_text(visitor_text=note)
    marked, bold = found
    assert marked - bold > 2  # pt; it was nearer by as much
