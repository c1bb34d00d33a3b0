"""Compares what a record says of its making with itself, and the records of one run with each other: code, data, versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.harness.environment import BUILDS, DISTRIBUTION
from bench.rechecking.verification.comparison import Comparison
from store.extent import read_plain_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from store.records import Stored

TIMING = "timing.json"
SOURCE = "source.json"
_VOLATILE = {TIMING, SOURCE, "traceback.txt"}  # what the harness itself writes beside a result; a task's own files are results


def provenance(stored: Stored) -> Iterator[Comparison]:
    """Durations, which files are results, the modules that ran, and the environment class against machine and packages."""
    record = stored.record
    timing = read_plain_document(stored.file(TIMING))
    seconds = timing.get("seconds") if isinstance(timing, dict) else None
    yield Comparison("execution.duration_s", record.execution.duration_s, seconds)
    names = {entry.name for entry in record.files}
    volatile = sorted(entry.name for entry in record.files if entry.volatile)
    yield Comparison("files that are no part of the result", volatile, sorted(names & _VOLATILE))
    if SOURCE in names:
        source = read_plain_document(stored.file(SOURCE))
        modules = sorted(source) if isinstance(source, dict) else None
        yield Comparison(f"modules of {SOURCE}", modules, sorted(record.ingredients.code))
    yield from _environment(stored)


def shared_origin(records: Mapping[str, Stored]) -> Iterator[tuple[str, Comparison]]:
    """One plan digests each module and each data set once: all records of its run give the same digest for it."""
    known: dict[tuple[str, str], str] = {}
    for name, stored in records.items():
        ingredients = stored.record.ingredients
        for kind, digests in (("code", ingredients.code), ("inputs", ingredients.inputs)):
            for key, value in digests.items():
                expected = known.setdefault((kind, key), value)
                yield (
                    name,
                    Comparison(f"ingredients.{kind} of {key}, which other records of the run have too,", value, expected),
                )


def _environment(stored: Stored) -> Iterator[Comparison]:
    """Versions that the fingerprint holds against the packages that were installed, and Python's against the machine's."""
    record = stored.record
    packages, machine = record.execution.packages, record.execution.machine
    for name, value in record.ingredients.environment.items():
        package = DISTRIBUTION.get(name, name)
        installed = [packages[build].partition("+")[0] for build in BUILDS.get(package, (package,)) if build in packages]
        if installed and value not in installed:
            yield Comparison(f"ingredients.environment of {name}", value, installed[0])
    python = machine.get("python")
    if isinstance(python, str):
        expected = ".".join(python.split(".")[:2])
        yield Comparison("ingredients.environment of python", record.ingredients.environment.get("python"), expected)
