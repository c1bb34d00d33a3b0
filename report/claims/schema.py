"""The published claims of a study's ``claims.toml``, validated: what was said, where, and what would bear it out."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from report.claims.templates import expanded
from report.evidence.declarations import Declaration, Scale, read_toml
from report.evidence.published import load_published
from report.evidence.vocabulary import load_vocabulary
from report.printing.strings import formatter_of_language
from store.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from report.evidence.published import Printed

Kind = Literal["value", "range", "exact", "order", "first", "not_comparable"]
Order = Literal["rising", "falling"]
_SELECTS = {"value": (1, 1), "range": (1, 1), "exact": (1, 1), "order": (2, 9), "first": (2, 9), "not_comparable": (0, 1)}


class Selector(Declaration):
    """A quantity of one cell of the study: a metric, a history value, or a named quantity with what it needs.

    ``metric`` is a record's metric; ``history`` a column of ``history.parquet``, read at ``epoch`` unless a ``quantity``
    takes the whole column; ``quantity`` a function of the study's ``quantities.py``. ``curve`` is the path of a published
    curve, ``other`` a variant to compare with, ``index`` a class. ``scale`` turns the record's unit into the printed one.
    """

    experiment: str
    variant: str
    metric: str | None = None
    quantity: str | None = None
    history: str | None = None
    epoch: Literal["last", "highest"] | None = None
    curve: str | None = None
    other: str | None = None
    index: int | None = None
    scale: Scale = 1.0

    @model_validator(mode="after")
    def _names_one_quantity(self) -> Self:
        if sum(name is not None for name in (self.metric, self.quantity, self.epoch)) != 1:
            raise ValueError("name a metric, a quantity, or an epoch of a history column")
        if self.epoch is not None and self.history is None:
            raise ValueError("an epoch needs its history column")
        return self


class Tolerance(Declaration):
    """How far a run may be from the published value and still bear it out: in its unit, or as a part of it."""

    absolute: float | None = Field(default=None, gt=0)
    relative: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.absolute is None) == (self.relative is None):
            raise ValueError("give either an absolute or a relative tolerance")
        return self

    def around(self, published: float) -> float:
        """Half the width of the interval around ``published``, in its unit."""
        return self.absolute if self.absolute is not None else abs(published) * (self.relative or 0.0)


class Cause(Declaration):
    """Why a run may differ from what was published: the key of a text in the strings file, and how sure it is."""

    key: str
    certainty: Literal["established", "likely", "possible"]


class Claim(Declaration):
    """One published claim; what it needs besides depends on ``kind``.

    ``quote`` holds the source's own words, ``english`` what they say, and ``translated`` the same in each other language.
    ``named`` is what a curve is called, by language: such claims on one model stand in one line.
    """

    id: str = Field(min_length=1)
    source: str
    quote: str
    english: str
    translated: dict[str, str] = Field(default_factory=dict)
    named: dict[str, str] = Field(default_factory=dict)
    family: str
    kind: Kind
    select: tuple[Selector, ...] = ()
    published: str | None = None
    value: float | None = None
    tolerance: Tolerance | None = None
    at_least: float | None = None
    at_most: float | None = None
    order: Order | None = None
    why: str | None = None
    reason: str | None = None
    cause: Cause | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_selector_is_a_list_of_one(cls, fields: object) -> object:
        if isinstance(fields, dict) and isinstance(fields.get("select"), dict):
            return fields | {"select": [fields["select"]]}
        return fields

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        low, high = _SELECTS[self.kind]
        if not low <= len(self.select) <= high:
            raise ValueError(f"a claim of kind {self.kind} has {low} to {high} selectors")
        needed = {
            "value": self.tolerance is not None and self.published is not None and self.why is not None,
            "range": (self.at_least is not None or self.at_most is not None) and self.why is not None,
            "exact": (self.published is None) != (self.value is None),
            "order": self.order is not None,
            "first": self.order is not None,
            "not_comparable": self.reason is not None,
        }
        if not needed[self.kind]:
            raise ValueError(f"claim {self.id} lacks what a claim of kind {self.kind} needs")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"no number is at least {self.at_least} and at most {self.at_most}, as claim {self.id} has it")
        return self

    def words(self, language: str) -> str:
        """What it says, in a language; in English where it has not been translated."""
        return self.translated.get(language, self.english)

    def name(self, language: str) -> str:
        """What its curve is called, in a language; empty for a claim on something else."""
        return self.named.get(language, self.named.get("en", ""))


class Claims(Declaration):
    """All of ``claims.toml``; ``why`` gives the reason of each kind of tolerance or bound."""

    why: dict[str, str]
    claims: tuple[Claim, ...]

    @model_validator(mode="after")
    def _names_resolve(self) -> Self:
        ids = [claim.id for claim in self.claims]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"a claim stands twice: {', '.join(twice)}")
        unknown = sorted({claim.why for claim in self.claims if claim.why is not None} - self.why.keys())
        if unknown:
            raise ValueError(f"no reason is given for: {', '.join(unknown)}")
        return self


@cache
def load_claims(folder: Path) -> Claims:
    """Read and check the claims among a study's declarations; raises UsageError that names the entry at fault."""
    published, vocabulary = load_published(folder), load_vocabulary(folder)
    return read_toml(folder / "claims.toml", Claims, lambda tree: expanded(tree, published, vocabulary, _written))


def _written(number: Printed, language: str) -> tuple[str, str]:
    marks = formatter_of_language(language)
    together = replace(marks, group_mark="")
    return together.fixed(number.value, number.decimals), marks.fixed(number.value, number.decimals)


def unpublished(claim: str, path: str) -> UsageError:
    """The error for a claim whose published value or curve is not there."""
    message = f"claim {claim} names a published value that is not there: {path}"
    return UsageError(message, where="claims.toml", cure="correct its path; the values stand in published.toml")
