"""The arms of Part II: how they are paired, how their scores are read, and which task is to blame where one has none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from report.evidence.measure import measure, paired
from report.studies.assignment_2.models import STUDY

if TYPE_CHECKING:
    from collections.abc import Callable

    from report.evidence.measure import Measurement
    from report.evidence.records import Evidence
    from store.records import Stored

Part = Literal["autoencoders", "detection"]
Epoch = Literal["last", "best"]
EPOCHS: tuple[Epoch, ...] = ("last", "best")
DONOR = "donor/3class/once"
"""The task whose weights transfer arms start from where the run has no others."""
_DONOR_TASKS = (("donor_data", "3class"), ("donor", "3class"))
_TERMS = STUDY.vocabulary
ARMS = tuple(arm.key for arm in _TERMS.arms)
CLASS_TASKS = tuple(dict.fromkeys(arm.traits["task"] for arm in _TERMS.arms))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two arms that are compared. Only where both have the same classes do they solve the same task."""

    key: str
    scratch: str
    transfer: str


PAIRS = tuple(Pair(pair.key, pair.first, pair.second) for pair in _TERMS.pairs)
PUBLISHED_PAIR = next(pair for pair in PAIRS if pair.key == "published")


def has_part(evidence: Evidence, part: Part) -> bool:
    """Whether the run has any task of this part of the study."""
    return _TERMS.has_part(evidence.cells, part)


def arms_of(evidence: Evidence) -> tuple[str, ...]:
    """The arms that the run has tasks for, complete or not, in the order of ``ARMS``."""
    return tuple(arm for arm in ARMS if evidence.records("detector", arm))


def pairs_of(evidence: Evidence) -> tuple[Pair, ...]:
    """The comparisons whose arms the run has."""
    present = arms_of(evidence)
    return tuple(pair for pair in PAIRS if pair.scratch in present and pair.transfer in present)


def class_task(arm: str) -> str:
    """``car`` or ``3class``, with what a variant of the arm adds to its name (``car.drive``)."""
    name, dot, added = arm.partition(".")
    return f"{_TERMS.of(name).traits['task']}{dot}{added}"


def of_arm(
    evidence: Evidence, experiment: str, arm: str, value: Callable[[Stored], float | None], name: str = ""
) -> Measurement:
    """A quantity of one arm over seeds; a seed without a result is answered for by the task that failed first.

    ``name`` is that of the metric in ``study.toml``.
    """
    measured = measure(evidence, experiment, arm, value, name=name)
    return replace(measured, incomplete=_causes(evidence, (arm,), measured.incomplete))


def gap(evidence: Evidence, experiment: str, pair: Pair, value: Callable[[Stored], float | None]) -> Measurement:
    """Transfer minus scratch, seed by seed."""

    def difference(scratch: Stored, transfer: Stored) -> float | None:
        before, after = value(scratch), value(transfer)
        return None if before is None or after is None else after - before

    return of_pair(evidence, experiment, pair, difference)


def of_pair(evidence: Evidence, experiment: str, pair: Pair, compare: Callable[[Stored, Stored], float | None]) -> Measurement:
    """A comparison of the pair's scratch record with its transfer record, seed by seed."""
    measured = paired(evidence, experiment, (pair.scratch, pair.transfer), compare)
    return replace(measured, incomplete=_causes(evidence, (pair.scratch, pair.transfer), measured.incomplete))


def score(name: str, epoch: Epoch) -> Callable[[Stored], float | None]:
    """Reads a metric of a detection record, None where the record says that it is undefined."""

    def read(stored: Stored) -> float | None:
        result, key = stored.record.result, f"{name}_{epoch}"
        undefined = result.facts["undefined_metrics"]
        return None if isinstance(undefined, list) and key in undefined else float(result.metrics[key])

    return read


def first_record(evidence: Evidence, experiment: str, arm: str) -> Stored | None:
    """The complete record of the lowest seed; None where there is none."""
    return next(iter(evidence.complete(experiment, arm)), None)


def class_names(evidence: Evidence, arm: str) -> tuple[str, ...]:
    """Names of the arm's classes by index; empty where no record tells."""
    for experiment, variant in (("detection", arm), ("detector", arm), ("detection_data", class_task(arm))):
        for stored in evidence.complete(experiment, variant):
            names = stored.record.result.facts["class_names"]
            return tuple(str(name) for name in names) if isinstance(names, list) else ()
    return ()


def obstacles(evidence: Evidence, arm: str) -> tuple[Stored, ...]:
    """The tasks for want of which the arm has no scores, each the first of its seed to go wrong."""
    return _causes(evidence, (arm,), evidence.incomplete("detection", arm))


def _causes(evidence: Evidence, arms: tuple[str, ...], incomplete: tuple[Stored, ...]) -> tuple[Stored, ...]:
    found: dict[str, Stored] = {}
    for stored in incomplete:
        cause = _cause(evidence, arms, stored)
        found[cause.record.task.id] = cause
    return tuple(found.values())


def _cause(evidence: Evidence, arms: tuple[str, ...], stored: Stored) -> Stored:
    """The furthest task upstream of ``stored`` that did not succeed, with its seed or none; itself where all others did."""
    task = stored.record.task
    arm = task.variant if task.variant in arms else arms[0]
    donor = _DONOR_TASKS if _TERMS.of(arm.partition(".")[0]).traits["start"] == "transfer" else ()
    for experiment, variant in (("detection_data", class_task(arm)), *donor, ("detector", arm)):
        for other in evidence.incomplete(experiment, variant):
            if other.record.task.seed in {task.seed, None}:
                return other
    return stored
