"""The published protocol of ``data/protocol.toml``, and in which keys a run departs from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict, JsonValue, model_validator

from report.published import DATA, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

UNCOMPARED = ("seeds", "execution")  # replications and the machine: no part of what was published


class _Sourced(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    status: Literal["stated", "assumed"]
    source: str
    reason: dict[str, str] = {}

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


class Protocol(BaseModel):
    """All of ``data/protocol.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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
def load_protocol(path: Path = DATA / "protocol.toml") -> Protocol:
    """Read and check the protocol; raises UsageError that names the entry at fault."""
    return read_toml(path, Protocol)


def deviations(config: Mapping[str, JsonValue], protocol: Protocol) -> tuple[Deviation, ...]:
    """Every key where ``config`` (nested, as in a run manifest) and the protocol differ; seeds and device do not count."""
    published = {entry.key: entry.value for entry in protocol.entries}
    run = {key: value for key, value in leaves(config) if key.split(".")[0] not in UNCOMPARED}
    keys = [*published, *(key for key in run if key not in published)]
    return tuple(
        Deviation(key, published.get(key), run.get(key))
        for key in keys
        if key not in published or key not in run or published[key] != run[key]
    )


def leaves(config: Mapping[str, JsonValue], prefix: str = "") -> Iterator[tuple[str, JsonValue]]:
    """Dotted key and value of every leaf of a nested configuration; a list is one leaf."""
    for key, value in config.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
