"""Downloads files over HTTP: resumed where they were cut, retried, mirror after mirror, and checked before they count."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

import requests
from urllib3.exceptions import HTTPError, MaxRetryError, ProtocolError
from urllib3.util import Retry

from bench.datasets.http import CHUNK, REFUSALS, TIMEOUT_S, TooSlowError, chunks_of, session_of
from store.canonical import digest_file
from store.doors import reason_of
from store.errors import DataError, IntegrityError, StudyError, unwritable
from store.records import sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from bench.datasets.fashion.locate import Progress

PART_SUFFIX = ".part"
_PATIENCE_S, _SLOWEST_BYTES_S = 300.0, 20_000.0  # a file has five minutes, and a second for every 20 kB

# Five retries wait 0, 2, 4, 8 and 16 s. A Retry-After header is not obeyed: it may ask for an hour.
RETRIES = Retry(
    total=5,
    backoff_factor=1.0,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=("GET",),
    respect_retry_after_header=False,
)


class Wanted(Protocol):
    """A file to fetch: the name that it has on the server and on the disk, and what its bytes must be."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def size_bytes(self) -> int:
        """Its size."""

    @property
    def sha256(self) -> str:
        """Its checksum."""


def download_files(
    files: Sequence[Wanted],
    mirrors: Sequence[str],
    folder: Path,
    progress: Progress,
    *,
    retries: Retry = RETRIES,
) -> None:
    """Fetch ``files`` into ``folder``, each from the first of ``mirrors`` that gives the published bytes.

    A file appears under its own name only when its checksum is right; until then it is NAME.part, and a later call goes
    on from there. Raises DataError where no mirror can be reached, IntegrityError where one gave wrong bytes and none
    the right ones, StoreError where ``folder`` cannot be written.
    """
    total = sum(facts.size_bytes for facts in files)
    done = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with session_of(retries) as session:
            for facts in files:
                report = partial(_report, progress, done, total)
                _fetch(_Job(session, facts, folder / (facts.name + PART_SUFFIX), report, retries), mirrors)
                done += facts.size_bytes
    except OSError as error:
        elsewhere = "or name another folder: BENCH_CACHE_DIR=DIR"
        raise unwritable("cannot write the downloaded files", folder, error, elsewhere) from error


@dataclass(frozen=True, slots=True)
class _Job:
    """One file on its way: ``report`` is told how many of its bytes have arrived."""

    session: requests.Session
    facts: Wanted
    part: Path
    report: Callable[[int], None]
    retries: Retry


def _report(progress: Progress, done: int, total: int, size: int) -> None:
    progress(done + size, total)


def _fetch(job: _Job, mirrors: Sequence[str]) -> None:
    """Try one mirror after the other; raises DataError or IntegrityError that lists what each of them did."""
    failures: list[tuple[str, StudyError]] = []
    for base in mirrors:
        # Bytes of an earlier attempt may be the fault of a wrong checksum: then the same mirror is asked for all of it.
        attempts = 2 if job.part.exists() else 1
        for _ in range(attempts):
            failure = _try_mirror(job, base + job.facts.name)
            if failure is None:
                return
            failures.append((base, failure))
            if not isinstance(failure, IntegrityError):
                break
    reasons = "".join(f"\n  - {base} {failure.what}" for base, failure in failures)
    kind = IntegrityError if any(isinstance(failure, IntegrityError) for _, failure in failures) else DataError
    message = f"{job.facts.name} could not be downloaded:{reasons}"
    cure = (
        "run again to go on where it stopped: nox -s bench -- data fetch; "
        "or name a folder that holds the four official files: --data DIR"
    )
    raise kind(message, where=str(job.part.with_name(job.facts.name)), cure=cure)


def _try_mirror(job: _Job, url: str) -> StudyError | None:
    try:
        _transfer(job, url)
        _accept(job)
    except (DataError, IntegrityError) as failure:
        return failure
    return None


def _transfer(job: _Job, url: str) -> None:
    """Bring the part to its full size; a cut is followed by a request for the rest.

    As long as each request brings the part well beyond where it ever was, there is no limit to them but the deadline.
    """
    retries, wanted = job.retries, job.facts.size_bytes
    size = most = _size(job.part)
    deadline = time.monotonic() + _PATIENCE_S + wanted / _SLOWEST_BYTES_S
    while size < wanted:
        with _request(job, url, offset=size) as response:
            _admit(job, response, offset=size)
            cut = _append(job, response, deadline)
        size = _size(job.part)
        if size >= wanted:
            return
        if time.monotonic() > deadline:
            raise DataError(f"is too slow: {size} of {wanted} bytes so far, which are kept")
        if size - most >= min(CHUNK, (wanted - most) / 2):
            retries = job.retries
        most = max(most, size)
        try:
            retries = retries.increment("GET", url, error=ProtocolError(cut))
        except MaxRetryError as error:
            raise DataError(f"was cut at {size} of {job.facts.size_bytes} bytes: {cut}") from error
        retries.sleep()


def _request(job: _Job, url: str, *, offset: int) -> requests.Response:
    headers = {"Range": f"bytes={offset}-"} if offset else {}
    try:
        return job.session.get(url, headers=headers, stream=True, timeout=TIMEOUT_S)
    except REFUSALS as error:
        raise DataError(f"gives no file: {reason_of(error)}") from error


def _admit(job: _Job, response: requests.Response, *, offset: int) -> None:
    """Refuse an answer that is not the file, or not the part asked for; an answer from byte 0 empties the part."""
    try:
        response.raise_for_status()
    except requests.RequestException as error:
        raise DataError(f"gives no file: {error}") from error
    if response.status_code == HTTPStatus.PARTIAL_CONTENT:
        if not response.headers.get("Content-Range", "").startswith(f"bytes {offset}-"):
            raise DataError("answers with another part of the file than asked for")
        return
    announced = response.headers.get("Content-Length", str(job.facts.size_bytes))
    if announced != str(job.facts.size_bytes):
        raise IntegrityError(f"has {announced} bytes, expected {job.facts.size_bytes}")
    job.part.write_bytes(b"")


def _append(job: _Job, response: requests.Response, deadline: float) -> str:
    """Add the answer's bytes to the part, few beyond the file's size, and say why it ended; raises DataError for a trickle."""
    size = _size(job.part)
    try:
        with job.part.open("ab") as stream:
            for chunk in chunks_of(response.raw):
                stream.write(chunk)
                size += len(chunk)
                job.report(min(size, job.facts.size_bytes))
                if size > job.facts.size_bytes or time.monotonic() > deadline:
                    break
    except TooSlowError as error:
        raise DataError(str(error)) from error
    except HTTPError as error:
        return str(error)
    return "the connection was closed early"


def _accept(job: _Job) -> None:
    """Give the part its name where its checksum is the published one, else delete it and raise IntegrityError."""
    found = digest_file(job.part)
    size = _size(job.part)
    if found != job.facts.sha256:
        job.part.unlink()
        sizes = "" if size == job.facts.size_bytes else f" (at least {size} bytes, expected {job.facts.size_bytes})"
        raise IntegrityError(f"gave wrong bytes: sha256 {found}, expected {job.facts.sha256}{sizes}")
    with job.part.open("rb+") as stream:
        os.fsync(stream.fileno())
    job.part.replace(job.part.with_name(job.facts.name))
    sync_folder(job.part.parent)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
