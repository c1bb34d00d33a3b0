"""Renders with the Quarto command line where a user has it: writes its project file beside a copy of the source and runs it."""

from __future__ import annotations

import html
import json
import os
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
        return _render(executable, job, copy, to)


def project_settings(job: Job) -> dict[str, JsonValue]:
    """The content of ``_quarto.yml``: what pandoc gets as flags, in Quarto's words."""
    page: dict[str, JsonValue] = {
        "theme": "default",  # other themes fetch web fonts
        "html-math-method": "mathml",
        "embed-resources": True,
        "toc-location": "left",
        "css": "quarto.css",
    }
    print_form: dict[str, JsonValue] = {
        "citeproc": True,  # the same citations as in the HTML
        "papersize": "a4",
        "section-numbering": "1.1",
        "mainfont": "Libertinus Serif",
    }
    if job.others:
        page["other-links"] = [{"text": one["name"], "href": one["href"]} for one in links_of(job, ".html")]
    if job.watermark:
        page["include-before-body"] = "watermark.html"
        print_form["include-in-header"] = "watermark.typ"
    settings: dict[str, JsonValue] = {
        "project": {"type": "default", "render": [job.source.name]},
        "engine": "markdown",
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
    shutil.copyfile(STYLE_FOLDER / "quarto.css", folder / "quarto.css")
    if job.watermark:
        words = html.escape(job.watermark)
        (folder / "watermark.html").write_text(f'<p class="watermark-bar" role="note">{words}</p>\n', encoding="utf-8")
        quoted = json.dumps(job.watermark, ensure_ascii=False)
        printed = (STYLE_FOLDER / "watermark.typ").read_text(encoding="utf-8").replace('"WATERMARK"', quoted)
        (folder / "watermark.typ").write_text(printed, encoding="utf-8")


def _render(executable: str, job: Job, folder: Path, to: Format) -> bytes:
    command = [executable, "render", job.source.name, "--to", to]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(job.timestamp)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    if done.returncode != 0:
        raise quarto_failure(job.source, done.returncode, done.stderr.decode("utf-8", "replace"))
    made = folder / f"{job.source.stem}{SUFFIX[to]}"
    if not made.is_file():
        raise StudyError(
            f"quarto left no {made.name}", where=str(job.source), cure="run `quarto check`, or use --engine pandoc"
        )
    return made.read_bytes()
