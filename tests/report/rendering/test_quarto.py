"""The Quarto engine against a stand-in for its command line: what it is given, and how its failures are told."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from report.rendering import render
from report.rendering.engine import choose
from report.rendering.quarto import as_quarto_reads
from store.errors import StudyError, UsageError
from tests.report.rendering.conftest import WATERMARK, job_of

if TYPE_CHECKING:
    from pathlib import Path

RECORDS = """
import json, pathlib, sys
here = pathlib.Path.cwd()
log = pathlib.Path({log!r})
seen = {{path.name: path.read_text() for path in here.iterdir() if path.suffix in {{".yml", ".html", ".typ", ".css"}}}}
calls = json.loads(log.read_text()) if log.exists() else []
log.write_text(json.dumps([*calls, {{"arguments": sys.argv[1:], "folder": str(here), "files": seen}}]))
(here / ("report.html" if sys.argv[-1] == "html" else "report.pdf")).write_bytes(b"made by " + sys.argv[-1].encode())
"""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Put an executable called quarto on PATH that runs ``program``."""
    folder.mkdir()
    (folder / "stub.py").write_text(program, encoding="utf-8")
    script = folder / "quarto"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{folder / "stub.py"}" "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_quarto_gets_a_project_and_both_formats(build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Quarto runs once per format, in a copy of the build folder, with the settings that pandoc gets as flags."""
    log = tmp_path / "log.json"
    install(tmp_path / "bin", monkeypatch, RECORDS.format(log=str(log)))
    before = sorted(path.name for path in build.parent.iterdir())
    result = render(job_of(build, tmp_path / "out"), "auto")
    assert result.engine == "quarto"
    assert [path.read_bytes() for path in result.outputs] == [b"made by html", b"made by typst"]
    calls = json.loads(log.read_text(encoding="utf-8"))
    assert [call["arguments"] for call in calls] == [["render", "report.qmd", "--to", to] for to in ("html", "typst")]
    assert calls[0]["folder"] != str(build.parent)
    assert sorted(path.name for path in build.parent.iterdir()) == before
    settings = json.loads(calls[0]["files"]["_quarto.yml"])
    assert settings["title"] == "What holds & what does not"
    assert settings["bibliography"] == ["references.bib"]
    page, print_form = settings["format"]["html"], settings["format"]["typst"]
    assert (page["theme"], page["html-math-method"], page["embed-resources"]) == ("default", "mathml", True)
    assert print_form["citeproc"] is True
    assert WATERMARK in calls[0]["files"][page["include-before-body"]]
    assert (page["format-links"], settings["tbl-colwidths"]) == (False, False)
    assert "breakable: true" in calls[1]["files"][print_form["include-in-header"][0]]
    assert f'"{WATERMARK}"' in calls[1]["files"][print_form["include-in-header"][1]]
    assert ".warn" in calls[0]["files"][page["css"]]


def test_without_watermark_quarto_gets_none(build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No empty bar and no file for it."""
    log = tmp_path / "log.json"
    install(tmp_path / "bin", monkeypatch, RECORDS.format(log=str(log)))
    render(job_of(build, tmp_path / "out", watermark=""), "quarto")
    (first, _) = json.loads(log.read_text(encoding="utf-8"))
    assert set(first["files"]) == {"_quarto.yml", "quarto.css", "breakable.typ"}


def test_source_is_as_quarto_reads_it() -> None:
    """The engine stands in the front matter, and a reference to a heading without number is a link with its words."""
    source = "---\nsubtitle: x\n---\n# Data {#sec-data .unnumbered}\n\nSee @sec-data, @sec-other, \\@sec-data.\n"
    text = as_quarto_reads(source)
    assert text.startswith("---\nengine: markdown\nsubtitle: x\n---\n")
    assert "See [Data](#sec-data), @sec-other, \\@sec-data." in text
    assert as_quarto_reads("# A").startswith("---\nengine: markdown\n---\n")


def test_a_warning_is_an_error(build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 0 with a reference that points to nothing is no report; colours of a terminal stay out of the message."""
    program = 'import sys\nprint("\\x1b[33m[WARNING]\\x1b[0m Unable to resolve crossref @sec-x", file=sys.stderr)'
    install(tmp_path / "bin", monkeypatch, program)
    with pytest.raises(StudyError, match="Unable to resolve crossref") as caught:
        render(job_of(build, tmp_path / "out"), "quarto")
    assert "\x1b" not in str(caught.value)


def test_asked_for_and_missing_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says how to get Quarto."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match=r"quarto\.org"):
        choose("quarto")


def test_failure_shows_the_last_lines(build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A non-zero exit is told with the end of what Quarto printed, and writes nothing."""
    program = 'import sys\nprint("\\n".join(f"line {n}" for n in range(40)), file=sys.stderr)\nsys.exit(7)'
    install(tmp_path / "bin", monkeypatch, program)
    with pytest.raises(StudyError, match=r"exit 7") as caught:
        render(job_of(build, tmp_path / "out"), "quarto")
    assert "line 39" in str(caught.value)
    assert "line 20" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_silent_lack_of_output_is_an_error(build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 0 without a file does not pass for success."""
    install(tmp_path / "bin", monkeypatch, "")
    with pytest.raises(StudyError, match=r"quarto left no report\.html"):
        render(job_of(build, tmp_path / "out"), "quarto")
