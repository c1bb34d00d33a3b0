"""The command line of the harness: ``python -m bench COMMAND``. It alone prints and sets exit codes."""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench.harness.site import add_cluster_command, add_cluster_options, add_job_options, positive

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

_EPILOG = (
    "exit codes: 0 ok, 1 a task failed, 2 wrong usage or configuration, 3 damaged bytes, 4 not reproduced, 130 interrupted"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; a user's mistake becomes a message, a bug keeps its traceback."""
    _open_closed_streams()
    _print_anything()
    options = _parser().parse_args(arguments)
    from store.errors import StudyError

    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return int(options.handler(options))
    except StudyError as error:
        if getattr(options, "json", False):
            _say(json.dumps({"error": error.what, "where": error.where, "cure": error.cure, "exit_code": error.exit_code}))
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"interrupted: {options.interrupted}", file=sys.stderr)
        return 130


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _open_closed_streams() -> None:
    """Give a process that was started without standard output or error (``>&-``) somewhere to write."""
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open as long as the process
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115


def _print_anything() -> None:
    """Let a stream that knows only some letters (a POSIX locale, ``PYTHONIOENCODING=ascii``) print the others as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _say(text: str) -> None:
    """Print to standard output, with nothing in it that a terminal obeys.

    A reader that has gone (``| head -1``) does not change how the command ends.
    """
    from store.errors import StudyError, shown_lines

    try:
        print(shown_lines(text), flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else the interpreter complains when it ends
    except OSError as error:
        raise StudyError(f"standard output cannot be written: {error.strerror}", cure="free some space") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Run the study and store its records.", epilog=_EPILOG)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run what is not in the store yet", epilog=_EPILOG)
    _add_study_options(run)
    add_job_options(run)
    add_cluster_options(run)
    run.add_argument("--dry-run", action="store_true", help="only say what would run and why, as plan does")
    run.set_defaults(handler=_run)
    plan = commands.add_parser("plan", help="say for each task whether it would run, and why", epilog=_EPILOG)
    _add_study_options(plan)
    add_cluster_options(plan)
    text = "name for each stale task the keys, files and functions that changed, with their old and new digests"
    plan.add_argument("--explain", action="store_true", help=text)
    plan.set_defaults(handler=_plan)
    status = commands.add_parser("status", help="list a run's tasks, which are stale, and what runs now", epilog=_EPILOG)
    _add_store_options(status)
    _add_source_options(status)
    _add_weights_option(status)
    status.add_argument("--run", metavar="ID", help="which run (default: the latest)")
    status.set_defaults(handler=_status)
    _add_reproduce_options(commands.add_parser("reproduce", help="re-run a stored run and compare", epilog=_EPILOG))
    verify = commands.add_parser("verify", help="check every digest of a run and recompute its numbers", epilog=_EPILOG)
    _add_store_options(verify)
    which = verify.add_mutually_exclusive_group()
    which.add_argument("--run", metavar="ID", help="which run (default: the latest)")
    which.add_argument("--all", action="store_true", help="every run and every record, also those that no run names")
    verify.set_defaults(handler=_verify)
    _add_upkeep_commands(commands)
    new = commands.add_parser("new", help="write a study of your own that runs, to be changed", epilog=_EPILOG)
    new.add_argument("name", metavar="NAME", help="its name: lower-case letters, digits and _")
    new.add_argument("--json", action="store_true", help="print the facts as JSON")
    new.set_defaults(handler=_new, interrupted="nothing was written")
    cluster = commands.add_parser("cluster", help="start a cluster on this machine, for --executor dask", epilog=_EPILOG)
    add_cluster_command(cluster)
    cluster.set_defaults(handler=_cluster, interrupted="the cluster has ended")
    _add_data_commands(commands.add_parser("data", help="fetch, verify or locate the data sets", epilog=_EPILOG))
    return parser


def _add_upkeep_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    export = commands.add_parser("export", help="write a run with all its records to one archive", epilog=_EPILOG)
    export.add_argument("run", nargs="?", metavar="RUN", help="which run (default: the latest)")
    export.add_argument("--output", type=Path, metavar="FILE", help="the archive (default: RUN.tar)")
    text = "leave out files of records, such as '*.safetensors' (repeatable): their digests are kept"
    export.add_argument("--leave-out", action="append", default=[], metavar="GLOB", help=text)
    export.set_defaults(handler=_export)
    statement = commands.add_parser("statement", help="write a run's certificate as an in-toto statement", epilog=_EPILOG)
    statement.add_argument("run", nargs="?", metavar="RUN", help="which run (default: the latest)")
    statement.add_argument(
        "--archive", type=Path, metavar="FILE", help="what it speaks of: the exported run (default: run.json)"
    )
    statement.add_argument("--output", type=Path, metavar="FILE", help="the statement (default: RUN.intoto.json)")
    statement.add_argument("--predicate", type=Path, metavar="FILE", help="also the certificate alone, for who signs it")
    statement.set_defaults(handler=_statement)
    taken = commands.add_parser("import", help="check an archive and take its run into the store", epilog=_EPILOG)
    taken.add_argument("archive", type=Path, metavar="FILE", help="what export wrote, here or on another machine")
    text = "where this store has another result of a task that nothing was made from, keep it"
    taken.add_argument("--keep-standing", action="store_true", help=text)
    taken.set_defaults(handler=_import)
    merge = commands.add_parser("merge", help="make one run of runs of one study that were made apart", epilog=_EPILOG)
    merge.add_argument("runs", nargs="+", metavar="RUN", help="two or more, such as seeds 0-1 and seeds 2-4")
    merge.set_defaults(handler=_merge)
    clean = commands.add_parser("clean", help="delete what no run names, after asking", epilog=_EPILOG)
    clean.add_argument("--yes", action="store_true", help="do not ask")
    clean.set_defaults(handler=_clean)
    for command in (export, statement, taken, merge, clean):
        _add_store_options(command)


def _add_store_options(parser: argparse.ArgumentParser) -> None:
    default = Path(os.environ.get("BENCH_ARTIFACTS_DIR") or "artifacts")
    text = "where records and reports lie (default: artifacts, or BENCH_ARTIFACTS_DIR)"
    parser.add_argument("--artifacts", type=_folder, default=default, metavar="DIR", help=text)
    parser.add_argument("--json", action="store_true", help="print the facts as JSON")
    parser.set_defaults(interrupted="finished tasks are kept, the same command goes on from here")


def _add_source_options(parser: argparse.ArgumentParser) -> None:
    folder = os.environ.get("BENCH_DATA_DIR")
    text = "folder with your data sets, such as DIR/fashion-mnist (default: BENCH_DATA_DIR; without: cache, then download)"
    parser.add_argument("--data", type=_folder, default=Path(folder) if folder else None, metavar="DIR", help=text)
    parser.add_argument("--offline", action="store_true", help="never use the network")
    text = "read every byte of the data to plan, instead of remembering what has the same size, times and inode"
    parser.add_argument("--paranoid", action="store_true", help=text)


def _add_reproduce_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="?", metavar="RUN", help="which run (default: the latest)")
    text = "only the tasks whose id matches, such as 'autoencoder/ae/*' (repeatable); the others' records are taken as stored"
    parser.add_argument("--task", action="append", default=[], dest="patterns", metavar="GLOB", help=text)
    text = "K of these tasks, chosen by the run's own digest: always the same ones"
    parser.add_argument("--sample", type=positive, metavar="K", help=text)
    add_job_options(parser)
    parser.add_argument("--device", metavar="NAME", help="cpu, cuda or cuda:0,cuda:2 (default: the run's own)")
    _add_weights_option(parser)
    _add_store_options(parser)
    _add_source_options(parser)
    parser.set_defaults(handler=_reproduce, interrupted="nothing was kept and no certificate written")


def _add_weights_option(parser: argparse.ArgumentParser) -> None:
    text = "pretrained YOLOv5s weights (default: found in the folder weights of the data folder)"
    parser.add_argument("--weights", type=_file, metavar="FILE", help=text)


def _add_study_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--profile", default="quick", help="quick (default), paper, or a path to your own TOML file")
    text = "replace one value of the profile, such as execution.threads=2 (repeatable)"
    parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE", help=text)
    parser.add_argument("--seeds", metavar="LIST", help="replications, such as 0-4 or 0,3,7")
    parser.add_argument("--parts", metavar="LIST", help="some of the study's parts, with commas (default: all)")
    parser.add_argument("--study", metavar="NAME", help="which study (default: the one that data/studies/studies.toml names)")
    text = "main (default: all tables and figures), sensitivity (assumed values), or what else the study has, with commas"
    parser.add_argument("--question", metavar="LIST", help=text)
    parser.add_argument("--device", metavar="NAME", help="cpu (default), cuda (all visible GPUs) or cuda:0,cuda:2")
    parser.add_argument("--strict", action="store_true", help="stop at the first bad label line instead of dropping it")
    _add_weights_option(parser)
    _add_store_options(parser)
    _add_source_options(parser)


def _add_data_commands(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="data_command", required=True, metavar="COMMAND")
    texts = {
        "fetch": "download what is missing and check it",
        "verify": "recompute the checksums of the files on this disk",
        "where": "say which folder a run would read",
    }
    for name, purpose in texts.items():
        command = commands.add_parser(name, help=purpose, epilog=_EPILOG)
        text = "fashion-mnist (default), kitti or weights (YOLOv5s, pretrained on COCO)"
        command.add_argument("dataset", nargs="?", default="fashion-mnist", help=text)
        text = "fashion-mnist: the four official files (default), or the embedded sample"
        command.add_argument("--source", choices=("full", "sample"), default="full", help=text)
        text = "kitti: how many of the first images to fetch (default: 500)"
        command.add_argument("--images", type=positive, default=500, metavar="N", help=text)
        _add_store_options(command)
        _add_source_options(command)
        command.set_defaults(handler=_data)


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{text!r} is no file")
    return path


def _folder(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("an empty name is no folder")
    return Path(text)


def _run(options: argparse.Namespace) -> int:
    if options.dry_run:
        return _plan(options)
    from bench.harness import invocation as study
    from bench.harness.outcome import outcome_text

    facts = study.run(options, sys.stderr)
    _say(json.dumps(facts, indent=1) if options.json else outcome_text(facts))
    return 0 if facts["complete"] else 1


def _plan(options: argparse.Namespace) -> int:
    from bench.harness import invocation as study

    facts = study.plan_facts(options)
    _say(json.dumps(facts, indent=1) if options.json else study.plan_text(facts, explain=getattr(options, "explain", False)))
    return 0


def _status(options: argparse.Namespace) -> int:
    from bench.harness import status

    facts = status.status_facts(options.artifacts, options.run, options)
    _say(json.dumps(facts, indent=1) if options.json else status.status_text(facts))
    return 0


def _reproduce(options: argparse.Namespace) -> int:
    from bench.rechecking.reproduction import command, text

    certificate = command.reproduce(options, sys.stderr)
    _say(certificate.model_dump_json(indent=1) if options.json else text.certificate_text(certificate, options.artifacts))
    return 0 if certificate.reproduced else 4


def _cluster(options: argparse.Namespace) -> int:
    from bench.harness.cluster.start import serve_locally

    return serve_locally(options, _say)


def _verify(options: argparse.Namespace) -> int:
    from bench.rechecking.verification import command

    facts = command.verify_facts(options.artifacts, options.run, everything=options.all)
    _say(json.dumps(facts, indent=1) if options.json else command.verify_text(facts))
    return 0 if facts["sound"] else 3


def _export(options: argparse.Namespace) -> int:
    from bench.harness import upkeep

    facts = upkeep.export_facts(options)
    _say(json.dumps(facts, indent=1) if options.json else upkeep.export_text(facts))
    return 0


def _import(options: argparse.Namespace) -> int:
    from bench.harness import upkeep

    facts = upkeep.import_facts(options, sys.stderr)
    _say(json.dumps(facts, indent=1) if options.json else upkeep.import_text(facts))
    return 0


def _merge(options: argparse.Namespace) -> int:
    from bench.harness import upkeep

    facts = upkeep.merge_facts(options, sys.stderr)
    _say(json.dumps(facts, indent=1) if options.json else upkeep.merge_text(facts))
    return 0


def _clean(options: argparse.Namespace) -> int:
    from bench.harness import upkeep

    facts = upkeep.clean_facts(options, sys.stderr, sys.stdin)
    _say(json.dumps(facts, indent=1) if options.json else upkeep.clean_text(facts))
    return 0


def _statement(options: argparse.Namespace) -> int:
    from bench.harness import statement

    facts = statement.statement_facts(options)
    _say(json.dumps(facts, indent=1) if options.json else statement.statement_text(facts))
    return 0


def _new(options: argparse.Namespace) -> int:
    from bench.harness import new_study

    facts = new_study.new_facts(options)
    _say(json.dumps(facts, indent=1) if options.json else new_study.new_text(facts))
    return 0


def _data(options: argparse.Namespace) -> int:
    from bench.datasets import commands as data_commands

    facts = data_commands.facts(options, sys.stderr)
    _say(json.dumps(facts, indent=1) if options.json else data_commands.text(facts))
    return 0 if facts.get("sound", True) else 3
