"""Runs one task inside a worker process and returns its draft record; never touches the store itself."""

from __future__ import annotations

import importlib
import multiprocessing
import multiprocessing.connection
import os
import platform
import resource
import signal
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bench.datasets.catalogue import digest_now
from bench.harness.closure import closure_of, parts_of
from bench.harness.energy import Meter
from bench.harness.explanation import SOURCE
from bench.harness.provenance import provenance_of
from bench.harness.task import Context, Outcome
from store.costs import ENERGY
from store.errors import IntegrityError, StudyError, printable
from store.formats import document_bytes
from store.quarantine import Quarantined, quarantine_name
from store.records import Draft, check_files
from store.schema import Execution, Result

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.connection import Connection

    from pydantic import JsonValue

    from bench.datasets.catalogue import Dataset
    from bench.harness.task import Task
    from store.records import Stored
    from store.schema import Ingredients

TIMING = "timing.json"
TRACEBACK = "traceback.txt"
_LIMITS = "OPENCV_"  # OPENCV_IO_MAX_IMAGE_PIXELS ends a training in an assertion; OpenCV reads it when it is loaded
_NO_UTF8 = "surrogates not allowed"  # what Python says of a name that it cannot write as UTF-8


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that a worker needs, picklable."""

    task: Task
    ingredients: Ingredients
    device: str
    threads: int
    datasets: Mapping[str, Dataset]
    upstream: Mapping[str, Stored]
    scratch: Path
    capture: bool = True


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a run's events file: a task started, moved on or ended."""

    task_id: str
    kind: str
    time: float
    step: int = 0
    total: int = 0
    values: tuple[tuple[str, float], ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Beginning:
    """When a task began, and the counters as they stood then."""

    meter: Meter
    at: datetime = field(default_factory=partial(datetime.now, UTC))
    clock: float = field(default_factory=time.perf_counter)


_parent: list[Connection] = []  # set once in each worker process by serve


def serve(connection: Connection, variables: Mapping[str, str]) -> None:
    """What a worker process does: run one job after the other, telling of each, until the parent closes the connection.

    ``variables`` are set first: torch, which a job's experiment imports, sees no other GPU than they allow. Interrupts are
    left to the parent, and the worker ends when the parent ends, however it dies. Limits that a shell sets for the library
    that decodes images do not reach the tasks.
    """
    os.environ.update(variables)
    for name in [name for name in os.environ if name.startswith(_LIMITS)]:
        del os.environ[name]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _parent.append(connection)
    while True:
        try:
            job: Job = connection.recv()
        except (EOFError, OSError):
            return
        try:
            _send(connection, execute(job))
        except Exception as error:  # noqa: BLE001 - a bug in the program: the parent raises it, with this traceback as a note
            error.add_note(traceback.format_exc())
            _send(connection, error)


def execute(job: Job) -> Draft:
    """Run the job's task; an exception becomes a failed draft with its traceback, as a failure is a result too.

    So does an outcome that no record can hold, such as a metric that is not finite.
    """
    begun = _Beginning(Meter(job.device))
    _reset_peak_memory()
    tell(Event(job.task.key.id, "start", time.time()))
    try:
        _check_unchanged(job, "before the task started")
        outcome = importlib.import_module(job.task.module).run(_context(job))
        try:
            _check_unchanged(job, "while the task ran")
        except IntegrityError as error:
            return _quarantined(job, _draft(job, outcome, begun), error)
        return _draft(job, outcome, begun)
    except StudyError as error:
        outcome = Outcome(metrics={}, status="failed", reason=str(error))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a failed task is data: the record keeps the traceback
        text = traceback.format_exc()
        reason = _path_reason(job, error) or f"{type(error).__name__}: {error}"
        outcome = Outcome(metrics={}, files={TRACEBACK: _text(text).encode()}, status="failed", reason=_text(reason))
    return _draft(job, outcome, begun)


def _text(text: str) -> str:
    """With the bytes of names that are not UTF-8 spelled out, as a record can hold it."""
    return text.encode(errors="backslashreplace").decode()


def _path_reason(job: Job, error: BaseException) -> str:
    """What to say where a library of the task cannot write the name of the folder that it works in; empty elsewhere."""
    place = str(job.scratch.resolve())
    if _NO_UTF8 not in str(error) or not any("\ud800" <= letter <= "\udfff" for letter in place):
        return ""
    what = "the path of the artifacts folder is not UTF-8, and a library of this task writes it into a text file"
    return str(StudyError(what, where=printable(place), cure="name another folder: --artifacts DIR"))


def tell(event: Event) -> None:
    """Send an event to the parent; in a process that is no worker, nobody listens and nothing happens."""
    for connection in _parent:
        _send(connection, event)


def _send(connection: Connection, message: Event | Draft | Exception) -> None:
    with suppress(OSError):  # the parent is dead: so is this process, as soon as it has noticed
        connection.send(message)


def unrun_draft(job: Job, status: Literal["skipped", "failed"], reason: str) -> Draft:
    """The record of a task without a result of its own: skipped, or its worker was killed."""
    outcome = Outcome(metrics={}, status=status, reason=reason)
    return _draft(replace(job, device="cpu"), outcome)  # this process used no GPU


def _quarantined(job: Job, draft: Draft, error: IntegrityError) -> Draft:
    """A failed draft that carries the result along: nobody can say what it was made from, and it is not thrown away."""
    where = f"{error.where}; the result lies in {quarantine_name(job.task.key, draft.ingredients.fingerprint(draft.task))}"
    reason = str(IntegrityError(error.what, where=where, cure=error.cure))
    failed = Result(status="failed", reason=reason, upstream_results=draft.result.upstream_results)
    kept = {name: content for name, content in draft.files.items() if name in {TIMING, SOURCE}}
    return replace(draft, result=failed, files=kept, quarantined=Quarantined(draft.result, draft.files))


def _context(job: Job) -> Context:
    def progress(step: int, total: int, **values: float) -> None:
        tell(Event(job.task.key.id, "progress", time.time(), step, total, tuple(values.items())))

    for stored in job.upstream.values():
        check_files(stored)
    job.scratch.mkdir(parents=True, exist_ok=True)
    return Context(
        task=job.task,
        device=job.device,
        threads=job.threads,
        data={name: dataset.folder for name, dataset in job.datasets.items()},
        upstream=job.upstream,
        scratch=job.scratch,
        progress=progress,
        capture=job.capture,
    )


def _check_unchanged(job: Job, when: str) -> None:
    """Data and code must be what the fingerprint says, before and after: a record made from a mixture would lie."""
    for name, dataset in job.datasets.items():
        if digest_now(dataset) != job.ingredients.inputs[name]:
            message = f"data set {name} changed {when}"
            raise IntegrityError(message, where=str(dataset.folder), cure="leave the data alone and run again")
    code = closure_of(job.task.module).code
    changed = [name for name, found in code.items() if job.ingredients.code.get(name) != found]
    if changed:
        message = f"source changed {when}: no record can say what it was made from"
        raise IntegrityError(message, where=", ".join(changed), cure="run again with the new source")


def _draft(job: Job, outcome: Outcome, begun: _Beginning | None = None) -> Draft:
    """The draft of the outcome; without a beginning the task did not run."""
    started = datetime.now(UTC) if begun is None else begun.at
    seconds = 0.0 if begun is None else time.perf_counter() - begun.clock
    energy = {} if begun is None else begun.meter.spent()
    result = Result(
        status=outcome.status,
        reason=outcome.reason,
        metrics=dict(outcome.metrics),
        facts={**outcome.facts, **({"notes": list(outcome.notes)} if outcome.notes else {})},
        upstream_results={name: stored.record.result_digest for name, stored in job.upstream.items()},
    )
    here = provenance_of(job.device)
    execution = Execution(
        started_at=started.isoformat(timespec="seconds"),
        duration_s=seconds,
        peak_memory_bytes=_peak_memory_bytes(),
        machine={**here.machine, **({ENERGY: energy} if energy else {})},
        packages=dict(here.packages),
        git_commit=here.git_commit,
        git_dirty=here.git_dirty,
    )
    files = {**outcome.files, TIMING: document_bytes({"seconds": seconds, **outcome.timing}), SOURCE: _source(job)}
    return Draft(job.task.key, job.ingredients, result, files, execution, frozenset({TIMING, TRACEBACK, SOURCE} & files.keys()))


def _source(job: Job) -> bytes:
    """The digests of the functions in the task's modules as they are now; left out where a module has just gone."""
    parts: dict[str, JsonValue] = {}
    for module in job.ingredients.code:
        with suppress(OSError, SyntaxError):  # someone edits it: the module's digest says so
            parts[module] = dict(parts_of(module))
    return document_bytes(parts)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _reset_peak_memory() -> None:
    """Linux keeps a high-water mark that can be set back, so that each task of a reused worker gets its own."""
    marker = Path("/proc/self/clear_refs")
    if marker.exists() and os.access(marker, os.W_OK):
        marker.write_text("5", encoding="ascii")


def _peak_memory_bytes() -> int:
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    unit = 1 if platform.system() == "Darwin" else 1024  # ru_maxrss is in bytes on macOS, in KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
