"""Builds the report of one run: records to text and figures, and these to HTML and PDF."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from typing import TYPE_CHECKING, Literal

from report.evidence.declarations import default_folder
from report.evidence.protocol import departures, load_protocol
from report.evidence.published import load_published
from report.evidence.records import load_evidence
from report.evidence.subject import Subject
from report.printing.formatting import formatter_of
from report.printing.strings import TEMPLATES, environment, load_strings
from report.rendering.engine import choose, render
from report.rendering.job import Job
from report.rendering.stamp import inputs_digest, is_current, write_stamp
from store.canonical import digest_file
from store.errors import StoreError
from store.records import discard_partials, write_atomic
from store.runs import load_run

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue

    from report.evidence.protocol import Deviation
    from report.evidence.records import Evidence
    from report.printing.strings import Strings
    from report.rendering.job import EngineChoice, EngineName

Format = Literal["html", "pdf"]
FORMATS: tuple[Format, ...] = ("html", "pdf")
STAMP = "stamp.json"


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller may choose; ``output`` None means ``report`` under the artifacts folder."""

    run_id: str | None = None
    engine: EngineChoice = "auto"
    formats: tuple[Format, ...] = FORMATS
    language: str = "en"
    output: Path | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class BuildResult:
    """The files of the report; ``rebuilt`` is False where they were up to date already."""

    run_id: str
    outputs: tuple[Path, ...]
    rebuilt: bool
    comparable: bool
    tasks: int
    incomplete_tasks: int


def build(artifacts: Path, options: Options) -> BuildResult:
    """Build ``report.html`` and ``report.pdf`` of a run, or find them up to date; the run's own folder keeps a copy.

    Raises IntegrityError where a record was altered, UsageError for an unknown language or a missing engine, StudyError
    where there is no run or rendering fails, StoreError where the folder cannot be written. Tasks that failed are no
    error: the report shows them.
    """
    strings = load_strings(options.language)
    engine = choose(options.engine)
    run = load_run(artifacts, options.run_id)
    evidence = load_evidence(artifacts, run)
    folder = (options.output or artifacts / "report") / run.run_id
    perf = artifacts / "perf" / "benchmark.json"
    found = perf if perf.is_file() else None
    choices: dict[str, JsonValue] = {"engine": engine, "formats": list(options.formats), "language": options.language}
    choices["certificate"] = evidence.certificate.digest if evidence.certificate else None
    records = evidence.everything()
    inputs = inputs_digest(run, (stored.record.digest for stored in records), choices, found)
    outputs = tuple(folder / f"report.{form}" for form in options.formats)
    rebuilt = options.force or not is_current(folder / STAMP, inputs)
    departed = departures(evidence, load_protocol(default_folder()))
    try:
        if rebuilt:
            (folder / STAMP).unlink(missing_ok=True)
            _render(_subject(evidence, departed, strings, found), folder, options, engine)
            write_stamp(folder / STAMP, inputs, outputs)
        latest = tuple(_publish(path, folder.parent / path.name) for path in outputs)
    except OSError as error:
        message = f"cannot write the report: {error.strerror or error}"
        cure = "free some space or name another folder with --output DIR"
        raise StoreError(message, where=str(folder), cure=cure) from error
    incomplete = sum(stored.record.status != "ok" for stored in records)
    return BuildResult(run.run_id, latest, rebuilt, not departed, len(records), incomplete)


def _subject(evidence: Evidence, departed: tuple[Deviation, ...], strings: Strings, perf: Path | None) -> Subject:
    numbers = formatter_of(strings)
    declared = default_folder()
    return Subject(evidence, load_published(declared), load_protocol(declared), departed, strings, numbers, perf)


def _render(subject: Subject, folder: Path, options: Options, engine: EngineName) -> None:
    """Draw the figures, write the source and render it, all under ``folder``."""
    from report.studies.assignment_2.context import context_of  # noqa: PLC0415  # matplotlib and scipy: a second that an up-to-date report does not need
    from report.studies.assignment_2.figures.catalogue import draw_all  # noqa: PLC0415  # as above

    workplace = folder / "build"
    shutil.rmtree(workplace, ignore_errors=True)
    (workplace / "figures").mkdir(parents=True)
    context = context_of(subject, draw_all(subject, workplace / "figures"))
    fields = {field.name: getattr(context, field.name) for field in dataclass_fields(context)}
    source = workplace / "report.qmd"
    text = environment().get_template("report.qmd.j2").render(t=subject.strings, **fields)
    source.write_text(text, encoding="utf-8")
    shutil.copyfile(TEMPLATES / "references.bib", workplace / "references.bib")
    strings = subject.strings
    job = Job(
        source=source,
        title=strings("report.title"),
        lang=strings.language,
        watermark="" if subject.comparable else strings("report.watermark"),
        output_html=folder / "report.html" if "html" in options.formats else None,
        output_pdf=folder / "report.pdf" if "pdf" in options.formats else None,
    )
    render(job, engine)


def _publish(path: Path, latest: Path) -> Path:
    """Copy a run's report to where the latest one is looked for; an equal file is left alone."""
    discard_partials(latest)
    if not (latest.is_file() and digest_file(latest) == digest_file(path)):
        write_atomic(latest, path.read_bytes())
    return latest
