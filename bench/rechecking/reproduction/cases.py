"""The selected tasks of a re-run: which of them can be run again, what they run on, and what is said of each."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Literal

from bench.rechecking.reproduction.clean_store import copy_record
from bench.rechecking.reproduction.comparison import Finding, compare, is_training, resumed, spread_of
from bench.rechecking.reproduction.footing import Footing, footings
from store.certificates import TaskVerdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from bench.datasets.catalogue import Dataset
    from bench.harness.planner import Planned
    from store.records import Stored


@dataclass(frozen=True, slots=True)
class Case:
    """One selected task: its record, what it would be today (None: no task any more), and whether the two compare."""

    stored: Stored
    planned: Planned | None
    footing: Footing

    @property
    def id(self) -> str:
        """``experiment/variant/seed-N``."""
        return self.stored.record.task.id

    @property
    def obstacle(self) -> Finding | None:
        """The verdict on a task that is not run again, None where it is."""
        result = self.stored.record.result
        if result.status in {"failed", "skipped"}:
            return Finding("no_result", reason=result.reason)
        if self.planned is None:
            return Finding("not_comparable", reason="this program plans no such task")
        if self.footing.absent:
            return Finding("skipped", reason=self.footing.absent)
        if self.footing.changed:
            return Finding("not_comparable", reason="; ".join(self.footing.changed))
        return None


def cases_of(selected: Mapping[str, Stored], planned: Sequence[Planned], datasets: Mapping[str, Dataset]) -> tuple[Case, ...]:
    """A case for each selected record, in the order of the run."""
    today = {item.id: item for item in planned}
    known = footings(planned, {name: stored.record for name, stored in selected.items()}, datasets)
    return tuple(Case(stored, today.get(name), known.get(name, Footing())) for name, stored in selected.items())


def prepared(
    planned: Sequence[Planned], wanted: Collection[str], records: Mapping[str, Stored], root: Path
) -> tuple[Planned, ...]:
    """The plan of the wanted tasks for the store at ``root``, with copies of the stored records that they read besides."""
    read = {name for item in planned if item.id in wanted for name in item.task.upstream}

    def plan() -> Iterator[Planned]:
        for item in planned:
            if item.id in wanted:
                yield item
            elif item.id in read:
                yield replace(item, action="reuse", reason="stored", stored=copy_record(records[item.id], root))

    return tuple(plan())


def verdict_on(case: Case, again: Mapping[str, Stored], wanted: Collection[str]) -> TaskVerdict:
    """What is said of the case once the wanted tasks have run; raises IntegrityError where a chain is not sound.

    How much a metric may differ follows from what ran again alone: the stored records are what is being judged.
    """
    record, new = case.stored.record, again.get(case.id) if case.id in wanted else None
    kind = (record.task.experiment, record.task.variant)
    peers = [other.record for name, other in again.items() if name in wanted]
    spread = spread_of(peer for peer in peers if (peer.task.experiment, peer.task.variant) == kind)
    finding = case.obstacle
    if finding is None:
        finding = compare(case.stored, again[case.id], elsewhere=bool(case.footing.environment), spread=spread)
    origin: dict[str, Literal["stored", "again"]] = {}
    if new is not None and case.planned is not None:
        origin = {name: "again" if name in wanted else "stored" for name in case.planned.task.upstream}
    return TaskVerdict(
        task=record.task,
        fingerprint=record.fingerprint,
        **asdict(finding),
        trained=is_training(record),
        environment=case.footing.environment,
        resumed_stored=resumed(record),
        resumed_again=resumed(new.record) if new else (),
        upstream=origin,
        result_stored=record.result_digest,
        result_again=new.record.result_digest if new else None,
        duration_s=new.record.execution.duration_s if new else 0.0,
    )
