"""The record and run schemas, version 1: frozen, nothing extra, no NaN or infinity.

What a machine makes (names, digests, dates, versions, counts) has a pattern or a range, so that no text can stand in its
place. Free text is what people or other programs wrote: ``reason``, ``command``, ``machine``, and the values of ``facts``.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from store.canonical import canonical_json, digest, digest_bytes

SCHEMA_VERSION: Literal[1] = 1
# The canonical JSON that a fingerprint is the digest of, in pieces: code and environment are long, and the same for many tasks.
_FINGERPRINTED = b'{"ingredients":{"code":%b,"config":%b,"environment":%b,"inputs":%b,"upstream":%b},"task":%b}'

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=80)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
TASK_ID = r"^[a-z0-9][a-z0-9._-]{0,79}/[a-z0-9][a-z0-9._-]{0,79}/(once|seed-[0-9]{1,19})$"
TaskId = Annotated[str, StringConstraints(pattern=TASK_ID)]
# Of metrics, facts, modules and tensors.
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,159}$")]
Package = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$")]
Version = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+!_-]{0,119}$")]
# A version, a count or a GPU's name: printable, on one line, and without what markup is made of.
Trait = Annotated[str, StringConstraints(pattern=r"^[^\p{C}<>\[\]{}`\\]{0,200}$")]
Commit = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{7,64}$")]
Count = Annotated[int, Field(ge=0, lt=1 << 63)]
FileSize = Annotated[int, Field(ge=0, le=4 << 30)]  # as much as is read of any file (``store/doors.py``)
Seconds = Annotated[float, Field(ge=0, le=1e10)]  # at most three centuries, so that sums of them stay numbers
Status = Literal["ok", "diverged", "failed", "skipped"]


def _is_instant(text: str) -> str:
    if text:
        datetime.fromisoformat(text)  # a ValueError, which pydantic turns into its own, for what is no date
    return text


Instant = Annotated[str, StringConstraints(pattern=r"^[0-9T:.+Z-]{0,32}$"), AfterValidator(_is_instant)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class TaskKey(_Model):
    """Which cell of the study: experiment, variant, and the seed (``None`` where nothing is random)."""

    experiment: Name
    variant: Name
    seed: Count | None = None

    @property
    def id(self) -> str:
        """``autoencoder/ae/seed-0``, or ``architecture/ae/once`` without a seed; also the folder under ``records``."""
        return f"{self.experiment}/{self.variant}/{'once' if self.seed is None else f'seed-{self.seed}'}"

    @property
    def base_variant(self) -> str:
        """``ae`` of ``ae`` and of ``ae.vae.beta-1.0``: the variant without what a study changed (``store/alternatives.py``)."""
        return self.variant.partition(".")[0]


class Ingredients(_Model):
    """All that the result depends on, each part named so that ``plan`` can say which one changed.

    ``code`` maps module to the digest of its syntax tree, ``inputs`` data set to digest, ``upstream`` task id to
    fingerprint, ``environment`` the versions and device kind that can change the numbers.
    """

    config: dict[str, JsonValue]
    code: dict[Identifier, Sha256]
    inputs: dict[Name, Sha256]
    upstream: dict[TaskId, Sha256]
    environment: dict[Identifier, Trait]

    def fingerprint(self, task: TaskKey) -> str:
        """SHA-256 over the task and its ingredients: the same fingerprint means the same computation."""
        code, environment = (_canonical_of(tuple(shared.items())) for shared in (self.code, self.environment))
        varied = self.model_dump(mode="json", exclude={"code", "environment"})
        config, inputs, upstream = (canonical_json(varied[name]) for name in ("config", "inputs", "upstream"))
        named = canonical_json(task.model_dump(mode="json"))
        return digest_bytes(_FINGERPRINTED % (code, config, environment, inputs, upstream, named))


@lru_cache(maxsize=1024)
def _canonical_of(items: tuple[tuple[str, str], ...]) -> bytes:
    return canonical_json(dict(items))


class FileEntry(_Model):
    """One file of a record. ``volatile`` files (timings) are kept but are no part of the result."""

    name: Name
    sha256: Sha256
    size_bytes: FileSize
    volatile: bool = False


class Execution(_Model):
    """Where, when and how long: kept for provenance, no part of the result."""

    started_at: Instant
    duration_s: Seconds
    peak_memory_bytes: Count
    machine: dict[Identifier, JsonValue]
    packages: dict[Package, Version]
    git_commit: Commit | None
    git_dirty: bool | None


class Result(_Model):
    """What a task found. ``metrics`` are numbers at full precision, ``facts`` anything else that is no prose."""

    status: Status
    reason: str = ""
    metrics: dict[Identifier, float | int] = {}
    facts: dict[Identifier, JsonValue] = {}
    upstream_results: dict[TaskId, Sha256] = {}


class Record(_Model):
    """One task's complete result. ``result_digest`` is equal for two equal results, whenever and wherever computed."""

    schema_version: Literal[1] = SCHEMA_VERSION
    task: TaskKey
    fingerprint: Sha256
    ingredients: Ingredients
    result: Result
    files: tuple[FileEntry, ...]
    result_digest: Sha256
    execution: Execution
    digest: Sha256

    @property
    def status(self) -> Status:
        """``ok``, ``diverged``, ``failed`` or ``skipped``."""
        return self.result.status

    @property
    def short_id(self) -> str:
        """The first 12 digits of the fingerprint: names the record in a report."""
        return self.fingerprint[:12]


class RunEntry(_Model):
    """One task of a run and the record that stands for it."""

    task: TaskKey
    fingerprint: Sha256
    status: Status
    record_digest: Sha256


class Run(_Model):
    """One invocation's manifest: the resolved configuration and the record of every task, none left out.

    ``study`` names the study that planned the tasks; None in the manifest of a version that knew one study only.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    run_id: Name
    study: Name | None = None
    profile: Name
    config: dict[Identifier, JsonValue]
    entries: tuple[RunEntry, ...]
    command: tuple[str, ...]
    created_at: Instant
    digest: Sha256


def result_digest(result: Result, files: tuple[FileEntry, ...]) -> str:
    """Digest of what was found: the result and its non-volatile files, not the time or place."""
    kept = [entry.model_dump(mode="json") for entry in files if not entry.volatile]
    return digest({"result": result.model_dump(mode="json"), "files": kept})


def seal(fields: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Add ``digest`` over all other fields, so that an edit to the manifest itself is found."""
    body = {key: value for key, value in fields.items() if key != "digest"}
    return body | {"digest": digest(body)}


def run_fields(run: Run) -> dict[str, JsonValue]:
    """The fields of a run's manifest; ``study`` only where there is one, so that a manifest from before keeps its digest."""
    return _stated(run.model_dump(mode="json"))


def sealed_run(fields: dict[str, JsonValue]) -> Run:
    """The run of these fields, with the digest that they give."""
    return Run.model_validate(seal(_stated({"schema_version": SCHEMA_VERSION, **fields})))


def _stated(fields: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return {key: value for key, value in fields.items() if (key, value) != ("study", None)}
