"""The command line of the harness: ``python -m bench COMMAND``. It alone decides what is printed and sets exit codes."""

from __future__ import annotations

import json
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.harness.site import add_cluster_command, add_cluster_options, add_job_options, positive
from bench.options import add_source_options, add_store_options, add_study_options, add_weights_option
from store.commandline import Parser
from store.errors import StudyError
from store.surroundings import check_date, keep_own_rights, place, target, word
from store.terminal import complain, prepare_streams, say, tell

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

_EPILOG = (
    "exit codes: 0 ok, 1 a task failed, 2 wrong usage or configuration, 3 damaged bytes, 4 not reproduced, 130 interrupted"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; a user's mistake becomes a message, a bug keeps its traceback."""
    prepare_streams()
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        keep_own_rights()
        check_date()
        return int(options.handler(options))
    except StudyError as error:
        return complain(error, as_json=getattr(options, "json", False))
    except KeyboardInterrupt:
        tell(sys.stderr, f"interrupted: {options.interrupted}")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m bench", description="Run the study and store its records.", epilog=_EPILOG)
    parser.add_version()
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run what is not in the store yet", epilog=_EPILOG)
    add_study_options(run)
    add_job_options(run)
    add_cluster_options(run)
    run.add_argument("--dry-run", action="store_true", help="only say what would run and why, as plan does")
    run.set_defaults(handler=_run)
    plan = commands.add_parser("plan", help="say for each task whether it would run, and why", epilog=_EPILOG)
    add_study_options(plan)
    add_cluster_options(plan)
    text = "name for each stale task the keys, files and functions that changed, with their old and new digests"
    plan.add_argument("--explain", action="store_true", help=text)
    plan.set_defaults(handler=_plan)
    status = commands.add_parser("status", help="list a run's tasks, which are stale, and what runs now", epilog=_EPILOG)
    add_store_options(status)
    add_source_options(status)
    add_weights_option(status)
    status.add_argument("--run", type=word, metavar="ID", help="which run (default: the latest)")
    status.set_defaults(handler=_status)
    _add_reproduce_options(commands.add_parser("reproduce", help="re-run a stored run and compare", epilog=_EPILOG))
    verify = commands.add_parser("verify", help="check every digest of a run and recompute its numbers", epilog=_EPILOG)
    add_store_options(verify)
    which = verify.add_mutually_exclusive_group()
    which.add_argument("--run", type=word, metavar="ID", help="which run (default: the latest)")
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


def _add_upkeep_commands(commands: argparse._SubParsersAction[Parser]) -> None:
    export = commands.add_parser("export", help="write a run with all its records to one archive", epilog=_EPILOG)
    export.add_argument("run", nargs="?", type=word, metavar="RUN", help="which run (default: the latest)")
    export.add_argument("--output", type=target, metavar="FILE", help="the archive (default: RUN.tar)")
    text = "leave out files of records, such as '*.safetensors' or 'detector/*/best.bin' (repeatable): their digests are kept"
    export.add_argument("--leave-out", action="append", default=[], metavar="GLOB", help=text)
    export.set_defaults(handler=_export)
    statement = commands.add_parser("statement", help="write a run's certificate as an in-toto statement", epilog=_EPILOG)
    statement.add_argument("run", nargs="?", type=word, metavar="RUN", help="which run (default: the latest)")
    statement.add_argument(
        "--archive", type=place, metavar="FILE", help="what it speaks of: the exported run (default: run.json)"
    )
    statement.add_argument("--output", type=target, metavar="FILE", help="the statement (default: RUN.intoto.json)")
    statement.add_argument("--predicate", type=target, metavar="FILE", help="also the certificate alone, for who signs it")
    statement.set_defaults(handler=_statement)
    taken = commands.add_parser("import", help="check an archive and take its run into the store", epilog=_EPILOG)
    taken.add_argument("archive", type=place, metavar="FILE", help="what export wrote, here or on another machine")
    text = "where this store has another result of a task that nothing was made from, keep it"
    taken.add_argument("--keep-standing", action="store_true", help=text)
    taken.set_defaults(handler=_import)
    merge = commands.add_parser("merge", help="make one run of runs of one study that were made apart", epilog=_EPILOG)
    merge.add_argument("runs", nargs="+", type=word, metavar="RUN", help="two or more, such as seeds 0-1 and seeds 2-4")
    merge.set_defaults(handler=_merge)
    clean = commands.add_parser("clean", help="delete what no run names, after asking", epilog=_EPILOG)
    clean.add_argument("--yes", action="store_true", help="do not ask")
    clean.set_defaults(handler=_clean)
    for command in (export, statement, taken, merge, clean):
        add_store_options(command)


def _add_reproduce_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="?", type=word, metavar="RUN", help="which run (default: the latest)")
    text = "only the tasks whose id matches, such as 'autoencoder/ae/*' (repeatable); the others' records are taken as stored"
    parser.add_argument("--task", action="append", default=[], dest="patterns", metavar="GLOB", help=text)
    text = "K of these tasks, drawn here and anew each time, a training among them; the certificate keeps the number drawn with"
    parser.add_argument("--sample", type=positive, metavar="K", help=text)
    add_job_options(parser)
    parser.add_argument("--device", metavar="NAME", help="cpu, cuda or cuda:0,cuda:2 (default: the run's own)")
    add_weights_option(parser)
    add_store_options(parser)
    add_source_options(parser)
    parser.set_defaults(handler=_reproduce, interrupted="nothing was kept and no certificate written")


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
        add_store_options(command)
        add_source_options(command)
        command.set_defaults(handler=_data)


