"""What other values of the assumed settings would change: each trial beside the same seeds with the assumed values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from report.inference.verdicts import judge_all
from store.alternatives import alternative_variant, changes_of, key_and_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from report.evidence.records import Cell, Evidence
    from report.evidence.subject import Subject
    from report.inference.verdicts import Judged
    from store.records import Stored


QUESTION = "sensitivity"
SCALE = ("reproduced", "consistent", "inconclusive", "refuted")
"""The verdicts from borne out to contradicted."""

_STEPS = 2


@dataclass(frozen=True, slots=True)
class Change:
    """A setting by its dotted key: the run's own value, None where it has no such key, and the one tried, as it was written."""

    key: str
    assumed: JsonValue
    tried: str


@dataclass(frozen=True, slots=True)
class Trial:
    """One alternative, of a value or of several together.

    ``own`` is the run with the assumed values, ``other`` with the alternative's records in place; both have the same seeds.
    ``touched`` are the cells whose records the alternative replaces.
    """

    alternative: str
    own: Subject
    other: Subject
    touched: frozenset[Cell]

    @property
    def changes(self) -> tuple[Change, ...]:
        """The settings that it changes."""
        pairs = map(key_and_value, changes_of(self.alternative))
        return tuple(Change(key, _value_of(self.own.evidence.run.config, key), tried) for key, tried in pairs)

    @property
    def seeds(self) -> frozenset[int | None]:
        """The seeds that it was tried on."""
        return frozenset(stored.record.task.seed for stored in self.tasks)

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


def trials(subject: Subject, question: str = QUESTION) -> tuple[Trial, ...]:
    """A trial for each alternative of the run's configuration, in its order; none where the question was not asked."""
    config = subject.evidence.run.config
    asked = config.get("questions")
    section = config.get(question) if isinstance(asked, list) and question in asked else None
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


def _value_of(config: JsonValue, key: str) -> JsonValue:
    for name in key.split("."):
        config = config.get(name) if isinstance(config, dict) else None
    return config


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
