"""The published protocol of a study's ``protocol.toml``, and in which keys a run departs from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BeforeValidator, Field, JsonValue, model_validator

from report.evidence.declarations import Declaration, read_toml
from store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from report.evidence.records import Evidence

# Replications, how much ran, and the machine.
UNCOMPARED = ("seeds", "parts", "questions", "sensitivity", "inference", "execution")


def _in_english(text: object) -> object:
    return {"en": text} if isinstance(text, str) else text


class _Sourced(Declaration):
    """``source`` and ``reason`` are texts by language; a source that is one text is English, or a place such as "Table 4"."""

    status: Literal["stated", "assumed"]
    source: Annotated[dict[str, str], BeforeValidator(_in_english)]
    reason: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _assumptions_have_reasons(self) -> Self:
        if self.status == "assumed" and not self.reason.get("en"):
            raise ValueError("an assumed value needs its reason in English")
        return self


class Entry(_Sourced):
    """One configuration key: its published value, stated in the source or assumed with a reason per language."""

    key: str
    value: JsonValue


class Fixed(_Sourced):
    """What the code fixes without a key; ``topic`` names it in the strings file."""

    topic: str


class Counted(Declaration):
    """A key that asks for a number: what was found of it is the sum of ``metrics`` of a record of ``experiment``."""

    key: str
    experiment: str
    metrics: tuple[str, ...] = Field(min_length=1)


class Protocol(Declaration):
    """All of ``protocol.toml``.

    ``parts`` says which sections belong to which part of the study, those that it does not name to all; ``uncompared`` are
    sections that say how much is run. ``counted`` are numbers that a run may ask for and not find.
    """

    entries: tuple[Entry, ...]
    fixed: tuple[Fixed, ...] = ()
    parts: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    uncompared: tuple[str, ...] = ()
    counted: tuple[Counted, ...] = ()

    @model_validator(mode="after")
    def _keys_are_unique(self) -> Self:
        keys = [entry.key for entry in self.entries]
        if len(set(keys)) != len(keys):
            raise ValueError("a key stands twice")
        return self


@dataclass(frozen=True, slots=True)
class Deviation:
    """One key in which a run differs from the published protocol; a value is None where that side has no such key."""

    key: str
    published: JsonValue
    run: JsonValue


@cache
def load_protocol(folder: Path) -> Protocol:
    """Read and check the protocol among a study's declarations; raises UsageError that names the entry at fault."""
    return read_toml(folder / "protocol.toml", Protocol)


def deviations(config: Mapping[str, JsonValue], protocol: Protocol) -> tuple[Deviation, ...]:
    """Every key where ``config`` (nested, as in a run manifest) and the protocol differ.

    Seeds and device do not count, nor do the settings of a part of the study that the run leaves out.
    """
    published = {entry.key: entry.value for entry in protocol.entries if _counts(entry.key, config, protocol)}
    run = {key: value for key, value in leaves(config) if _counts(key, config, protocol)}
    keys = [*published, *(key for key in run if key not in published)]
    return tuple(
        Deviation(key, published.get(key), run.get(key))
        for key in keys
        if key not in published or key not in run or published[key] != run[key]
    )


def departures(evidence: Evidence, protocol: Protocol) -> tuple[Deviation, ...]:
    """The run's ``deviations``, with each number that was found where it is not the one that was asked for."""
    found = {deviation.key: deviation for deviation in deviations(evidence.run.config, protocol)}
    published = {entry.key: entry.value for entry in protocol.entries}
    asked = dict(leaves(evidence.run.config))
    for each in protocol.counted:
        used = _found(evidence, each)
        if used is not None and used != asked.get(each.key):
            found.pop(each.key, None)
            if used != published.get(each.key):
                found[each.key] = Deviation(each.key, published.get(each.key), used)
    order = list(published)
    return tuple(sorted(found.values(), key=lambda one: order.index(one.key) if one.key in published else len(order)))


def _found(evidence: Evidence, counted: Counted) -> int | None:
    """The sum of the metrics in the first record of the experiment that has a result; None where none tells.

    Raises UsageError for a metric that the record does not have.
    """
    for experiment, variant in evidence.cells:
        if experiment == counted.experiment:
            for stored in evidence.complete(experiment, variant):
                metrics = stored.record.result.metrics
                if lacking := [name for name in counted.metrics if name not in metrics]:
                    message = f"what counts {counted.key} is no metric of {stored.record.task.id}: {', '.join(lacking)}"
                    cure = "correct its entry of counted; docs/records.md lists what records hold"
                    raise UsageError(message, where="protocol.toml", cure=cure)
                return sum(int(metrics[name]) for name in counted.metrics)
    return None


def _counts(key: str, config: Mapping[str, JsonValue], protocol: Protocol) -> bool:
    """Whether the key belongs to what was published and to a part that was run (all, where ``parts`` does not say)."""
    section, run = key.partition(".")[0], config.get("parts")
    owners = [part for part, sections in protocol.parts.items() if section in sections]
    left_out = isinstance(run, list) and bool(owners) and not any(part in run for part in owners)
    return section not in {*UNCOMPARED, *protocol.uncompared} and not left_out


def leaves(config: Mapping[str, JsonValue], prefix: str = "") -> Iterator[tuple[str, JsonValue]]:
    """Dotted key and value of every leaf of a nested configuration; a list is one leaf."""
    for key, value in config.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
