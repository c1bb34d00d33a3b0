"""Runs the pandoc of the pypandoc-binary wheel: the source is read once, and becomes an HTML page and a Typst document."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from report.rendering.failures import pandoc_failure, too_much
from report.rendering.page import self_contained
from report.rendering.style import STYLE_FOLDER, labels_of, links_of
from report.rendering.tagging import table_mark
from store.errors import StudyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from report.rendering.job import Job

TOC_DEPTH = 3
FLAGS = (
    *("--output=-", "--fail-if-warnings", "--eol=lf", "--wrap=none"),
    "--sandbox",  # readers and writers open no file but those named here, and no address
)
LAYOUT_FLAGS = ("--from=json", "--standalone", "--number-sections", "--toc")
FILTERS_BEFORE_CITATIONS = ("subset.lua", "crossref.lua")
CONTENTS = "::: {.contents}"
"""What a source writes where its printed form has the contents; without it they stand in front."""
AUTHOR = "The report generator, from the records of the run"
"""Who wrote the report, in the PDF's metadata."""
MOST_MEMORY = "1g"
"""Of pandoc's heap: a report of full size takes an eighth, and some texts, such as thousands of brackets, all there is."""
NURSERY = "128m"
"""What it fills before it looks for garbage: as many fewer looks save an eighth of its time."""
MOST_SECONDS = 900
"""A report of full size takes a few; it is not told how fast a machine is."""
HEAP_EXHAUSTED = 251
"""Its exit status then."""
KEPT_VARIABLES = ("SYSTEMROOT", "TEMP", "TMP", "TMPDIR")
"""What a process needs to start on any system; nothing else of the caller's environment reaches pandoc."""


def read(job: Job) -> bytes:
    """The source as pandoc's tree in JSON: checked, with numbered references and citations; both forms are made of it.

    Raises:
        StudyError: pandoc is missing, warned or failed; the message has the source line where it is known.
    """
    filters = [f"--lua-filter={STYLE_FOLDER / name}" for name in FILTERS_BEFORE_CITATIONS]
    arguments = [job.source.name, "--from=markdown", "--to=json", *_metadata(job), *filters, *_citations(job.source.parent)]
    return _pandoc(job, arguments, {"labels": labels_of(job.lang)})


def html_page(job: Job, tree: bytes) -> bytes:
    """The report as one HTML file with its style, font and figures inside, made of what ``read`` gave.

    Raises:
        StudyError: as `read`.
    """
    depth = f"--toc-depth={TOC_DEPTH + 1}"  # below the title, the only h1
    layout = f"--lua-filter={STYLE_FOLDER / 'layout-html.lua'}"
    arguments = [*LAYOUT_FLAGS, "--to=html5", "--mathml", depth, f"--template={STYLE_FOLDER / 'page.html'}", layout]
    page = _pandoc(job, arguments, {"others": links_of(job, ".html")}, tree)
    words: dict[str, JsonValue] = {key: text for key, text in labels_of(job.lang).items() if key.startswith("js_")}
    return self_contained(page, job.source.parent, words, job.watermark)


def typst_document(job: Job, tree: bytes) -> bytes:
    """The report as Typst source, images by their path relative to the build folder, made of what ``read`` gave.

    Raises:
        StudyError: as `read`.
    """
    layout = f"--lua-filter={STYLE_FOLDER / 'layout-typst.lua'}"
    to = "--to=typst-citations"  # those of the tree are text already
    arguments = [*LAYOUT_FLAGS, to, f"--toc-depth={TOC_DEPTH}", f"--template={STYLE_FOLDER / 'report.typ'}", layout]
    return _pandoc(job, arguments, {"others": links_of(job, ".pdf")}, tree)


def pandoc_path() -> Path:
    """The executable inside the pypandoc-binary wheel; a pandoc of the system, of whatever age, is never taken."""
    spec = find_spec("pypandoc")
    folder = Path(spec.origin).parent / "files" if spec is not None and spec.origin is not None else Path()
    found = next((path for path in (folder / "pandoc", folder / "pandoc.exe") if path.is_file()), None)
    if found is None:
        raise StudyError("pandoc is not installed", where="package pypandoc-binary", cure="pip install --group report")
    return found


def _pandoc(job: Job, arguments: list[str], metadata: Mapping[str, object], tree: bytes = b"") -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        facts = Path(folder) / "metadata.json"
        facts.write_text(json.dumps(metadata), encoding="utf-8")
        command = [
            *(str(pandoc_path()), "+RTS", f"-M{MOST_MEMORY}", f"-A{NURSERY}", "-RTS"),
            *(*FLAGS, f"--data-dir={folder}", f"--metadata-file={facts}", *arguments),
        ]
        surroundings = _environment(job, folder)
        try:
            done = subprocess.run(
                command,
                cwd=job.source.parent,
                env=surroundings,
                input=tree,
                capture_output=True,
                check=False,
                timeout=MOST_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise too_much(job.source, f"{MOST_SECONDS} seconds") from None
    if done.returncode == HEAP_EXHAUSTED:
        raise too_much(job.source, f"{MOST_MEMORY} of memory")
    if done.returncode != 0:
        raise pandoc_failure(job.source, done.stderr.decode("utf-8", "replace"))
    return done.stdout


def _metadata(job: Job) -> list[str]:
    code, _, region = job.lang.partition("-")
    values = {"title": job.title, "pagetitle": job.title, "lang": job.lang, "lang-code": code, "lang-region": region}
    own_contents = "yes" if CONTENTS in job.source.read_text(encoding="utf-8") else ""
    values |= {"watermark": job.watermark, "author-meta": AUTHOR, "own-contents": own_contents}
    values |= {"short": "yes" if job.short else "", "table-mark": table_mark(job.source)}
    return [f"--metadata={key}={value}" for key, value in values.items() if value]


def bibliography_of(folder: Path) -> list[Path]:
    """The bibliography in a build folder: every ``.bib`` file and ``references.json`` (CSL JSON)."""
    return [*sorted(folder.glob("*.bib")), *folder.glob("references.json")]


def _citations(folder: Path) -> list[str]:
    """Citation flags for the bibliography in the build folder; none where there is none."""
    found = bibliography_of(folder)
    if not found:
        return []
    styles = [f"--csl={path.name}" for path in sorted(folder.glob("*.csl"))[:1]]
    return [*(f"--bibliography={path.name}" for path in found), *styles, "--citeproc", "--metadata=link-citations=true"]


def _environment(job: Job, home: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return {**kept, "HOME": home, "LANG": "C.UTF-8", "TZ": "UTC", "SOURCE_DATE_EPOCH": str(job.timestamp)}
