"""Builds the report of one run: records to text and figures, and these to HTML and PDF."""

from __future__ import annotations

import logging
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from report.evidence.records import load_evidence
from report.evidence.runs import chosen_run
from report.evidence.studies import default_study, study_of
from report.evidence.subject import subject_of
from report.figures.ahead import Place, helped
from report.printing.strings import FIRST, languages, load_strings
from report.rendering.engine import choose, render
from report.rendering.job import FIXED_TIMESTAMP, Edition, Job
from report.rendering.stamp import inputs_digest, is_current, write_stamp
from report.rendering.style import labels_of
from store.canonical import digest_file
from store.doors import is_file
from store.errors import StudyError, UsageError, printable, unwritable
from store.lock import hold_writable, sole_writer
from store.records import discard_partials, write_atomic
from store.reports import FOLDER, STAMP
from store.reports import latest_folder as latest_below

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pydantic import JsonValue

    from report.evidence.records import Evidence
    from report.evidence.studies import Study
    from report.evidence.subject import Subject
    from report.rendering.job import EngineChoice, EngineName, RenderResult

_LOG = logging.getLogger(__name__)

Format = Literal["html", "pdf"]
KEPT = "cache/figures"
"""Where figures of earlier builds lie below the artifacts folder; it may be deleted at any time."""
SHORT_STEM, SHORT_TEMPLATE = "report-short", "short.qmd.j2"
FORMATS: tuple[Format, ...] = ("html", "pdf")


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller may choose; ``output`` None means ``report`` under the artifacts folder.

    Without ``languages`` the report is built in each one that its study has. ``kept`` is where the figures of earlier builds
    lie, None for their folder among the artifacts. ``short`` is the study's short form, beside the whole report.
    """

    run_id: str | None = None
    study: str | None = None
    engine: EngineChoice = "auto"
    formats: tuple[Format, ...] = FORMATS
    languages: tuple[str, ...] = ()
    output: Path | None = None
    force: bool = False
    kept: Path | None = None
    short: bool = False


@dataclass(frozen=True, slots=True)
class BuildResult:
    """The files of the report, language by language; ``rebuilt`` is False where they were up to date already."""

    run_id: str
    study: str
    outputs: tuple[Path, ...]
    rebuilt: bool
    comparable: bool
    tasks: int
    incomplete_tasks: int


@dataclass(frozen=True, slots=True)
class _Due:
    """The report in one language: what it is made of, where it goes, and the stamp that tells whether it is there."""

    subject: Subject
    stem: str
    folder: Path
    outputs: tuple[Path, ...]
    stamp: Path
    inputs: str


def build(artifacts: Path, options: Options) -> BuildResult:
    """Build the report of a run in each language, ``report.html`` and ``report.pdf`` in English, or find it up to date.

    The run's own folder keeps them. A copy stands where the latest report of its study is looked for: in the output folder
    itself for the default study, in a folder of its name for any other.

    Raises IntegrityError where a record was altered, UsageError for an unknown language, form or engine, StudyError
    where there is no run or rendering fails (what could be made is there nevertheless), StoreError where the folder cannot be
    written. Tasks that failed are no error: the report shows them.
    """
    engine = choose(options.engine)
    run = chosen_run(artifacts, options.run_id, options.study)
    study = study_of(run.study)
    if options.short and not (study.templates / SHORT_TEMPLATE).is_file():
        cure = f"build the whole report, or write {SHORT_TEMPLATE} beside report.qmd.j2"
        raise UsageError(f"the study {study.name} has no short form", where=str(study.templates), cure=cure)
    texts = [load_strings(study, language) for language in options.languages or languages(study)]
    evidence = load_evidence(artifacts, run)
    base = options.output or artifacts / FOLDER
    folder, latest = base / run.run_id, latest_folder(base, study)
    perf = artifacts / "perf" / "benchmark.json"
    found = perf if is_file(perf) else None
    inputs = _inputs(evidence, options, engine, found)
    up = "/".join(("..", *(".." for _ in latest.relative_to(base).parts)))
    subjects = (replace(subject_of(study, evidence, strings, found), up=up) for strings in texts)
    wanted = [_due(subject, folder, options, inputs) for subject in subjects]
    try:
        ready = not _stale(wanted, options) and all(_is_shown(path, latest) for one in wanted for path in one.outputs)
        with nullcontext() if ready else _alone(base):
            due = _stale(wanted, options)  # whoever was there first may have made it
            _make(due, options, engine, latest, Place(artifacts, run.run_id, options.kept or artifacts / KEPT))
            shown = tuple(_publish(path, latest / path.name) for one in wanted for path in one.outputs)
            _drop_others(study, wanted, latest)
    except OSError as error:
        raise unwritable("cannot write the report", folder, error, "or name another folder with --output DIR") from error
    records = evidence.everything()
    incomplete = sum(stored.record.status != "ok" for stored in records)
    return BuildResult(run.run_id, study.name, shown, bool(due), wanted[0].subject.comparable, len(records), incomplete)


def _stale(wanted: Sequence[_Due], options: Options) -> list[_Due]:
    """Those that have to be made."""
    return [one for one in wanted if options.force or not is_current(one.stamp, one.inputs)]


def _is_shown(path: Path, latest: Path) -> bool:
    """Whether the file stands, as it is, where the latest report is looked for."""
    return (latest / path.name).is_file() and digest_file(latest / path.name) == digest_file(path)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder of the reports: two builds at once would take each other's unfinished files away.

    Raises OSError where it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    hold_writable(folder)
    said = "another report is being built: waiting for %s"
    with sole_writer(folder, lambda holder: _LOG.warning(said, printable(holder))):
        yield


def stem_of(language: str, *, short: bool = False) -> str:
    """What a report's files are called without their ending: ``report`` in English, ``report-short.pt`` for a short one."""
    form = SHORT_STEM if short else "report"
    return form if language == FIRST else f"{form}.{language}"


