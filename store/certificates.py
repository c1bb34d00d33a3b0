"""Certificates of reproduction: what re-running a run's tasks gave, sealed and stored beside the run's manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from store.canonical import readable_json
from store.doors import is_file, read_json
from store.manifests import load_manifest
from store.records import write_atomic
from store.runs import run_path
from store.schema import Sha256, TaskKey, seal

if TYPE_CHECKING:
    from pathlib import Path

    from store.schema import Run

CERTIFICATE = "certificate.json"
CHECKED = "checked-here.json"
_UNSEALED = "0" * 64
Verdict = Literal["bit_identical", "consistent", "divergence", "different", "not_comparable", "failed", "skipped", "no_result"]
REPRODUCED: frozenset[Verdict] = frozenset({"bit_identical", "consistent"})
NEUTRAL: frozenset[Verdict] = frozenset({"no_result"})  # the record itself says that its task failed or was skipped


class _Sealed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class TaskVerdict(_Sealed):
    """What one task's second run gave.

    ``epoch``, ``parts`` and ``tensors`` say where two trainings part; ``what`` names the first other thing that differs,
    with both values. ``environment`` lists what changed in the environment class. ``resumed_*`` are the epochs after
    which a training was taken up again. ``upstream`` says of each record that the task read which run it came from.
    """

    task: TaskKey
    fingerprint: Sha256
    verdict: Verdict
    reason: str = ""
    epoch: int | None = None
    parts: tuple[str, ...] = ()
    tensors: tuple[str, ...] = ()
    what: str = ""
    stored: JsonValue = None
    again: JsonValue = None
    environment: tuple[str, ...] = ()
    resumed_stored: tuple[int, ...] = ()
    resumed_again: tuple[int, ...] = ()
    upstream: dict[str, Literal["stored", "again"]] = {}
    result_stored: Sha256
    result_again: Sha256 | None = None
    duration_s: float = 0.0


class Selection(_Sealed):
    """Which of the run's tasks were asked for: patterns, then a sample that the seed decides."""

    patterns: tuple[str, ...] = ()
    sample: int | None = None
    sample_seed: str | None = None
    tasks_in_run: int


class Tolerance(_Sealed):
    """When metrics of another environment class count as consistent: the larger of the two bounds holds.

    ``relative`` is of the stored value, ``deviations`` of the sample standard deviation over at least ``seeds`` seeds.
    Whole numbers have to be equal, except ``best_epoch``, which is not compared.
    """

    relative: float
    deviations: float
    seeds: int


class Side(_Sealed):
    """Where one of the two runs happened, each distinct value once."""

    environment: dict[str, tuple[str, ...]]
    machines: tuple[dict[str, JsonValue], ...]
    git: tuple[str, ...]


class Certificate(_Sealed):
    """The verdict on every selected task of one run, which ``run_digest`` identifies."""

    schema_version: Literal[1] = 1
    run_id: str
    run_digest: Sha256
    scope: str
    selection: Selection
    tolerance: Tolerance
    stored: Side
    again: Side
    tasks: tuple[TaskVerdict, ...]
    reproduced: bool
    created_at: str
    digest: Sha256


def is_reproduced(verdicts: tuple[Verdict, ...]) -> bool:
    """Whether everything that has a result gave it again, and something has one."""
    return set(verdicts) <= REPRODUCED | NEUTRAL and bool(set(verdicts) & REPRODUCED)


def certificate_path(root: Path, run_id: str) -> Path:
    """Where the certificate of ``run_id`` lies."""
    return run_path(root, run_id).with_name(CERTIFICATE)


def write_certificate(root: Path, fields: dict[str, JsonValue]) -> Certificate:
    """Seal and store a certificate in place of an earlier one of the same run; raises StoreError."""
    unsealed = Certificate.model_validate({**fields, "digest": _UNSEALED})  # fills in what fields leave to defaults
    certificate = Certificate.model_validate(seal(unsealed.model_dump(mode="json")))
    content = readable_json(certificate.model_dump(mode="json"))
    write_atomic(certificate_path(root, certificate.run_id), content)
    _mark(root, certificate)
    return certificate


def is_checked_here(root: Path, run: Run) -> bool:
    """Whether the certificate of just this run manifest was made by this store's own re-run.

    Otherwise it is a claim: it came with an archive, or with a copy of the folder. The mark beside it names the file that
    it is itself, which no copy can be; raises IntegrityError where the certificate was altered.
    """
    certificate, mark = load_certificate(root, run), certificate_path(root, run.run_id).with_name(CHECKED)
    if certificate is None or not is_file(mark):
        return False
    try:
        return read_json(mark) == {"certificate": certificate.digest, "file": mark.stat().st_ino}
    except (OSError, ValueError):
        return False


def _mark(root: Path, certificate: Certificate) -> None:
    """Note which certificate was made here, in a file that holds its own number in the file system."""
    mark = certificate_path(root, certificate.run_id).with_name(CHECKED)
    write_atomic(mark, b"")
    mark.write_bytes(readable_json({"certificate": certificate.digest, "file": mark.stat().st_ino}))


def load_certificate(root: Path, run: Run) -> Certificate | None:
    """The certificate of just this run manifest, None without one; raises IntegrityError where it was altered."""
    path = certificate_path(root, run.run_id)
    if not is_file(path):
        return None
    cure = f"delete {path}, or make it anew: python -m bench reproduce {run.run_id}"
    certificate = load_manifest(path, Certificate, "certificate", cure)
    return certificate if certificate.run_digest == run.digest else None
