"""A finished report against its records: whatever was altered in it is found, where it stands and with the record it names."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from report.build import Options, build
from report.checks import verification
from report.checks.explanation import explain
from report.checks.verification import judged
from report.cli import main
from store.errors import StoreError
from tests.report.tiny_study import NAME, run_known

if TYPE_CHECKING:
    from collections.abc import Iterator

CELL = re.compile(r'<span class="value" data-record="(classifier/ae/[^"]+)"[^>]*>(\d+\.\d+)</span>')


@pytest.fixture(scope="module")
def store(single_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with its report as HTML and PDF, and room to alter both."""
    root = tmp_path_factory.mktemp("printed") / "store"
    shutil.copytree(single_root, root)
    build(root, Options(engine="pandoc", languages=("en",)))
    return root


@pytest.fixture(scope="module")
def page(store: Path) -> str:
    """The report's HTML."""
    return (store / "report" / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A store of the smallest study with its report, for what is the same whatever is reported."""
    for root in run_known(tmp_path_factory.mktemp("tiny")):
        build(root, Options(engine="pandoc", languages=("en",)))
        yield root


def found(page: str, altered: str) -> dict[str, object]:
    """The one difference between a page and what was made of it."""
    assert altered != page
    (difference,) = explain(page.encode(), altered.encode())
    return dict(difference)


def test_an_edited_number_is_found_with_its_record(page: str) -> None:
    """A cell of the classification table: both values, the record and the section."""
    cell = CELL.search(page)
    assert cell
    altered = page[: cell.start(2)] + "99.99" + page[cell.end(2) :]
    difference = found(page, altered)
    assert (difference["kind"], difference["printed"], difference["derived"]) == ("another number", "99.99", cell[2])
    assert difference["record"] == cell[1]
    assert difference["section"]


def test_a_number_that_names_another_record_is_found(page: str) -> None:
    """The value is right and is said to come from elsewhere."""
    cell = CELL.search(page)
    assert cell
    altered = page[: cell.start(1)] + "classifier/vae/seed-0@0123456789ab" + page[cell.end(1) :]
    assert found(page, altered)["kind"] == "another record"


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (r"(?<=<p>)[A-Z][a-z]+ ", "Unproven ", "another text"),
        (r"(?<=data:image/svg\+xml,%3Csvg xmlns:xlink=)%22", "%27", "another figure"),
        (r"<span class=\"value\"", '<span class="value">0.5</span> <span class="value"', "another number"),
        (r"(?<=caption-label\">Table\s)1", "7", "another number"),
        (r"(?<=alt=\")[^\"]{20,}(?=\")", "Nothing", "another text"),
    ],
    ids=["prose", "figure", "added", "caption", "alternative-text"],
)
def test_whatever_is_shown_counts(page: str, before: str, after: str, kind: str) -> None:
    """Prose, figures, added values, captions and alternative texts."""
    altered = re.sub(before, after, page, count=1)
    kinds = {one["kind"] for one in explain(page.encode(), altered.encode())}
    assert altered != page
    assert kinds <= {kind, "another number"}
    assert kinds


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("</style>", "td:nth-child(3)::after {content: '9'}</style>"),
        ("</body>", "<script>alert(1)</script></body>"),
        ("<tr>", "<tr hidden>"),
        ("<p>", "<p><s>"),
        ("<td", "<td "),
        ("</p>\n", "</p>\n\n"),
        ("<main", "<iframe srcdoc='x'></iframe><main"),
        ('<img src="', '<img srcset="data:," src="'),
        ("<details", "<details hidden"),
        ("<!DOCTYPE html>", ""),
    ],
    ids=["css", "script", "hidden", "struck", "space", "newline", "iframe", "srcset", "details", "quirks"],
)
def test_markup_counts(page: str, before: str, after: str) -> None:
    """What hides, strikes out or adds without a word changed is another report: exit 3, and the place is told."""
    altered = page.replace(before, after, 1)
    assert altered != page
    facts = judged(Path("report.html"), "run", altered.encode(), page.encode())
    assert (facts["sound"], bool(facts["problems"])) == (False, True)


def test_moved_numbers_are_found(page: str) -> None:
    """Two cells of a row that changed places are told, although the page has the same words."""
    first, *others = CELL.finditer(page)
    second = next(cell for cell in others if cell[2] != first[2])
    altered = page[: first.start(2)] + second[2] + page[first.end(2) : second.start(2)] + first[2] + page[second.end(2) :]
    assert {one["kind"] for one in explain(page.encode(), altered.encode())} == {"another number"}


@pytest.mark.parametrize("flood", ["<b>", "<!--", "<a ", "</b>", "<p>x", "&", "x "])
def test_an_explanation_takes_linear_time(page: str, flood: str) -> None:
    """A flood ten times as long takes about ten times as many steps of the program, and a large one is got through."""

    def steps(times: int) -> int:
        count = 0

        def step(*_: object) -> object:
            nonlocal count
            count += 1
            return step

        before = sys.gettrace()
        sys.settrace(step)
        try:
            assert explain(b"<p>one</p>", (flood * times + "<p>two</p>").encode())
        finally:
            sys.settrace(before)
        return count

    steps(1)  # which imports what is imported late
    least = steps(1)
    assert steps(2_000) - least <= 12 * (steps(200) - least) + least
    assert explain(page.encode(), (flood * 200_000 + page).encode())


@pytest.mark.parametrize("name", ["report.html", "report.pdf"])
def test_a_report_as_it_was_built_is_sound(store: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0, and the last line says what was compared with what."""
    assert main(["verify", str(store / "report" / name), "--artifacts", str(store), "--engine", "pandoc"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("sound: ")


def test_an_altered_page_exits_3(store: Path, page: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON names each difference; the store's own files stay as they were."""
    cell = CELL.search(page)
    assert cell
    copy = tmp_path / "report.html"
    copy.write_text(page[: cell.start(2)] + "99.99" + page[cell.end(2) :], encoding="utf-8")
    assert main(["verify", str(copy), "--artifacts", str(store), "--engine", "pandoc", "--json"]) == 3
    facts = json.loads(capsys.readouterr().out)
    assert [problem["printed"] for problem in facts["problems"]] == ["99.99"]
    assert (store / "report" / "report.html").read_text(encoding="utf-8") == page


def test_a_language_that_no_report_has_is_an_alteration(tiny: Path, tmp_path: Path) -> None:
    """And no slip of whoever verifies: nobody named it on the command line."""
    page = (tiny / "report" / NAME / "report.html").read_text(encoding="utf-8")
    altered = tmp_path / "report.html"
    altered.write_text(page.replace('<html lang="en"', '<html lang="xx"', 1), encoding="utf-8")
    assert altered.read_text(encoding="utf-8") != page
    command = ["verify", str(altered), "--artifacts", str(tiny), "--run", f"{NAME}-run"]
    assert main(command) == 3
    assert main([*command, "--lang", "xx"]) == 2


def test_an_engine_that_is_not_here_is_no_slip_where_the_page_names_it(
    store: Path, page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page may have been altered there: it is not sound, and the message says what to do in either case."""
    monkeypatch.setenv("PATH", str(tmp_path))
    altered = tmp_path / "report.html"
    altered.write_text(page.replace('content="report pandoc"', 'content="quarto-1.7"', 1), encoding="utf-8")
    assert altered.read_text(encoding="utf-8") != page
    assert main(["verify", str(altered), "--artifacts", str(store), "--run", "synthetic-1"]) == 3
    assert "--engine pandoc" in capsys.readouterr().err
    assert main(["verify", str(altered), "--artifacts", str(store), "--run", "synthetic-1", "--engine", "quarto"]) == 2


def test_an_altered_pdf_exits_3(tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One byte is enough, and without it the same command finds the PDF sound."""
    content = bytearray((tiny / "report" / NAME / "report.pdf").read_bytes())
    copy = tmp_path / "report.pdf"
    command = ["verify", str(copy), "--artifacts", str(tiny), "--run", f"{NAME}-run", "--engine", "pandoc"]
    copy.write_bytes(content)
    assert main(command) == 0
    content[len(content) // 2] ^= 1
    copy.write_bytes(content)
    assert main(command) == 3
    assert "problem: not what the records give" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "words"), [("missing.html", "no such file"), ("report.docx", "report.docx is no report")])
def test_what_is_no_report_is_refused(
    store: Path, tmp_path: Path, name: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2 with the file and the cure."""
    (tmp_path / "report.docx").write_bytes(b"")
    assert main(["verify", str(tmp_path / name), "--artifacts", str(store)]) == 2
    assert words in capsys.readouterr().err


def test_a_damaged_record_is_not_a_sound_report(store: Path, tmp_path: Path) -> None:
    """The report cannot be derived from records that were altered: exit 3."""
    root = tmp_path / "store"
    shutil.copytree(store, root)
    (record,) = root.glob("records/classifier/ae/**/record.json")
    record.write_text(record.read_text(encoding="utf-8").replace("0.8", "0.9", 1), encoding="utf-8")
    assert main(["verify", str(root / "report" / "report.html"), "--artifacts", str(root), "--engine", "pandoc"]) == 3


def test_no_room_for_temporary_files_has_its_own_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Verifying has no --output, and what cannot be read keeps the cure that it has."""
    (tmp_path / "report.html").write_text("<p>")
    monkeypatch.setattr(verification, "chosen_run", lambda *_: SimpleNamespace(study=None))

    def full(_artifacts: Path, options: Options) -> None:
        raise StoreError("cannot write the report", where=str(options.output), cure="--output DIR")

    def unreadable(artifacts: Path, _options: Options) -> None:
        raise StoreError("cannot be read", where=str(artifacts), cure="chmod")

    def nowhere() -> None:
        raise FileNotFoundError(2, "No usable temporary directory found")

    for build_, cure in ((full, "TMPDIR"), (unreadable, "chmod")):
        monkeypatch.setattr(verification, "build", build_)
        with pytest.raises(StoreError) as caught:
            verification.verify_facts(tmp_path / "report.html", tmp_path / "artifacts", Options())
        assert cure in caught.value.cure
        assert "--output" not in caught.value.cure
    monkeypatch.setattr(verification.tempfile, "TemporaryDirectory", nowhere)
    with pytest.raises(StoreError, match="cannot build the report again") as caught:
        verification.verify_facts(tmp_path / "report.html", tmp_path / "artifacts", Options())
    assert "TMPDIR" in caught.value.cure
