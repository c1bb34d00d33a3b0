"""What other values of the assumed settings would change: each trial beside the same seeds with the assumed value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from report.inference.verdicts import judge_all
from store.alternatives import alternative_variant, key_and_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from report.evidence.records import Cell, Evidence
    from report.evidence.subject import Subject
    from report.inference.verdicts import Judged
    from store.records import Stored


SCALE = ("reproduced", "consistent", "inconclusive", "refuted")
"""The verdicts from borne out to contradicted."""

_STEPS = 2


@dataclass(frozen=True, slots=True)
class Trial:
    """One alternative value: ``own`` is the run with the assumed value, ``other`` with the alternative's records in place.

    Both have the same seeds. ``touched`` are the cells whose records the alternative replaces.
    """

    alternative: str
    own: Subject
    other: Subject
    touched: frozenset[Cell]

    @property
    def key(self) -> str:
        """The dotted key of the setting."""
        return key_and_value(self.alternative)[0]

    @property
    def tried(self) -> str:
        """The alternative value, as it was written."""
        return key_and_value(self.alternative)[1]

    @property
    def assumed(self) -> JsonValue:
        """The run's own value; None where its configuration has no such key."""
        node: JsonValue = self.own.evidence.run.config
        for name in self.key.split("."):
            node = node.get(name) if isinstance(node, dict) else None
        return node

    @property
    def tasks(self) -> tuple[Stored, ...]:
        """The alternative's own records, whatever came of them."""
        return tuple(stored for cell in sorted(self.touched) for stored in self.other.evidence.cells[cell])


@dataclass(frozen=True, slots=True)
class Turned:
    """A claim that a trial touches, judged on the same seeds with the assumed value and with the alternative."""

    trial: Trial
    own: Judged
    other: Judged

    @property
    def changed(self) -> bool:
        """Whether the verdict is another one."""
        return self.own.verdict != self.other.verdict

    @property
    def depends(self) -> bool:
        """Whether the verdict moves by two steps of ``SCALE`` or more, or one side has no result.

        A step between neighbours is what few seeds do by chance: both lie inside, or both are open.
        """
        if {self.own.verdict, self.other.verdict} <= set(SCALE):
            return abs(SCALE.index(self.own.verdict) - SCALE.index(self.other.verdict)) >= _STEPS
        return self.changed


def trials(subject: Subject) -> tuple[Trial, ...]:
    """A trial for each alternative of the run's configuration, in its order; none where no such study was run."""
    evidence = subject.evidence
    section = evidence.run.config.get("sensitivity")
    listed = section.get("alternatives") if isinstance(section, dict) else None
    names = [str(name) for name in listed] if isinstance(listed, list) else []
    found = (_trial(subject, name) for name in names)
    return tuple(trial for trial in found if trial.touched)


def turned(subject: Subject) -> tuple[Turned, ...]:
    """Every claim that a trial touches, by trial and in the order of the claims."""
    found = []
    known: dict[tuple[int, ...], tuple[Judged, ...]] = {}
    for trial in trials(subject):
        seeds = tuple(sorted({stored.record.task.seed or 0 for stored in trial.tasks}))
        own = known.get(seeds) or judge_all(trial.own)
        known[seeds] = own
        pairs = zip(own, judge_all(trial.other), strict=True)
        found += [Turned(trial, one, other) for one, other in pairs if _depends(one, trial)]
    return tuple(found)


def settings_that_turn(subject: Subject) -> dict[str, tuple[str, ...]]:
    """Claim id to the alternatives with which it gets another verdict."""
    found: dict[str, tuple[str, ...]] = {}
    for one in turned(subject):
        if one.depends:
            found[one.own.claim.id] = (*found.get(one.own.claim.id, ()), one.trial.alternative)
    return found


def _depends(judged: Judged, trial: Trial) -> bool:
    """Whether a record that the claim is about was replaced, in a claim that a run can decide at all."""
    claim = judged.claim
    cells = {(one.experiment, variant) for one in claim.select for variant in (one.variant, one.other) if variant}
    return claim.kind != "not_comparable" and bool(cells & trial.touched)


def _trial(subject: Subject, alternative: str) -> Trial:
    evidence = subject.evidence
    replaced: dict[Cell, tuple[Stored, ...]] = {}
    for experiment, variant in evidence.cells:
        other = evidence.records(experiment, alternative_variant(variant, alternative))
        if other:
            replaced[experiment, variant] = other
    seeds = {stored.record.task.seed for records in replaced.values() for stored in records}
    own = {cell: _of_seeds(records, seeds) for cell, records in evidence.cells.items()}
    return Trial(alternative, _with(subject, own), _with(subject, {**own, **replaced}), frozenset(replaced))


def _of_seeds(records: tuple[Stored, ...], seeds: set[int | None]) -> tuple[Stored, ...]:
    return tuple(stored for stored in records if stored.record.task.seed is None or stored.record.task.seed in seeds)


def _with(subject: Subject, cells: Mapping[Cell, tuple[Stored, ...]]) -> Subject:
    evidence: Evidence = replace(subject.evidence, cells=cells)
    return replace(subject, evidence=evidence)
