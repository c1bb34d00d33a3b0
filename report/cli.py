"""The command line of the report, ``python -m report COMMAND``: the only place that prints and that catches StudyError."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from report.build import BuildResult, Format

_FORMATS: tuple[Format, ...] = ("html", "pdf")
_ENGINES = ("auto", "pandoc", "quarto")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status: 0 ok (tasks may have failed), 1 failed, 2 usage, 3 altered, 5 claim refuted."""
    from store.errors import StudyError

    chosen = _parser().parse_args(arguments)
    try:
        text, status = chosen.handler(chosen)
    except StudyError as error:
        if chosen.json:
            print(json.dumps({"error": error.what, "where": error.where, "cure": error.cure}))
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    print(text)
    return int(status)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m report", description="Render the report of a run from its records.")
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="build report.html and report.pdf")
    _add_store_options(build)
    build.add_argument(
        "--engine", choices=_ENGINES, default="auto", help="auto: Quarto where it is on PATH, else pandoc and typst"
    )
    build.add_argument("--formats", type=_formats, default=_FORMATS, metavar="LIST", help="html,pdf")
    _add_language(build)
    build.add_argument("--output", type=Path, metavar="DIR", help="where the report goes; ARTIFACTS/report by default")
    build.add_argument("--force", action="store_true", help="build even where nothing changed")
    build.set_defaults(handler=_build)
    audit = commands.add_parser("audit", help="say which published claims the run bears out; exit 5 where one is refuted")
    _add_store_options(audit)
    _add_language(audit)
    audit.add_argument("--no-fail", action="store_true", help="exit 0 even where a claim is refuted")
    audit.set_defaults(handler=_audit)
    verify = commands.add_parser("verify", help="derive a report again from the records and compare; exit 3 where it differs")
    verify.add_argument("file", type=Path, metavar="FILE", help="a report.html or report.pdf")
    _add_store_options(verify)
    _add_language(verify)
    verify.add_argument("--engine", choices=_ENGINES, default="auto", help="what rendered it, as in build")
    verify.set_defaults(handler=_verify)
    compare = commands.add_parser("compare", help="set two runs side by side: settings, metrics, curves")
    compare.add_argument("first", metavar="RUN_A", help="the run that is compared with")
    compare.add_argument("second", metavar="RUN_B", help="the run that is held against it")
    _add_artifacts(compare)
    compare.add_argument("--artifacts-b", type=Path, metavar="DIR", help="the store of RUN_B, where it is another one")
    compare.set_defaults(handler=_compare)
    return parser


def _add_store_options(parser: argparse.ArgumentParser) -> None:
    _add_artifacts(parser)
    parser.add_argument("--run", metavar="ID", help="the run to report on; the latest by default")


def _add_artifacts(parser: argparse.ArgumentParser) -> None:
    default = Path(os.environ.get("BENCH_ARTIFACTS_DIR") or "artifacts")
    text = "the store (BENCH_ARTIFACTS_DIR; artifacts)"
    parser.add_argument("--artifacts", type=Path, default=default, metavar="DIR", help=text)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def _add_language(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lang", default="en", help="language of the report")


def _formats(text: str) -> tuple[Format, ...]:
    wanted = {part.strip() for part in text.split(",")}
    if not wanted <= set(_FORMATS):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of html and pdf")
    return tuple(form for form in _FORMATS if form in wanted)


def _build(chosen: argparse.Namespace) -> tuple[str, int]:
    from report.build import Options, build

    options = Options(
        run_id=chosen.run,
        engine=chosen.engine,
        formats=chosen.formats,
        language=chosen.lang,
        output=chosen.output,
        force=chosen.force,
    )
    result = build(chosen.artifacts, options)
    return (_as_json(result) if chosen.json else _as_text(result)), 0


def _verify(chosen: argparse.Namespace) -> tuple[str, int]:
    from report.build import Options
    from report.checks import verification

    options = Options(run_id=chosen.run, engine=chosen.engine, language=chosen.lang)
    facts = verification.verify_facts(chosen.file, chosen.artifacts, options)
    return (json.dumps(facts, indent=1) if chosen.json else verification.verify_text(facts)), 0 if facts["sound"] else 3


def _compare(chosen: argparse.Namespace) -> tuple[str, int]:
    from report.checks.run_comparison import facts, text

    roots = (chosen.artifacts, chosen.artifacts_b or chosen.artifacts)
    found = facts.compare_facts(roots, (chosen.first, chosen.second))
    return (json.dumps(found, indent=1, allow_nan=False) if chosen.json else text.compare_text(found)), 0


def _audit(chosen: argparse.Namespace) -> tuple[str, int]:
    from report.claims import audit
    from report.evidence.records import evidence_of
    from report.evidence.studies import study_of
    from report.evidence.subject import subject_of
    from report.printing.strings import load_strings

    evidence = evidence_of(chosen.artifacts, chosen.run)
    study = study_of(evidence.run.study)
    subject = subject_of(study, evidence, load_strings(study, chosen.lang))
    facts = audit.audit_facts(subject)
    text = json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False) if chosen.json else audit.audit_text(facts)
    return text, 5 if audit.refuted(facts) and not chosen.no_fail else 0


def _as_json(result: BuildResult) -> str:
    fields = {
        "run_id": result.run_id,
        "outputs": [str(path) for path in result.outputs],
        "rebuilt": result.rebuilt,
        "comparable": result.comparable,
        "tasks": result.tasks,
        "incomplete_tasks": result.incomplete_tasks,
    }
    return json.dumps(fields)


def _as_text(result: BuildResult) -> str:
    lines = [f"{'built' if result.rebuilt else 'up to date'}: run {result.run_id}, {result.tasks} tasks"]
    if result.incomplete_tasks:
        lines.append(f"  {result.incomplete_tasks} of them did not end well; the report says which and why")
    if not result.comparable:
        lines.append("  not comparable with the published values: the run departs from the protocol")
    return "\n".join([*lines, *(f"  {path}" for path in result.outputs)])
