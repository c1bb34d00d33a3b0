"""Whether a task can be compared with its record: the same computation, on the same data, in which environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bench.datasets.catalogue import Dataset
    from bench.harness.planner import Planned
    from store.schema import Ingredients, Record


@dataclass(frozen=True, slots=True)
class Footing:
    """``changed`` makes a comparison pointless, ``absent`` data makes a run impossible, ``environment`` excuses rounding."""

    changed: tuple[str, ...] = ()
    absent: str = ""
    environment: tuple[str, ...] = ()


def footings(planned: Iterable[Planned], records: Mapping[str, Record], datasets: Mapping[str, Dataset]) -> dict[str, Footing]:
    """The footing of each planned task (upstream before downstream) that has a record.

    What an upstream task was made from counts for the task too, as its fingerprint holds the upstream's.
    """
    found: dict[str, Footing] = {}
    for item in planned:
        if item.id not in records:
            continue
        before, after = records[item.id].ingredients, item.ingredients
        upstream = [found[name] for name in item.task.upstream if name in found]
        changed = [*_changed(before, after), *(f"upstream {name} changed" for name in _moved_upstream(item, found))]
        environment = dict.fromkeys([*_environment(before, after), *(line for one in upstream for line in one.environment)])
        absent = "; ".join(datasets[name].absent for name in item.task.inputs if datasets[name].absent)
        found[item.id] = Footing(tuple(changed), absent, tuple(environment))
    return found


def _changed(before: Ingredients, after: Ingredients) -> list[str]:
    kinds = (
        ("config", before.config, after.config),
        ("code", before.code, after.code),
        ("data", before.inputs, after.inputs),
    )
    lines = []
    for kind, old, new in kinds:
        names = [name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name)]
        lines += [f"{kind} changed: {', '.join(names)}"] if names else []
    if before.upstream.keys() != after.upstream.keys():
        lines.append("it reads other records")
    return lines


def _moved_upstream(item: Planned, found: Mapping[str, Footing]) -> list[str]:
    return [name for name in item.task.upstream if name in found and found[name].changed]


def _environment(before: Ingredients, after: Ingredients) -> list[str]:
    old, new = before.environment, after.environment
    names = [name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name)]
    return [f"{name} {old.get(name, 'none')} -> {new.get(name, 'none')}" for name in names]
