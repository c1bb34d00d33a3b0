"""``bench statement``: the replay certificate of a run as an in-toto statement, for others to sign and to check.

in-toto Statement v1: a subject with its digest (the exported archive, or else the run's manifest) and a predicate, which here
is the certificate as the store keeps it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from store.canonical import digest_file
from store.certificates import load_certificate
from store.errors import StudyError, UsageError, unwritable
from store.runs import load_run, run_path

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from pydantic import JsonValue

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:bench:replay:v1"


def statement_facts(options: argparse.Namespace) -> dict[str, JsonValue]:
    """Write the statement, and its predicate alone where asked; raises StudyError where the run has no certificate."""
    run = load_run(options.artifacts, options.run)
    certificate = load_certificate(options.artifacts, run)
    if certificate is None:
        cure = f"run it again first: python -m bench reproduce {run.run_id}"
        raise StudyError(f"run {run.run_id} has no certificate", where=str(run_path(options.artifacts, run.run_id)), cure=cure)
    if options.archive is not None and not options.archive.is_file():
        raise UsageError("no such archive", where=str(options.archive), cure="name a file that bench export wrote")
    subject = options.archive or run_path(options.artifacts, run.run_id)
    predicate = certificate.model_dump(mode="json")
    statement: dict[str, JsonValue] = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": subject.name, "digest": {"sha256": digest_file(subject)}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }
    target = options.output or Path(f"{run.run_id}.intoto.json")
    _write(target, statement)
    if options.predicate is not None:
        _write(options.predicate, predicate)
    return {"run_id": run.run_id, "statement": str(target), "subject": subject.name, "reproduced": certificate.reproduced}


def statement_text(facts: Mapping[str, JsonValue]) -> str:
    """The same as a line for people."""
    said = "came out again" if facts["reproduced"] else "did not all come out again"
    return f"run {facts['run_id']}, what was selected {said}: statement on {facts['subject']} in {facts['statement']}"


def _write(path: Path, content: Mapping[str, JsonValue]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    except OSError as error:
        raise unwritable("cannot write the statement", path, error, "or name another file") from error
