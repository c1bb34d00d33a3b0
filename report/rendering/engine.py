"""Chooses the engine, renders every wanted output, and puts the files in place only when all of them succeeded."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from report.rendering import pandoc, quarto, typeset
from report.rendering.job import RenderResult
from report.rendering.style import labels_of
from store.errors import StudyError
from store.records import write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from report.rendering.job import EngineChoice, EngineName, Job


def render(job: Job, engine: EngineChoice = "auto") -> RenderResult:
    """Write the job's HTML and PDF; outputs that exist already stay as they are until all new ones are made.

    Raises:
        UsageError: an unknown language, or Quarto was asked for and is missing.
        StudyError: the source is wrong or a tool failed; the message has the source line where it is known.
        StoreError: an output cannot be written.
    """
    if not job.source.is_file():
        raise StudyError(f"no {job.source.name} to render", where=str(job.source), cure="write the source first")
    labels_of(job.lang)
    chosen = choose(engine)
    made = _with_quarto(job) if chosen == "quarto" else _with_pandoc(job)
    for path, content in made.items():
        write_atomic(path, content)
    return RenderResult(engine=chosen, outputs=tuple(made))


def choose(engine: EngineChoice) -> EngineName:
    """``auto`` is Quarto where it is on PATH, else pandoc; a named engine is that one.

    Raises:
        UsageError: Quarto was asked for and is not on PATH.
    """
    if engine == "auto":
        return "quarto" if quarto.quarto_path() else "pandoc"
    if engine == "quarto":
        quarto.required_path()
    return engine


def _with_pandoc(job: Job) -> dict[Path, bytes]:
    makers: dict[Path, Callable[[], bytes]] = {}
    if job.output_html is not None:
        makers[job.output_html] = lambda: pandoc.html_page(job)
    if job.output_pdf is not None:
        makers[job.output_pdf] = lambda: typeset.pdf_bytes(job, pandoc.typst_document(job))
    with ThreadPoolExecutor(max_workers=2) as pool:
        waiting = {path: pool.submit(make) for path, make in makers.items()}
        return {path: future.result() for path, future in waiting.items()}


def _with_quarto(job: Job) -> dict[Path, bytes]:
    wanted: list[tuple[Path, quarto.Format]] = []
    if job.output_html is not None:
        wanted.append((job.output_html, "html"))
    if job.output_pdf is not None:
        wanted.append((job.output_pdf, "typst"))
    return {
        path: content for (path, _), content in zip(wanted, quarto.render_formats(job, [to for _, to in wanted]), strict=True)
    }
