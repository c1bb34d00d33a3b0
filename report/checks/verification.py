"""``report verify``: derives a finished report again from the records; equal bytes or no sound report."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from report.build import SHORT_STEM, Options, build, latest_folder
from report.checks.explanation import count_words, explain
from report.evidence.runs import chosen_run
from report.evidence.studies import study_names, study_of
from report.printing.strings import FIRST, languages
from report.rendering.engine import choose
from store.doors import is_file, read_bounded, refused_as
from store.errors import IntegrityError, StoreError, UsageError, unwritable
from store.runs import run_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import JsonValue

    from report.build import Format
    from report.rendering.job import EngineChoice, EngineName

_GENERATOR = re.compile(rb'<meta name="generator" content="([^"]*)"')
_LANGUAGE = re.compile(rb'<html\b[^>]* lang="([a-z]+)')
_LARGEST_REPORT = 256 << 20  # bytes: a page with all figures takes 10 MB
_HEAD = 20_000  # bytes in which a page says what made it
_FORMATS: dict[str, Format] = {".html": "html", ".pdf": "pdf"}


def verify_facts(file: Path, artifacts: Path, options: Options) -> dict[str, JsonValue]:
    """Build the report anew in a folder of its own: ``file`` is sound where it has the same bytes, and not otherwise.

    Equal records give equal bytes; words are compared only to say where a page differs. Without a run, it is the one whose
    folder ``file`` lies in, else the latest; the engine is the one that a page names, else that of ``options``.
    Raises UsageError for a file that is no report, IntegrityError for a damaged record and for a page that names an engine
    that is not here.
    """
    form = _FORMATS.get(file.suffix)
    cure = "name a report.html or report.pdf that report build wrote"
    if form is None:
        raise UsageError(f"{file.name} is no report", where=str(file), cure=cure)
    if not is_file(file):
        raise UsageError("no such file", where=str(file), cure=cure)
    folder = file.resolve().parent
    run_id = options.run_id or (folder.name if run_path(artifacts, folder.name).is_file() else None)
    study = options.study or (None if run_id else _study_of(folder, artifacts))
    with refused_as(lambda reason: IntegrityError(f"{file.name} cannot be read: {reason}", where=str(file), cure=cure)):
        printed = read_bounded(file, _LARGEST_REPORT)
    spoken = languages(study_of(chosen_run(artifacts, run_id, study).study))
    language = options.languages or (_language_of(file, printed, spoken),)
    engine = options.engine if options.engine != "auto" else _engine_of(file, printed)
    chosen = replace(options, run_id=run_id, study=study, formats=(form,), engine=engine, languages=language)
    chosen = replace(chosen, short=file.name.startswith(SHORT_STEM))
    run, derived = _derived(artifacts, chosen)
    return judged(file, run, printed, derived)


def _derived(artifacts: Path, chosen: Options) -> tuple[str, bytes]:
    """The run, and its report as it is built in a folder that is made for it; raises StoreError where it has no room."""
    room = "name another folder for temporary files: TMPDIR=DIR"
    try:
        with tempfile.TemporaryDirectory() as workplace:
            place = Path(workplace)
            wanted = replace(chosen, output=place, force=True, kept=place / "kept")  # nothing of earlier builds
            try:
                built = build(artifacts, wanted)
            except StoreError as error:
                cure = f"free some space, or {room}" if str(error.where).startswith(workplace) else error.cure
                raise StoreError(error.what, where=error.where, cure=cure) from error
            return built.run_id, built.outputs[0].read_bytes()
    except OSError as error:
        raise unwritable("cannot build the report again", Path("TMPDIR"), error, f"or {room}") from error


def judged(file: Path, run_id: str, printed: bytes, derived: bytes) -> dict[str, JsonValue]:
    """What is said of a file with the bytes ``printed`` where the records give ``derived``."""
    form = _FORMATS[file.suffix]
    same = printed == derived
    problems: list[dict[str, JsonValue]] = []
    if not same:
        nothing: dict[str, JsonValue] = {"kind": "bytes", "section": "", "record": "", "printed": "", "derived": ""}
        problems = explain(derived, printed) if form == "html" else [nothing]
    return {
        "file": str(file),
        "run_id": run_id,
        "sound": same,
        "same_bytes": same,
        "tokens": count_words(printed) if form == "html" else 0,
        "problems": list(problems),
    }


def _study_of(folder: Path, artifacts: Path) -> str | None:
    """The study whose latest report lies in this folder; None where none does, and the latest run of all is meant."""
    names = (name for name in study_names() if latest_folder(artifacts / "report", study_of(name)).resolve() == folder)
    return next(names, None)


def verify_text(facts: Mapping[str, JsonValue]) -> str:
    """The same as lines for people."""
    problems = facts["problems"]
    rows = [row for row in problems if isinstance(row, dict)] if isinstance(problems, list) else []
    lines = []
    for row in rows:
        if not row["section"] and row["kind"] == "bytes":
            lines.append("problem: not what the records give, byte for byte; verify the report.html for what differs")
            continue
        lines.append(f"problem: {row['kind']} under {row['section'] or 'the title'}")
        lines += [f"  printed: {row['printed'] or 'nothing'}", f"  records: {row['derived'] or 'nothing'}"]
        lines += [f"  record:  {row['record']}"] if row["record"] else []
    looked = f"every byte, {facts['tokens']} words" if facts["tokens"] else "every byte"
    verdict = f"{len(rows)} problem{'s' * (len(rows) != 1)}" if rows else "sound"
    return "\n".join([*lines, f"{verdict}: {facts['file']} against run {facts['run_id']}: {looked}"])


def _language_of(file: Path, printed: bytes, spoken: Sequence[str]) -> str:
    """The language that a page says it is in, else that of the file's name (``report.pt.pdf``), else English.

    One that the study does not have was written into it: it is held against the English report, and differs.
    """
    found = _LANGUAGE.search(printed[:_HEAD])
    named = found[1].decode() if found else file.stem.partition(".")[2]
    return named if named in spoken else FIRST


def _engine_of(file: Path, printed: bytes) -> EngineChoice:
    """What a page says that rendered it; whichever there is for a PDF, and for a page that does not say."""
    found = _GENERATOR.search(printed[:_HEAD])
    if found is None:
        return "auto"
    engine: EngineName = "quarto" if found[1].lower().startswith(b"quarto") else "pandoc"
    try:
        return choose(engine)
    except UsageError as error:  # nobody asked for it: the page may have been altered
        message = f"{file.name} says that Quarto made it, which is not here to make it again"
        cure = f"{error.cure}; name what made it where the page is wrong: --engine pandoc"
        raise IntegrityError(message, where=str(file), cure=cure) from error
