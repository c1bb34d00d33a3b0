"""From records to HTML and PDF: equal bytes, nothing done twice, nothing hidden, altered records refused."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pypdf import PdfReader

from report import build as module
from report.build import Options, build
from report.cli import main
from report.rendering.stamp import write_stamp
from store.errors import IntegrityError, StudyError
from store.runs import latest_run_id
from tests.report.conftest import NO_WEIGHTS
from tests.report.printed_numbers import page_numbers
from tests.report.study import Spec, write_study

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
WATERMARK = "Not comparable with the published values"
# Runs the command line where nothing that computes can be imported; says which heavy modules were loaded.
ALONE = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "torchvision", "ultralytics", "bench"}:
            raise ModuleNotFoundError(f"{name} is out of reach here", name=name)

sys.meta_path.insert(0, Absent())
from report.cli import main
status = main(sys.argv[1:])
print("heavy:", *sorted({"matplotlib", "pandas", "scipy"} & set(sys.modules)))
sys.exit(status)
"""


def alone(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The report's command line in a process of its own, without bench and torch."""
    command = [sys.executable, "-W", "error", "-c", ALONE, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def built(broken_root: Path) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The report of the broken study, built once, and what the command said."""
    done = alone("build", "--artifacts", str(broken_root), "--engine", "pandoc")
    return broken_root, done


def page(root: Path) -> str:
    """The HTML report's text without its embedded style and figures."""
    return re.sub(r"data:[^\"')]+", "", (root / "report" / "report.html").read_text(encoding="utf-8"))


def test_failed_tasks_do_not_fail_the_build(built: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Exit 0 without warnings; the output says how many tasks have no result."""
    _, done = built
    assert (done.returncode, done.stderr) == (0, "")
    assert "18 of them did not end well" in done.stdout
    assert "not comparable" in done.stdout


def test_page_shows_failures_with_reasons_and_the_watermark(built: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Status words, reasons, watermark and deviation stand in the page."""
    text = page(built[0])
    for words in ("loss is NaN in epoch 3", "ValueError: no encoder", WATERMARK, "autoencoder.epochs", NO_WEIGHTS, "YOLOv5u"):
        assert words in text


def test_failed_tasks_link_to_their_logs(built: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Every failed task's traceback is one click away from the page; the PDF has the same links; the page verifies."""
    folder = built[0] / "report"
    links = set(re.findall(r'<a href="(\.\./[^"]+)"', page(built[0])))
    reached = {(folder / link).resolve() for link in links}
    assert reached == {path.resolve() for path in (built[0] / "records").rglob("traceback.txt")}
    assert len(reached) == 2
    annotations = [note.get_object() for sheet in PdfReader(folder / "report.pdf").pages for note in sheet.get("/Annots", [])]
    assert links <= {str(note["/A"]["/URI"]) for note in annotations if "/A" in note and "/URI" in note["/A"]}
    assert main(["verify", str(folder / "report.html"), "--artifacts", str(built[0])]) == 0


def test_numbers_in_the_page_lead_to_their_records(built: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """The attribute of a printed number names a record of the run."""
    references = set(re.findall(r'data-record="([^"]+)"', page(built[0])))
    run = latest_run_id(built[0])
    entries = json.loads((built[0] / "runs" / run / "run.json").read_text())["entries"]
    known = {entry["fingerprint"][:12] for entry in entries}
    named = {reference.partition("@")[2] for many in references for reference in many.split() if "@" in reference}
    assert named
    assert named <= known


def test_both_languages_print_the_same_numbers(built: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """The built pages, row by row of their tables and elsewhere, each number in the marks of its language."""
    folder = built[0] / "report"
    pages = {"en": folder / "report.html", "pt": folder / "report.pt.html"}
    (rows, prose), (other_rows, other_prose) = (page_numbers(path.read_text("utf-8"), name) for name, path in pages.items())
    assert len(rows) > 100
    assert rows == other_rows
    assert prose == other_prose


def test_each_language_links_to_the_other(built: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Page to page and PDF to PDF, and the tag says which Portuguese it is."""
    folder = built[0] / "report"
    for stem, other, tag in (("report", "report.pt", "en"), ("report.pt", "report", "pt-PT")):
        text = (folder / f"{stem}.html").read_text(encoding="utf-8")
        assert f'<html lang="{tag}">' in text
        assert f'<a href="{other}.html" rel="alternate"' in text
        reader = PdfReader(folder / f"{stem}.pdf")
        assert reader.trailer["/Root"]["/Lang"] == tag
        links = [note.get_object() for note in reader.pages[0].get("/Annots", [])]
        assert f"{other}.pdf" in {str(link["/A"]["/URI"]) for link in links if "/A" in link and "/URI" in link["/A"]}


def write_stubs(due: Sequence[Any], *_: object) -> None:
    """In place of the build of what is due: the files, and the stamps that say what they were made from."""
    for one in due:
        one.folder.mkdir(exist_ok=True)
        for path in one.outputs:
            path.write_bytes(b"report")
        write_stamp(one.stamp, one.inputs, one.outputs, 0.0)


def test_one_language_alone_leaves_no_other_run_beside_it(
    single_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Portuguese page of another run does not stay beside the latest report."""
    monkeypatch.setattr(module, "_make", write_stubs)
    options = Options(engine="pandoc", formats=("html",), languages=("en",), output=tmp_path)
    (tmp_path / "report.pt.html").write_text("of another run", encoding="utf-8")
    assert [path.name for path in build(single_root, options).outputs] == ["report.html"]
    assert not (tmp_path / "report.pt.html").exists()


def test_second_build_does_nothing_and_loads_nothing_heavy(built: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """An up-to-date report is found without matplotlib, pandas or scipy."""
    root, _ = built
    before = (root / "report" / "report.html").stat().st_mtime_ns
    done = alone("build", "--artifacts", str(root), "--engine", "pandoc")
    assert done.stdout.startswith("up to date")
    assert done.stdout.splitlines()[-1] == "heavy:"
    assert (root / "report" / "report.html").stat().st_mtime_ns == before


def test_forced_build_elsewhere_is_identical(built: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    """Same records, another folder, another process: the same bytes of HTML and PDF, in one language."""
    root, _ = built
    moved = tmp_path / "copy"
    shutil.copytree(root, moved, ignore=shutil.ignore_patterns("report"))
    result = build(moved, Options(engine="pandoc", languages=("pt",), force=True, output=tmp_path / "out"))
    assert result.rebuilt
    assert len(result.outputs) == 2
    for path in result.outputs:
        assert path.read_bytes() == (root / "report" / path.name).read_bytes(), path.name


def test_two_builds_of_one_run_wait_for_each_other(single_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They work in one folder: the second comes when the first is done, and finds everything made."""
    waits, made = threading.Event(), list[int]()
    monkeypatch.setattr(module.logging.getLogger("report.build"), "warning", lambda *_: waits.set())

    def make(due: Sequence[Any], *_: object) -> None:
        made.append(len(due))
        assert made != [len(due)] or waits.wait(timeout=60)
        write_stubs(due)

    monkeypatch.setattr(module, "_make", make)
    with ThreadPoolExecutor(2) as pool:
        builds = [pool.submit(module.build, single_root, module.Options(output=tmp_path)) for _ in range(2)]
        assert sorted(each.result().rebuilt for each in builds) == [False, True]
    assert made == [2, 0]


def test_damaged_output_is_built_again(tiny: Path, tmp_path: Path) -> None:
    """A report that someone edited is not up to date; one without deviations has no watermark."""
    options = Options(engine="pandoc", formats=("html",), languages=("en",), output=tmp_path / "out")
    first = build(tiny, options)
    assert first.rebuilt
    assert first.comparable
    assert WATERMARK not in first.outputs[0].read_text(encoding="utf-8")
    assert not build(tiny, options).rebuilt
    kept = tmp_path / "out" / first.run_id / "report.html"
    kept.write_text("edited", encoding="utf-8")
    assert build(tiny, options).rebuilt
    assert kept.read_text(encoding="utf-8") != "edited"


def test_altered_record_is_refused_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One flipped byte in a table: exit 3, and the message says which record and file."""
    write_study(tmp_path, Spec(seeds=(0,), images=50))
    target = next((tmp_path / "records" / "reconstruction" / "vae" / "seed-0").glob("*/errors.parquet"))
    content = bytearray(target.read_bytes())
    content[len(content) // 2] ^= 1
    target.write_bytes(bytes(content))
    with pytest.raises(IntegrityError, match=r"errors\.parquet of record reconstruction/vae/seed-0"):
        build(tmp_path, Options())
    assert main(["build", "--artifacts", str(tmp_path)]) == 3
    assert "reconstruction/vae/seed-0" in capsys.readouterr().err
    assert not (tmp_path / "report").exists()


def test_missing_run_names_the_cure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty store says how to make a run; an unknown run lists the known ones."""
    with pytest.raises(StudyError, match="nox -s bench"):
        build(tmp_path, Options())
    assert main(["build", "--artifacts", str(tmp_path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"] == "no run found"


def test_unknown_language_is_a_usage_error(whole_root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, with the languages there are."""
    assert main(["build", "--artifacts", str(whole_root), "--lang", "xx"]) == 2
    assert "choose one of: en" in capsys.readouterr().err


def test_unwritable_output_is_an_error_with_a_cure(
    whole_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file in the place of the folder: exit 1, no traceback."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    arguments = ["build", "--artifacts", str(whole_root), "--output", str(tmp_path / "file"), "--engine", "pandoc"]
    assert main(arguments) == 1
    assert "--output DIR" in capsys.readouterr().err
