"""The command line of the report, ``python -m report COMMAND``: the only place that prints and that catches StudyError."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING

from report.evidence.contradictions import held_to_the_contract
from store.commandline import Parser
from store.errors import StudyError
from store.surroundings import check_date, keep_own_rights, place, word
from store.terminal import complain, prepare_streams, say, tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from report.build import BuildResult, Format

_FORMATS: tuple[Format, ...] = ("html", "pdf")
_ENGINES = ("auto", "pandoc", "quarto")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status.

    0 ok (tasks may have failed), 1 failed, 2 usage, 3 altered, 5 claim refuted, 130 interrupted.
    """
    prepare_streams()
    os.environ["MPLBACKEND"] = "agg"  # no figure opens a window; a name that matplotlib does not know would end any command
    chosen = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        keep_own_rights()
        check_date()
        with held_to_the_contract(chosen.artifacts):
            text, status = chosen.handler(chosen)
        say(text)
    except StudyError as error:
        return complain(error, as_json=chosen.json)
    except KeyboardInterrupt:
        tell(sys.stderr, "interrupted: what was finished is kept, the same command does the rest")
        return 130
    return int(status)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m report", description="Render the report of a run from its records.")
    parser.add_version()
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser(
        "build", help="build report.html and report.pdf, and report.pt.html and report.pt.pdf beside them"
    )
    _add_run(build, positional=True)
    _add_artifacts(build)
    build.add_argument(
        "--engine", choices=_ENGINES, default="auto", help="auto: Quarto where it is on PATH, else pandoc and typst"
    )
    build.add_argument("--formats", type=_formats, default=_FORMATS, metavar="LIST", help="html,pdf")
    _add_language(build)
    build.add_argument("--short", action="store_true", help="the study's short form, report-short.html and report-short.pdf")
    build.add_argument("--output", type=place, metavar="DIR", help="where the report goes; ARTIFACTS/report by default")
    build.add_argument("--force", action="store_true", help="build even where nothing changed")
    build.set_defaults(handler=_build)
    audit = commands.add_parser("audit", help="say which published claims the run bears out; exit 5 where one is refuted")
    _add_run(audit, positional=True)
    _add_artifacts(audit)
    _add_language(audit)
    audit.add_argument("--verdict", type=_words, default=(), metavar="LIST", help="only claims with these verdicts")
    audit.add_argument("--claim", type=_words, default=(), metavar="LIST", help="only these claims, such as 'table-5.*'")
    audit.add_argument("--csv", action="store_true", help="print the claims as CSV")
    audit.add_argument("--no-fail", action="store_true", help="exit 0 even where a claim is refuted")
    audit.set_defaults(handler=_audit)
    verify = commands.add_parser("verify", help="derive a report again from the records and compare; exit 3 where it differs")
    verify.add_argument("file", type=place, metavar="FILE", help="a report.html or report.pdf, in any language")
    _add_run(verify)
    _add_artifacts(verify)
    _add_language(verify)
    verify.add_argument("--engine", choices=_ENGINES, default="auto", help="what rendered it, as in build")
    verify.set_defaults(handler=_verify)
    serve = commands.add_parser(
        "serve", help="show the artifacts folder to this machine's browsers; built again when a run changes"
    )
    serve.add_argument("--port", type=_port, default=8000, metavar="N", help="8000; 0 takes any that is free")
    _add_run(serve)
    _add_artifacts(serve)
    _add_language(serve)
    serve.set_defaults(handler=_serve)
    compare = commands.add_parser("compare", help="set two runs side by side: settings, metrics, curves")
    compare.add_argument("first", type=word, metavar="RUN_A", help="the run that is compared with")
    compare.add_argument(
        "second", type=word, metavar="RUN_B", nargs="?", help="the run that is held against it; the latest by default"
    )
    _add_study(compare)
    _add_artifacts(compare)
    compare.add_argument("--artifacts-b", type=place, metavar="DIR", help="the store of RUN_B, where it is another one")
    compare.set_defaults(handler=_compare)
    return parser


def _add_run(parser: argparse.ArgumentParser, *, positional: bool = False) -> None:
    if positional:
        parser.add_argument("named", type=word, metavar="RUN", nargs="?", help="the run to report on; the latest by default")
    parser.add_argument(
        "--run", type=word, metavar="ID", help="the same as a flag" if positional else "the run that it reports on"
    )
    _add_study(parser)


