"""The one configuration of runs that were made apart: what they may differ in is united, all else has to be equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic import JsonValue

    from store.schema import Run

    Config = Mapping[str, JsonValue]

_UNITED = ("parts", "questions", "studies", "seeds")  # a manifest of an earlier version calls its questions studies
_OF_ALTERNATIVES = ("sensitivity", "inference")  # questions whose section of the configuration lists other values
_FREE = {*_UNITED, *(f"{question}.alternatives" for question in _OF_ALTERNATIVES), "execution.device"}
SHOWN = 3  # of what differs: enough to see what kind of difference it is


def united(runs: Sequence[Run]) -> dict[str, JsonValue]:
    """The first run's configuration with everyone's seeds, parts, questions and alternatives.

    Raises UsageError where more differs.
    """
    first = runs[0]
    known = dict(_leaves(first.config))
    for other in runs[1:]:
        found = dict(_leaves(other.config))
        differing = [key for key in sorted(known.keys() | found.keys()) if known.get(key) != found.get(key)]
        lines = [f"{key} {known.get(key)} and {found.get(key)}" for key in differing]
        own = (("study", first.study, other.study), ("profile", first.profile, other.profile))
        lines = [*(f"{name} {one} and {two}" for name, one, two in own if one != two), *lines]
        if lines:
            more = f" and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
            message = f"runs {first.run_id} and {other.run_id} are not of one study: {'; '.join(lines[:SHOWN])}{more}"
            cure = "merge runs that differ in seeds, parts, questions, alternatives or device; report compare shows the rest"
            raise UsageError(message, where=other.run_id, cure=cure)
    united = {key: _union([run.config[key] for run in runs if key in run.config]) for key in _UNITED}
    sections = {name: section for name in _OF_ALTERNATIVES for section in _section_of(runs, name)}
    return {**first.config, **{key: values for key, values in united.items() if values}, **sections}


def _section_of(runs: Sequence[Run], question: str) -> Iterator[dict[str, JsonValue]]:
    """The question's section with the alternatives of all runs that ask it: sorted, but where all have the same list."""
    asking = [run.config for run in runs if question in _union([run.config.get("questions")])]
    sections = [section for config in asking for section in [config.get(question)] if isinstance(section, dict)]
    lists = [section.get("alternatives") for section in sections]
    if lists:
        yield {**sections[0], "alternatives": lists[0] if all(each == lists[0] for each in lists) else _union(lists)}


def _leaves(config: Config, prefix: str = "") -> Iterator[tuple[str, JsonValue]]:
    for key, value in config.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _leaves(value, f"{name}.")
        elif name not in _FREE:
            yield name, value


def _union(lists: Sequence[JsonValue]) -> list[JsonValue]:
    """Numbers in their order, then names in theirs: whichever run is named first."""
    values = {value for found in lists if isinstance(found, list) for value in found if isinstance(value, int | str)}
    return sorted(values, key=lambda value: (isinstance(value, str), value if isinstance(value, int) else 0, str(value)))
