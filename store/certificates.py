"""Certificates of reproduction: what re-running a run's tasks gave, sealed and stored beside the run's manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from store.canonical import readable_json
from store.doors import is_file, read_json
from store.extent import hold_extent_of
from store.manifests import load_manifest
from store.records import write_atomic
from store.runs import run_path
from store.schema import Count, Instant, Name, Sha256, TaskKey, Trait, seal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from store.schema import Run

CERTIFICATE = "certificate.json"
CHECKED = "checked-here.json"
CERTIFICATE_VERSION: Literal[2] = 2  # version 1 took its tolerance from the stored records
_UNSEALED = "0" * 64
Verdict = Literal["bit_identical", "consistent", "divergence", "different", "not_comparable", "failed", "skipped", "no_result"]
Outcome = Literal["reproduced", "consistent", "incomplete", "not_reproduced"]
AGREEING: frozenset[Verdict] = frozenset({"bit_identical", "consistent"})
NEUTRAL: frozenset[Verdict] = frozenset({"no_result"})  # the record itself says that its task failed or was skipped
# Of the selected tasks at least this share must agree: a run that has almost no results is not reproduced by them.
COVERAGE = 0.5


class _Sealed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class TaskVerdict(_Sealed):
    """What one task's second run gave.

    ``epoch``, ``parts`` and ``tensors`` say where two trainings part; ``what`` names the first other thing that differs,
    with both values. ``environment`` lists what changed in the environment class. ``resumed_*`` are the epochs after
    which a training was taken up again. ``upstream`` says of each record that the task read which run it came from.
    ``trained`` says that the record is of a training, ``differences`` name every file that is not the same in the two.
    """

    task: TaskKey
    fingerprint: Sha256
    verdict: Verdict
    reason: str = ""
    epoch: int | None = None
    parts: tuple[str, ...] = ()
    tensors: tuple[str, ...] = ()
    what: str = ""
    differences: tuple[str, ...] = ()
    trained: bool = False
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
    """Which of the run's tasks were asked for: patterns, then a sample that the seed decides.

    The seed is a number that whoever verifies drew for this one certificate, so that no author of a run can choose it.
    """

    patterns: tuple[str, ...] = ()
    sample: Count | None = None
    sample_seed: str | None = None
    tasks_in_run: Count
    trainings_in_run: Count


class Tolerance(_Sealed):
    """When metrics of another environment class count as consistent: the larger of the two bounds holds.

    ``relative`` is of the value that came out now, ``deviations`` of the sample standard deviation over at least ``seeds``
    seeds that ran again; that bound is never more than ``cap`` of the value. Nothing of it comes from the stored records.
    Whole numbers have to be equal, except ``best_epoch``, which is not compared.
    """

    relative: float
    deviations: float
    seeds: int
    cap: float


class Side(_Sealed):
    """Where one of the two runs happened, each distinct value once."""

    environment: dict[str, tuple[str, ...]]
    machines: tuple[dict[str, JsonValue], ...]
    git: tuple[Trait, ...]


class Certificate(_Sealed):
    """The verdict on every selected task of one run, which ``run_digest`` identifies."""

    schema_version: Literal[2] = CERTIFICATE_VERSION
    run_id: Name
    run_digest: Sha256
    scope: str
    selection: Selection
    tolerance: Tolerance
    stored: Side
    again: Side
    tasks: tuple[TaskVerdict, ...]
    outcome: Outcome
    created_at: Instant
    digest: Sha256

    @property
    def reproduced(self) -> bool:
        """Whether what was selected came out the same, or within the stated tolerance in another environment class."""
        return self.outcome in {"reproduced", "consistent"}


def outcome_of(tasks: Sequence[TaskVerdict], selection: Selection) -> Outcome:
    """What the verdicts amount to.

    ``reproduced``: the same bits wherever there is a result; ``consistent``: some of it only within the tolerance;
    ``incomplete``: nothing speaks against the run, but too little of what was selected has a result, or none of that is a
    training, where the run has any; ``not_reproduced``: something came out otherwise, or could not be run.
    """
    verdicts = [task.verdict for task in tasks]
    if not set(verdicts) <= AGREEING | NEUTRAL:
        return "not_reproduced"
    agreeing = [task for task in tasks if task.verdict in AGREEING]
    untrained = selection.trainings_in_run > 0 and not any(task.trained for task in agreeing)
    if untrained or not agreeing or len(agreeing) < COVERAGE * len(tasks):
        return "incomplete"
    return "consistent" if "consistent" in verdicts else "reproduced"


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
    hold_extent_of(path, "certificate", cure)
    certificate = load_manifest(path, Certificate, "certificate", cure, CERTIFICATE_VERSION)
    return certificate if certificate.run_digest == run.digest else None