def _inputs(evidence: Evidence, options: Options, engine: EngineName, perf: Path | None) -> str:
    """The digest of what every language of the report is made from."""
    choices: dict[str, JsonValue] = {"engine": engine, "formats": list(options.formats)}
    if options.short:
        choices["short"] = True
    choices["certificate"] = evidence.certificate.digest if evidence.certificate else None
    choices["certified_here"] = evidence.certified_here
    choices["date"] = os.environ.get("SOURCE_DATE_EPOCH", "")
    return inputs_digest(evidence.run, (stored.record.digest for stored in evidence.everything()), choices, perf)


def _due(subject: Subject, folder: Path, options: Options, inputs: str) -> _Due:
    stem = stem_of(subject.strings.language, short=options.short)
    outputs = tuple(folder / f"{stem}.{form}" for form in options.formats)
    return _Due(subject, stem, folder, outputs, folder / STAMP.replace("stamp", stem.replace("report", "stamp")), inputs)


def _make(due: Sequence[_Due], options: Options, engine: EngineName, latest: Path, place: Place) -> None:
    """Write the source of each language and render it; while one is rendered, outside of Python, the next one is written."""
    for one in due:
        one.stamp.unlink(missing_ok=True)
    started = time.monotonic()
    spoken = [one.subject.strings.language for one in due]
    figures = tuple(due[0].subject.study.declared().figures) if due else ()
    with ThreadPoolExecutor(max_workers=max(1, len(due))) as pool:
        with helped(place, spoken, figures):
            rendered = [(one, pool.submit(render, _written(one, options, place.kept), engine)) for one in due]
        results = [(one, future.result()) for one, future in rendered]
    for one, result in results:
        _hold_complete(result, latest)
        write_stamp(one.stamp, one.inputs, one.outputs, time.monotonic() - started)


def _drop_others(study: Study, wanted: Sequence[_Due], latest: Path) -> None:
    """Of a language or form that was not asked for, let no file stand beside the latest report that tells of another run."""
    asked = {one.stem for one in wanted}
    stems = {stem_of(language, short=short) for language in languages(study) for short in (False, True)}
    for stem in stems - asked:
        for form in FORMATS:
            own, shown = wanted[0].folder / f"{stem}.{form}", latest / f"{stem}.{form}"
            if shown.is_file() and not (own.is_file() and digest_file(own) == digest_file(shown)):
                shown.unlink(missing_ok=True)


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


def _written(due: _Due, options: Options, kept: Path) -> Job:
    """Draw the figures and write the source of one language, in a folder of its own."""
    from report.sections.source import source_text  # noqa: PLC0415  # matplotlib and scipy: a second that an up-to-date report does not need

    subject, strings = due.subject, due.subject.strings
    workplace = due.folder / "build" / (f"{strings.language}-short" if options.short else strings.language)
    shutil.rmtree(workplace, ignore_errors=True)
    workplace.mkdir(parents=True)
    source = workplace / "report.qmd"
    source.write_text(source_text(subject, workplace / "figures", kept, short=options.short), encoding="utf-8")
    for path in subject.study.templates.glob("*.bib"):
        shutil.copyfile(path, workplace / path.name)
    return Job(
        source=source,
        timestamp=_timestamp(subject),
        title=strings("report.title"),
        lang=labels_of(strings.language)["tag"],
        watermark="" if subject.comparable else strings("report.watermark"),
        output_html=due.folder / f"{due.stem}.html" if "html" in options.formats else None,
        output_pdf=due.folder / f"{due.stem}.pdf" if "pdf" in options.formats else None,
        others=tuple(
            Edition(one, stem_of(one, short=options.short)) for one in languages(subject.study) if one != strings.language
        ),
        short=options.short,
    )


def _timestamp(subject: Subject) -> int:
    """The PDF's date: SOURCE_DATE_EPOCH, else when the run was made, so that equal records give equal bytes."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given.isdecimal():
        return int(given)
    try:
        return max(0, int(datetime.fromisoformat(subject.evidence.run.created_at).timestamp()))
    except (ValueError, OverflowError):
        return FIXED_TIMESTAMP


def _publish(path: Path, latest: Path) -> Path:
    """Copy a run's report to where the latest one is looked for; an equal file is left alone."""
    discard_partials(latest)
    if not _is_shown(path, latest.parent):
        write_atomic(latest, path.read_bytes())
    return latest
