"""The published results of a study's ``published.toml``: the other column of every comparison, by the place where each stands.

A path is the place and what stands there, such as ``table-4.model.train_loss``. Of a matrix, ``trace`` and ``row.column`` have
paths too, and of a group of numbers its ``mean``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, JsonValue, field_validator, model_validator

from report.evidence.declarations import Declaration, flattened, read_toml
from store.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

_Text = Annotated[str, Field(pattern=r"^-?[0-9]{1,17}(\.[0-9]{1,17})?$")]  # a float64 has 17 digits
_CURVE = frozenset({"x", "y"})


@dataclass(frozen=True, slots=True)
class Printed:
    """A published number: its value, the decimals that are printed, how many runs are behind it, and where it stands.

    ``draws`` is None where the source does not say. ``path`` is the full path; ``place`` what a printed span carries.
    """

    value: float
    decimals: int
    draws: int | None
    path: str
    place: str

    @property
    def half_unit(self) -> float:
        """By how much the number may have been rounded: half a unit of its last printed digit."""
        return 0.5 * 10.0**-self.decimals

    def with_value(self, value: float, place: str | None = None) -> Printed:
        """The same entry on another scale; ``place`` says how it came about."""
        return replace(self, value=value, place=self.place if place is None else place)


class Source(Declaration):
    """The published work itself."""

    authors: str
    title: str
    date: str
    language: str


class Curve(Declaration):
    """A digitised curve: ``y`` by ``x``, which counts epochs from 1 where it is not given."""

    x: tuple[int, ...]
    y: tuple[float, ...]

    @model_validator(mode="before")
    @classmethod
    def _a_list_counts_from_one(cls, fields: object) -> object:
        return {"x": list(range(1, len(fields) + 1)), "y": fields} if isinstance(fields, list) else fields

    @model_validator(mode="after")
    def _as_many_of_both(self) -> Self:
        if len(self.x) != len(self.y):
            raise ValueError("as many x as y are needed")
        return self


class Place(Declaration):
    """A table, figure or section of the source: what stands there, and how many runs are behind its numbers.

    ``values`` are numbers as printed (text, so that the digits count), ``facts`` what is no number to compare. Nested tables
    are flattened to dotted names.
    """

    source: str
    draws: int | None = Field(default=None, ge=1)
    values: dict[str, _Text] = Field(default_factory=dict)
    curves: dict[str, Curve] = Field(default_factory=dict)
    matrices: dict[str, tuple[tuple[int, ...], ...]] = Field(default_factory=dict)
    facts: dict[str, JsonValue] = Field(default_factory=dict)

    @field_validator("values", "matrices", "facts", mode="before")
    @classmethod
    def _names_are_dotted(cls, tree: object) -> object:
        return flattened(tree)

    @field_validator("curves", mode="before")
    @classmethod
    def _curves_are_leaves(cls, tree: object) -> object:
        return flattened(tree, _CURVE)


class Published(Declaration):
    """All of ``published.toml``: the source, what it says of itself, and its places."""

    source: Source
    facts: dict[str, JsonValue] = Field(default_factory=dict)
    places: dict[str, Place]

    def number(self, path: str) -> Printed:
        """The number at ``path``; raises UsageError where there is none."""
        found = self.find(path)
        if found is None:
            raise _missing(path)
        return found

    def find(self, path: str) -> Printed | None:
        """The number at ``path``, None where the source prints none: a model of one's own, for example."""
        place, _, name = path.partition(".")
        entry = self.places.get(place)
        if entry is None:
            return None
        text = entry.values.get(name)
        if text is not None:
            return Printed(float(text), len(text.partition(".")[2]), entry.draws, path, place)
        group, _, what = name.rpartition(".")
        if what == "mean" and (numbers := self.group(f"{place}.{group}")):
            mean = math.fsum(one.value for one in numbers.values()) / len(numbers)
            return replace(next(iter(numbers.values())), value=mean, path=path)
        value = _of_matrix(entry, name)
        return None if value is None else Printed(value, 0, entry.draws, path, place)

    def group(self, path: str) -> dict[str, Printed]:
        """Every number below ``path`` by the rest of its name, in the order of the file; empty where there is none."""
        place, _, name = path.partition(".")
        entry, prefix = self.places.get(place), f"{name}." if name else ""
        names = [key for key in (entry.values if entry else {}) if key.startswith(prefix)]
        return {key.removeprefix(prefix): self.number(f"{place}.{key}") for key in names}

    def curve(self, path: str) -> Curve:
        """The curve at ``path``; raises UsageError where there is none."""
        found = self.find_curve(path)
        if found is None:
            raise _missing(path)
        return found

    def find_curve(self, path: str) -> Curve | None:
        """The curve at ``path``, None where the source shows none."""
        place, _, name = path.partition(".")
        return self.places[place].curves.get(name) if place in self.places else None

    def matrix(self, path: str) -> tuple[tuple[int, ...], ...]:
        """The matrix at ``path``, rows first; raises UsageError where there is none."""
        found = self.find_matrix(path)
        if found is None:
            raise _missing(path)
        return found

    def find_matrix(self, path: str) -> tuple[tuple[int, ...], ...] | None:
        """The matrix at ``path``, None where the source shows none."""
        place, _, name = path.partition(".")
        return self.places[place].matrices.get(name) if place in self.places else None

    def fact(self, path: str) -> JsonValue:
        """What the source says at ``path``, or of itself where the path has no place; raises UsageError for nothing."""
        found = self.find_fact(path)
        if found is None:
            raise _missing(path)
        return found

    def find_fact(self, path: str) -> JsonValue:
        """What the source says at ``path``, None where it says nothing."""
        place, _, name = path.partition(".")
        facts, key = (self.places[place].facts, name) if place in self.places else (self.facts, path)
        return facts.get(key)

    def words(self, path: str) -> tuple[str, ...]:
        """The list of words at ``path``; raises UsageError where there is none."""
        found = self.fact(path)
        if not isinstance(found, list):
            raise _missing(path)
        return tuple(str(word) for word in found)

    def count(self, path: str) -> int:
        """The whole number at ``path``, which counts something and is no result; raises UsageError where there is none."""
        found = self.fact(path)
        if isinstance(found, bool) or not isinstance(found, int):
            raise _missing(path)
        return found


@cache
def load_published(folder: Path) -> Published:
    """Read and check the published results among a study's declarations; raises UsageError that names the entry at fault."""
    return read_toml(folder / "published.toml", Published)


def _of_matrix(place: Place, name: str) -> float | None:
    """``m.trace`` or ``m.row.column`` of the place's matrices; None where there is no such number."""
    for key, matrix in place.matrices.items():
        if name == f"{key}.trace":
            return float(sum(row[index] for index, row in enumerate(matrix)))
        row, _, column = name.removeprefix(f"{key}.").partition(".")
        if name.startswith(f"{key}.") and row.isdecimal() and column.isdecimal() and int(row) < len(matrix):
            return float(matrix[int(row)][int(column)]) if int(column) < len(matrix[int(row)]) else None
    return None


def _missing(path: str) -> UsageError:
    message = f"no published value of this kind stands at {path}"
    return UsageError(message, where="published.toml", cure="correct the path, or enter the value with its place")
