"""Builds the report of one run: records to text and figures, and these to HTML and PDF."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from report.evidence.records import load_evidence
from report.evidence.runs import chosen_run
from report.evidence.studies import default_study, study_of
from report.evidence.subject import subject_of
from report.printing.strings import load_strings
from report.rendering.engine import choose, render
from report.rendering.job import Job
from report.rendering.stamp import inputs_digest, is_current, write_stamp
from store.canonical import digest_file
from store.errors import StudyError, unwritable
from store.records import discard_partials, write_atomic
from store.reports import FOLDER, STAMP
from store.reports import latest_folder as latest_below

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue

    from report.evidence.studies import Study
    from report.evidence.subject import Subject
    from report.rendering.job import EngineChoice, EngineName, RenderResult

Format = Literal["html", "pdf"]
FORMATS: tuple[Format, ...] = ("html", "pdf")


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller may choose; ``output`` None means ``report`` under the artifacts folder."""

    run_id: str | None = None
    study: str | None = None
    engine: EngineChoice = "auto"
    formats: tuple[Format, ...] = FORMATS
    language: str = "en"
    output: Path | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class BuildResult:
    """The files of the report; ``rebuilt`` is False where they were up to date already."""

    run_id: str
    study: str
    outputs: tuple[Path, ...]
    rebuilt: bool
    comparable: bool
    tasks: int
    incomplete_tasks: int


def build(artifacts: Path, options: Options) -> BuildResult:
    """Build ``report.html`` and ``report.pdf`` of a run, or find them up to date.

    The run's own folder keeps them. A copy stands where the latest report of its study is looked for: in the output folder
    itself for the default study, in a folder of its name for any other.

    Raises IntegrityError where a record was altered, UsageError for an unknown language or a missing engine, StudyError
    where there is no run or rendering fails (what could be made is there nevertheless), StoreError where the folder cannot be
    written. Tasks that failed are no error: the report shows them.
    """
    engine = choose(options.engine)
    run = chosen_run(artifacts, options.run_id, options.study)
    study = study_of(run.study)
    strings = load_strings(study, options.language)
    evidence = load_evidence(artifacts, run)
    base = options.output or artifacts / FOLDER
    folder, latest = base / run.run_id, latest_folder(base, study)
    perf = artifacts / "perf" / "benchmark.json"
    found = perf if perf.is_file() else None
    choices: dict[str, JsonValue] = {"engine": engine, "formats": list(options.formats), "language": options.language}
    choices["certificate"] = evidence.certificate.digest if evidence.certificate else None
    choices["certified_here"] = evidence.certified_here
    records = evidence.everything()
    inputs = inputs_digest(run, (stored.record.digest for stored in records), choices, found)
    outputs = tuple(folder / f"report.{form}" for form in options.formats)
    rebuilt = options.force or not is_current(folder / STAMP, inputs)
    up = "/".join(("..", *(".." for _ in latest.relative_to(base).parts)))
    subject = replace(subject_of(study, evidence, strings, found), up=up)
    try:
        if rebuilt:
            (folder / STAMP).unlink(missing_ok=True)
            started = time.monotonic()
            _hold_complete(_render(subject, folder, options, engine), latest)
            write_stamp(folder / STAMP, inputs, outputs, time.monotonic() - started)
        shown = tuple(_publish(path, latest / path.name) for path in outputs)
    except OSError as error:
        raise unwritable("cannot write the report", folder, error, "or name another folder with --output DIR") from error
    incomplete = sum(stored.record.status != "ok" for stored in records)
    return BuildResult(run.run_id, study.name, shown, rebuilt, subject.comparable, len(records), incomplete)


def latest_folder(base: Path, study: Study) -> Path:
    """Where the latest report of a study stands."""
    return latest_below(base, study.name, default_study())


def _hold_complete(result: RenderResult, latest: Path) -> None:
    """Publish what was made and raise StudyError for what was not; an older form of it would tell of other records."""
    if not result.failed:
        return
    made = [str(_publish(path, latest / path.name)) for path in result.outputs]
    for path in result.failed:
        path.unlink(missing_ok=True)
        (latest / path.name).unlink(missing_ok=True)
    error = next(iter(result.failed.values()))
    raise StudyError(f"made {', '.join(made)}, but: {error.what}", where=error.where, cure=error.cure) from error


def _render(subject: Subject, folder: Path, options: Options, engine: EngineName) -> RenderResult:
    """Draw the figures, write the source and render it, all under ``folder``."""
    from report.sections.source import source_text  # noqa: PLC0415  # matplotlib and scipy: a second that an up-to-date report does not need

    workplace = folder / "build"
    shutil.rmtree(workplace, ignore_errors=True)
    workplace.mkdir(parents=True)
    source = workplace / "report.qmd"
    source.write_text(source_text(subject, workplace / "figures"), encoding="utf-8")
    for path in subject.study.templates.glob("*.bib"):
        shutil.copyfile(path, workplace / path.name)
    strings = subject.strings
    job = Job(
        source=source,
        title=strings("report.title"),
        lang=strings.language,
        watermark="" if subject.comparable else strings("report.watermark"),
        output_html=folder / "report.html" if "html" in options.formats else None,
        output_pdf=folder / "report.pdf" if "pdf" in options.formats else None,
    )
    return render(job, engine)


def _publish(path: Path, latest: Path) -> Path:
    """Copy a run's report to where the latest one is looked for; an equal file is left alone."""
    discard_partials(latest)
    if not (latest.is_file() and digest_file(latest) == digest_file(path)):
        write_atomic(latest, path.read_bytes())
    return latest
