"""Says what differs between an earlier record of a task and the task as it is now: keys, files and functions, old and new."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.harness.closure import parts_of
from store.canonical import digest
from store.doors import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import JsonValue

    from store.records import Stored
    from store.schema import Ingredients

SOURCE = "source.json"
"""The file of a record that keeps the digest of every function that its task could run, by module."""

NONE = "none"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``kind`` is config, code, data, upstream or environment; ``old`` and ``new`` are digests or values.

    ``parts`` are the functions, methods and module-level statements of a module that differ; empty where the earlier
    record does not keep them.
    """

    kind: str
    name: str
    old: str
    new: str
    parts: tuple[Change, ...] = ()

    @property
    def short(self) -> str:
        """As the reason in a plan gives it: values of configuration and environment, else only the name."""
        shown = f"{self.name} {self.old} -> {self.new}" if self.kind in {"config", "environment"} else self.name
        return f"{self.kind} changed: {shown}"

    def facts(self) -> dict[str, JsonValue]:
        """The change as JSON."""
        return {
            "kind": self.kind,
            "name": self.name,
            "old": self.old,
            "new": self.new,
            "parts": [part.facts() for part in self.parts],
        }


def changes_since(earlier: Stored, now: Ingredients) -> tuple[Change, ...]:
    """All that differs between the ingredients of ``earlier`` and ``now``, in the order of the fingerprint's parts."""
    before = earlier.record.ingredients
    return (
        *_values("config", before.config, now.config),
        *_modules(earlier, now),
        *_digests("data", before.inputs, now.inputs),
        *_digests("upstream", before.upstream, now.upstream),
        *_values("environment", before.environment, now.environment),
    )


def change_lines(changes: tuple[Change, ...]) -> list[str]:
    """The changes as lines for people, digests cut to 12 digits."""
    lines: list[str] = []
    for change in changes:
        lines.append(f"{change.kind:<12} {change.name}  {_cut(change.old)} -> {_cut(change.new)}")
        lines += [f"{'':<12}   {part.name}  {_cut(part.old)} -> {_cut(part.new)}" for part in change.parts]
        if change.kind == "code" and not change.parts:
            lines.append(f"{'':<12}   (the earlier record keeps no digests of single functions, or none differs)")
    return lines


def _cut(text: str) -> str:
    return text[:12] if len(text) == len(digest("")) and set(text) <= set("0123456789abcdef") else text


def _digests(kind: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, NONE), after.get(name, NONE)
        if old != new:
            yield Change(kind, name, old, new)


def _values(kind: str, before: Mapping[str, object], after: Mapping[str, object], prefix: str = "") -> Iterator[Change]:
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _values(kind, old, new, f"{prefix}{name}.")
        elif old != new or type(old) is not type(new):
            yield Change(kind, f"{prefix}{name}", _text(old), _text(new))


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _modules(earlier: Stored, now: Ingredients) -> Iterator[Change]:
    kept = _kept_parts(earlier)
    for change in _digests("code", earlier.record.ingredients.code, now.code):
        before = kept.get(change.name)
        after = parts_of(change.name) if change.new != NONE else {}
        parts = _digests("part", before, after) if before is not None else ()
        yield Change("code", change.name, change.old, change.new, tuple(parts))


def _kept_parts(earlier: Stored) -> dict[str, dict[str, str]]:
    """Module to the digests of its parts; empty for a record of an earlier version, or whose file is damaged."""
    if SOURCE not in {entry.name for entry in earlier.record.files}:
        return {}
    try:
        fields = read_json(earlier.folder / SOURCE)
    except (OSError, ValueError):
        return {}
    if not isinstance(fields, dict):
        return {}
    return {
        module: {name: str(value) for name, value in parts.items()}
        for module, parts in fields.items()
        if isinstance(parts, dict)
    }
