"""``bench statement``: the replay certificate of a run as an in-toto statement, for others to sign and to check.

in-toto Statement v1: a subject with its digest (the exported archive, or else the run's manifest) and a predicate, which here
is the certificate as the store keeps it. Whoever signs it says that the run was repeated, and that the subject holds it: a
certificate that somebody else made and an archive of anything else are refused.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from store.canonical import digest_file
from store.certificates import is_checked_here, load_certificate
from store.doors import is_file
from store.errors import StudyError, UsageError, unwritable
from store.runs import load_run, run_path
from store.unpacking import identify

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from pydantic import JsonValue

    from store.schema import Run

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:bench:replay:v1"


def statement_facts(options: argparse.Namespace) -> dict[str, JsonValue]:
    """Write the statement, and its predicate alone where asked.

    Raises StudyError where the run has no certificate that was made here, UsageError where the archive is of something else,
    IntegrityError where it was altered.
    """
    run = load_run(options.artifacts, options.run)
    place, cure = str(run_path(options.artifacts, run.run_id)), f"run it again first: python -m bench reproduce {run.run_id}"
    certificate = load_certificate(options.artifacts, run)
    if certificate is None:
        raise StudyError(f"run {run.run_id} has no certificate", where=place, cure=cure)
    if not is_checked_here(options.artifacts, run):
        raise StudyError(f"the certificate of run {run.run_id} came with it, and was not checked here", where=place, cure=cure)
    subject = run_path(options.artifacts, run.run_id) if options.archive is None else _archive_of(run, options.archive)
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


def _archive_of(run: Run, archive: Path) -> Path:
    """The archive, once it is known that it holds just this run."""
    cure = f"name a file that python -m bench export {run.run_id} wrote"
    if not is_file(archive):
        raise UsageError("no such archive", where=str(archive), cure=cure)
    name, digest = identify(archive)
    if digest != run.digest:
        raise UsageError(f"the archive holds {name}, and not run {run.run_id} as it is here", where=str(archive), cure=cure)
    return archive


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
