"""Renders with the Quarto command line where a user has it: writes its project file beside a copy of the source and runs it."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from report.rendering.failures import quarto_failure
from report.rendering.pandoc import TOC_DEPTH, bibliography_of
from report.rendering.style import STYLE_FOLDER, links_of
from store.errors import StudyError, UsageError

if TYPE_CHECKING:
    from pydantic import JsonValue

    from report.rendering.job import Job

Format: TypeAlias = Literal["html", "typst"]
_UNNUMBERED = re.compile(r"^#+ (.+?) \{#(sec-[\w-]+) \.unnumbered\}$", re.MULTILINE)
_REFERENCE = re.compile(r"(?<![\\\w\[;])@(sec-[\w-]+)")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_WARNING = re.compile(r"\bWARN(?:ING)?\b|Unable to resolve crossref")
"""What Quarto prints, with exit 0, where a reference points to nothing: such a report is not whole."""
SUFFIX: dict[Format, str] = {"html": ".html", "typst": ".pdf"}


def quarto_path() -> str | None:
    """The quarto executable on PATH, None where there is none."""
    return shutil.which("quarto")


def required_path() -> str:
    """As `quarto_path`; raises UsageError where there is none."""
    found = quarto_path()
    if found is None:
        raise UsageError(
            "--engine quarto: no quarto on PATH",
            where="PATH",
            cure="install Quarto from quarto.org or with `pip install --group quarto`, or leave out --engine",
        )
    return found


def render_format(job: Job, to: Format) -> bytes:
    """The rendered file of a format. Quarto works in a copy, so that the build folder stays as it was.

    Raises:
        UsageError: no quarto on PATH.
        StudyError: Quarto failed (its last lines are in the message) or left no output.
    """
    executable = required_path()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "build"
        shutil.copytree(job.source.parent, copy)
        _write_project(job, copy)
        source = copy / job.source.name
        source.write_text(as_quarto_reads(source.read_text(encoding="utf-8")), encoding="utf-8")
        return _render(executable, job, copy, to)


def as_quarto_reads(source: str) -> str:
    """The source with its engine in the front matter, the only place that counts, and its references made whole.

    Quarto gives a heading without a number no reference: a link with the heading's words takes its place.
    """
    titles = {found[2]: found[1] for found in _UNNUMBERED.finditer(source)}
    text = _REFERENCE.sub(lambda found: f"[{titles[found[1]]}](#{found[1]})" if found[1] in titles else found[0], source)
    if text.startswith("---\n"):
        return text.replace("---\n", "---\nengine: markdown\n", 1)
    return f"---\nengine: markdown\n---\n\n{text}"


def project_settings(job: Job) -> dict[str, JsonValue]:
    """The content of ``_quarto.yml``: what pandoc gets as flags, in Quarto's words."""
    page: dict[str, JsonValue] = {
        "theme": "default",  # other themes fetch web fonts
        "html-math-method": "mathml",
        "embed-resources": True,
        "toc-location": "left",
        "css": "quarto.css",
        "format-links": False,  # the "Typst" format that it would name is the PDF
    }
    print_form: dict[str, JsonValue] = {
        "citeproc": True,  # the same citations as in the HTML
        "papersize": "a4",
        "section-numbering": "1.1",
        "include-in-header": ["breakable.typ"],
        "mainfont": "Libertinus Serif",
    }
    if job.others:
        page["other-links"] = [{"text": one["name"], "href": one["href"]} for one in links_of(job, ".html")]
    if job.watermark:
        page["include-before-body"] = "watermark.html"
        print_form["include-in-header"] = ["breakable.typ", "watermark.typ"]
    settings: dict[str, JsonValue] = {
        "project": {"type": "default", "render": [job.source.name]},
        "tbl-colwidths": False,  # the dashes of a pipe table would become shares of the line, numbers over words
        "title": job.title,
        "lang": job.lang,
        "toc": True,
        "toc-depth": TOC_DEPTH,
        "number-sections": True,
        "link-citations": True,
        "format": {"html": page, "typst": print_form},
    }
    files: list[JsonValue] = [path.name for path in bibliography_of(job.source.parent)]
    return {**settings, "bibliography": files} if files else settings


def _write_project(job: Job, folder: Path) -> None:
    """``_quarto.yml`` (JSON is YAML), the style sheet and, where the job has a watermark, its two forms."""
    (folder / "_quarto.yml").write_text(json.dumps(project_settings(job), indent=2, ensure_ascii=False), encoding="utf-8")
    for name in ("quarto.css", "breakable.typ"):
        shutil.copyfile(STYLE_FOLDER / name, folder / name)
    if job.watermark:
        words = html.escape(job.watermark)
        (folder / "watermark.html").write_text(f'<p class="watermark-bar" role="note">{words}</p>\n', encoding="utf-8")
        quoted = json.dumps(job.watermark, ensure_ascii=False)
        printed = (STYLE_FOLDER / "watermark.typ").read_text(encoding="utf-8").replace('"WATERMARK"', quoted)
        (folder / "watermark.typ").write_text(printed, encoding="utf-8")


def _render(executable: str, job: Job, folder: Path, to: Format) -> bytes:
    command = [executable, "render", job.source.name, "--to", to]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(job.timestamp), "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    told = _COLOUR.sub("", done.stderr.decode("utf-8", "replace"))
    if done.returncode != 0 or _WARNING.search(told):
        raise quarto_failure(job.source, done.returncode, told)
    made = folder / f"{job.source.stem}{SUFFIX[to]}"
    if not made.is_file():
        raise StudyError(
            f"quarto left no {made.name}", where=str(job.source), cure="run `quarto check`, or use --engine pandoc"
        )
    return made.read_bytes()
