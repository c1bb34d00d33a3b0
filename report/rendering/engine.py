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
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from report.rendering.job import EngineChoice, EngineName, Job


def render(job: Job, engine: EngineChoice = "auto") -> RenderResult:
    """Write the job's HTML and PDF; outputs that exist already stay as they are until the new ones are made.

    Where one form cannot be made and the other can, the other is written and the result says what was in the way.

    Raises:
        UsageError: an unknown language, or Quarto was asked for and is missing.
        StudyError: no output could be made; the message has the source line where it is known.
        StoreError: an output cannot be written.
    """
    if not job.source.is_file():
        raise StudyError(f"no {job.source.name} to render", where=str(job.source), cure="write the source first")
    labels_of(job.lang)
    chosen = choose(engine)
    made, failed = _all(_makers(job, chosen), chosen)
    if failed and not made:
        raise next(iter(failed.values()))
    for path, content in made.items():
        write_atomic(path, content)
    return RenderResult(engine=chosen, outputs=tuple(made), failed=failed)


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


def _makers(job: Job, engine: EngineName) -> dict[Path, Callable[[], bytes]]:
    """The function that makes each output that the job wants."""
    tree = b"" if engine == "quarto" else pandoc.read(job)
    makers: dict[Path, Callable[[], bytes]] = {}
    if job.output_html is not None:
        makers[job.output_html] = (
            (lambda: quarto.render_format(job, "html")) if engine == "quarto" else (lambda: pandoc.html_page(job, tree))
        )
    if job.output_pdf is not None:
        makers[job.output_pdf] = (
            (lambda: quarto.render_format(job, "typst"))
            if engine == "quarto"
            else (lambda: typeset.pdf_bytes(job, pandoc.typst_document(job, tree)))
        )
    return makers


def _all(makers: Mapping[Path, Callable[[], bytes]], engine: EngineName) -> tuple[dict[Path, bytes], dict[Path, StudyError]]:
    """What could be made and what could not, at once: pandoc, typst and Quarto run outside of Python."""
    made: dict[Path, bytes] = {}
    failed: dict[Path, StudyError] = {}
    with ThreadPoolExecutor(max_workers=1 if engine == "quarto" else 2) as pool:
        for path, future in [(path, pool.submit(make)) for path, make in makers.items()]:
            try:
                made[path] = future.result()
            except StudyError as error:
                failed[path] = error
    return made, failed
