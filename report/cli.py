"""The command line of the report: ``python -m report build``; the only place that prints and that catches StudyError."""

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
    """Run the command; returns the exit status: 0 built (also where tasks failed), 1 failed, 2 usage, 3 altered records."""
    from store.errors import StudyError

    chosen = _parser().parse_args(arguments)
    try:
        result = _build(chosen)
    except StudyError as error:
        if chosen.json:
            print(json.dumps({"error": error.what, "where": error.where, "cure": error.cure}))
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    print(_as_json(result) if chosen.json else _as_text(result))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m report", description="Render the report of a run from its records.")
    build = parser.add_subparsers(dest="command", required=True).add_parser("build", help="build report.html and report.pdf")
    default = os.environ.get("BENCH_ARTIFACTS_DIR") or "artifacts"
    build.add_argument(
        "--artifacts", type=Path, default=Path(default), metavar="DIR", help="the store (BENCH_ARTIFACTS_DIR; artifacts)"
    )
    build.add_argument("--run", metavar="ID", help="the run to report on; the latest by default")
    build.add_argument(
        "--engine", choices=_ENGINES, default="auto", help="auto: Quarto where it is on PATH, else pandoc and typst"
    )
    build.add_argument("--formats", type=_formats, default=_FORMATS, metavar="LIST", help="html,pdf")
    build.add_argument("--lang", default="en", help="language of the report")
    build.add_argument("--output", type=Path, metavar="DIR", help="where the report goes; ARTIFACTS/report by default")
    build.add_argument("--force", action="store_true", help="build even where nothing changed")
    build.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser


def _formats(text: str) -> tuple[Format, ...]:
    wanted = {part.strip() for part in text.split(",")}
    if not wanted <= set(_FORMATS):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of html and pdf")
    return tuple(form for form in _FORMATS if form in wanted)


def _build(chosen: argparse.Namespace) -> BuildResult:
    from report.build import Options, build

    options = Options(
        run_id=chosen.run,
        engine=chosen.engine,
        formats=chosen.formats,
        language=chosen.lang,
        output=chosen.output,
        force=chosen.force,
    )
    return build(chosen.artifacts, options)


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
