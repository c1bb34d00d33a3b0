"""The published protocol of a study's ``protocol.toml``, and in which keys a run departs from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, JsonValue, model_validator

from report.evidence.declarations import Declaration, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from report.evidence.records import Evidence

UNCOMPARED = ("seeds", "parts", "questions", "sensitivity", "execution")  # replications, how much ran, and the machine
_IMAGES = "detection.images"
_DETECTION = "detection"  # the one section of Part II; all others belong to Part I


class _Sourced(Declaration):
    status: Literal["stated", "assumed"]
    source: str
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


class Protocol(Declaration):
    """All of ``protocol.toml``."""

    entries: tuple[Entry, ...]
    fixed: tuple[Fixed, ...]

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
    published = {entry.key: entry.value for entry in protocol.entries if _counts(entry.key, config)}
    run = {key: value for key, value in leaves(config) if _counts(key, config)}
    keys = [*published, *(key for key in run if key not in published)]
    return tuple(
        Deviation(key, published.get(key), run.get(key))
        for key in keys
        if key not in published or key not in run or published[key] != run[key]
    )


def departures(evidence: Evidence, protocol: Protocol) -> tuple[Deviation, ...]:
    """The run's ``deviations``, with the number of images that were found where it is not the one that was asked for."""
    found = deviations(evidence.run.config, protocol)
    used = _images_used(evidence)
    section = evidence.run.config.get(_DETECTION)
    if used is None or not isinstance(section, dict) or used == section.get("images"):
        return found
    published = {entry.key: entry.value for entry in protocol.entries}
    order = list(published)
    changed = [deviation for deviation in found if deviation.key != _IMAGES]
    changed += [Deviation(_IMAGES, published[_IMAGES], used)] if used != published[_IMAGES] else []
    return tuple(sorted(changed, key=lambda d: order.index(d.key) if d.key in published else len(order)))


def _images_used(evidence: Evidence) -> int | None:
    """Images of the detection data, training and validation part together; None where no record tells."""
    for experiment, variant in evidence.cells:
        if experiment == "detection_data":
            for stored in evidence.complete(experiment, variant):
                metrics = stored.record.result.metrics
                return int(metrics["images_train"]) + int(metrics["images_validation"])
    return None


def _counts(key: str, config: Mapping[str, JsonValue]) -> bool:
    """Whether the key belongs to what was published and to a part that was run (both, where ``parts`` does not say)."""
    section = key.partition(".")[0]
    parts = config.get("parts")
    part = "detection" if section == _DETECTION else "autoencoders"
    return section not in UNCOMPARED and (not isinstance(parts, list) or part in parts)


def leaves(config: Mapping[str, JsonValue], prefix: str = "") -> Iterator[tuple[str, JsonValue]]:
    """Dotted key and value of every leaf of a nested configuration; a list is one leaf."""
    for key, value in config.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