def _add_study(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--study", type=word, metavar="NAME", help="the study whose latest run is meant where none is named")


def _add_artifacts(parser: argparse.ArgumentParser) -> None:
    default = os.environ.get("BENCH_ARTIFACTS_DIR") or "artifacts"  # a text, so that it is checked as the option is
    text = "the store (BENCH_ARTIFACTS_DIR; artifacts)"
    parser.add_argument("--artifacts", type=place, default=default, metavar="DIR", help=text)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def _add_language(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lang", type=word, metavar="LANG", help="en or pt; of a build all by default, of a file its own")


def _words(text: str) -> tuple[str, ...]:
    found = tuple(word.strip().replace(" ", "_") for word in text.split(",") if word.strip())
    if not found:  # what a script gives whose variable is not set: it would silently mean all
        raise argparse.ArgumentTypeError("an empty list: leave the option out to mean all")
    return found


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5) or int(text) > 65535:  # noqa: PLR2004 - the last port
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to 65535")
    return int(text)


def _formats(text: str) -> tuple[Format, ...]:
    wanted = {part.strip() for part in text.split(",")}
    if not wanted <= set(_FORMATS):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of html and pdf")
    return tuple(form for form in _FORMATS if form in wanted)


def _build(chosen: argparse.Namespace) -> tuple[str, int]:
    from report.build import Options, build

    options = Options(
        run_id=_named_run(chosen),
        study=chosen.study,
        engine=chosen.engine,
        formats=chosen.formats,
        languages=_languages(chosen),
        output=chosen.output,
        force=chosen.force,
        short=chosen.short,
    )
    result = build(chosen.artifacts, options)
    return (_as_json(result) if chosen.json else _as_text(result)), 0


def _verify(chosen: argparse.Namespace) -> tuple[str, int]:
    from report.build import Options
    from report.checks import verification

    options = Options(run_id=chosen.run, study=chosen.study, engine=chosen.engine, languages=_languages(chosen))
    facts = verification.verify_facts(chosen.file, chosen.artifacts, options)
    return (json.dumps(facts, indent=1) if chosen.json else verification.verify_text(facts)), 0 if facts["sound"] else 3


def _serve(chosen: argparse.Namespace) -> tuple[str, int]:
    from report.build import Options
    from report.serving import serve

    options = Options(run_id=chosen.run, study=chosen.study, formats=("html",), languages=_languages(chosen))
    try:
        serve(chosen.artifacts, options, chosen.port, partial(tell, sys.stderr))
    except KeyboardInterrupt:
        return "no longer served", 0
    return "", 0


def _compare(chosen: argparse.Namespace) -> tuple[str, int]:
    from report.checks.run_comparison import facts, text
    from report.evidence.runs import chosen_run

    roots = (chosen.artifacts, chosen.artifacts_b or chosen.artifacts)
    second = chosen_run(roots[1], chosen.second, chosen.study).run_id
    found = facts.compare_facts(roots, (chosen.first, second))
    return (json.dumps(found, indent=1, allow_nan=False) if chosen.json else text.compare_text(found)), 0


def _audit(chosen: argparse.Namespace) -> tuple[str, int]:
    from report.claims import audit
    from report.evidence.records import load_evidence
    from report.evidence.runs import chosen_run
    from report.evidence.studies import study_of
    from report.evidence.subject import subject_of
    from report.printing.strings import FIRST, load_strings

    evidence = load_evidence(chosen.artifacts, chosen_run(chosen.artifacts, _named_run(chosen), chosen.study))
    study = study_of(evidence.run.study)
    subject = subject_of(study, evidence, load_strings(study, chosen.lang or FIRST))
    facts = audit.chosen(audit.audit_facts(subject), chosen.verdict, chosen.claim)
    if chosen.json:
        text = json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False)
    else:
        text = audit.audit_csv(facts) if chosen.csv else audit.audit_text(facts, subject.strings)
    return text, 5 if audit.refuted(facts) and not chosen.no_fail else 0


def _languages(chosen: argparse.Namespace) -> tuple[str, ...]:
    """The one language that the command names; none where all are meant."""
    return (chosen.lang,) if chosen.lang else ()


def _named_run(chosen: argparse.Namespace) -> str | None:
    """The run that the command names, once."""
    from store.errors import UsageError

    if chosen.named and chosen.run and chosen.named != chosen.run:
        raise UsageError(f"two runs are named: {chosen.named} and {chosen.run}", where="--run", cure="name one of them")
    named: str | None = chosen.named or chosen.run
    return named


def _as_json(result: BuildResult) -> str:
    fields = {
        "run_id": result.run_id,
        "study": result.study,
        "outputs": [str(path) for path in result.outputs],
        "rebuilt": result.rebuilt,
        "comparable": result.comparable,
        "tasks": result.tasks,
        "incomplete_tasks": result.incomplete_tasks,
    }
    return json.dumps(fields)


def _as_text(result: BuildResult) -> str:
    lines = [f"{'built' if result.rebuilt else 'up to date'}: run {result.run_id} of {result.study}, {result.tasks} tasks"]
    if result.incomplete_tasks:
        lines.append(f"  {result.incomplete_tasks} of them did not end well; the report says which and why")
    if not result.comparable:
        lines.append("  not comparable with the published values: the run departs from the protocol")
    return "\n".join([*lines, *(f"  {path}" for path in result.outputs)])