def _answer(options: argparse.Namespace, facts: dict[str, Any], text: Callable[[dict[str, Any]], str]) -> None:
    say(json.dumps(facts, indent=1) if options.json else text(facts))


def _run(options: argparse.Namespace) -> int:
    if options.dry_run:
        return _plan(options)
    from bench.harness import invocation as study
    from bench.harness.outcome import outcome_text

    facts = study.run(options, sys.stderr)
    _answer(options, facts, outcome_text)
    return 0 if facts["complete"] else 1


def _plan(options: argparse.Namespace) -> int:
    from bench.harness import invocation as study

    facts = study.plan_facts(options)
    _answer(options, facts, partial(study.plan_text, explain=getattr(options, "explain", False)))
    return 0


def _status(options: argparse.Namespace) -> int:
    from bench.harness import status

    facts = status.status_facts(options.artifacts, options.run, options)
    _answer(options, facts, status.status_text)
    return 0


def _reproduce(options: argparse.Namespace) -> int:
    from bench.rechecking.reproduction import command, text

    certificate = command.reproduce(options, sys.stderr)
    say(certificate.model_dump_json(indent=1) if options.json else text.certificate_text(certificate, options.artifacts))
    return 0 if certificate.reproduced else 4


def _cluster(options: argparse.Namespace) -> int:
    from bench.harness.cluster.start import serve_locally

    return serve_locally(options, say)


def _verify(options: argparse.Namespace) -> int:
    from bench.rechecking.verification import command

    facts = command.verify_facts(options.artifacts, options.run, everything=options.all)
    _answer(options, facts, command.verify_text)
    return 0 if facts["sound"] else 3


def _export(options: argparse.Namespace) -> int:
    from bench.harness import upkeep

    facts = upkeep.export_facts(options)
    _answer(options, facts, upkeep.export_text)
    return 0


def _import(options: argparse.Namespace) -> int:
    from bench.harness import upkeep

    facts = upkeep.import_facts(options, sys.stderr)
    _answer(options, facts, upkeep.import_text)
    return 0


def _merge(options: argparse.Namespace) -> int:
    from bench.harness import upkeep

    facts = upkeep.merge_facts(options, sys.stderr)
    _answer(options, facts, upkeep.merge_text)
    return 0


def _clean(options: argparse.Namespace) -> int:
    from bench.harness import upkeep

    facts = upkeep.clean_facts(options, sys.stderr, sys.stdin)
    _answer(options, facts, upkeep.clean_text)
    return 0


def _statement(options: argparse.Namespace) -> int:
    from bench.harness import statement

    facts = statement.statement_facts(options)
    _answer(options, facts, statement.statement_text)
    return 0


def _new(options: argparse.Namespace) -> int:
    from bench.harness import new_study

    facts = new_study.new_facts(options)
    _answer(options, facts, new_study.new_text)
    return 0


def _data(options: argparse.Namespace) -> int:
    from bench.datasets import commands as data_commands

    facts = data_commands.facts(options, sys.stderr)
    _answer(options, facts, data_commands.text)
    return 0 if facts.get("sound", True) else 3
