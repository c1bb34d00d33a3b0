"""A study's ``study.toml``: its parts, experiments, models, arms, metrics and pairs, each named, ordered and styled once.

What is measured, what is published and what a claim ranges over are three sets: only the first one stands here.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from itertools import chain, combinations
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from report.evidence.declarations import Declaration, Digits, Label, Scale, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from report.inference.statistics import Interval

FILE = "study.toml"
# Okabe and Ito's palette: distinct under the common colour-vision deficiencies. Line style and marker repeat the colour.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "v", "D", "P", "X", "*")
LINES = ("-", "--", "-.", ":")


class Look(NamedTuple):
    """How something is drawn: colour, marker and line style, none of which another of its kind has alone."""

    colour: str
    marker: str
    line: str


class Part(Declaration):
    """A part of the study that a run may leave out."""

    label: Label


class Experiment(Declaration):
    """An experiment: its part, and the sections of the configuration that a result of it depends on.

    ``own`` are sections that count for some variants alone, by a pattern of their names (``svc-*``).
    """

    part: str
    sections: tuple[str, ...] = ()
    own: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class Objective(Declaration):
    """What a model minimises: its metrics over the training and the validation part, and their unit (a key of the strings)."""

    train: str
    validation: str
    unit: str
    digits: Digits = 4


class Named(Declaration):
    """A model or an arm: ``sections`` are its own in the configuration, ``traits`` what else tells it from the others.

    What of its look is not given follows from its place in the order.
    """

    key: str
    label: Label
    family: str = ""
    sections: tuple[str, ...] = ()
    colour: str | None = Field(default=None, pattern=r"^#[0-9A-F]{6}$")
    marker: str | None = Field(default=None, pattern=r"^[osv^<>8*pPhHDdX+x|_.,1234]$")
    line: str | None = Field(default=None, pattern=r"^(-|--|-\.|:)$")
    objective: Objective | None = None
    traits: dict[str, str] = Field(default_factory=dict)


class Metric(Declaration):
    """A metric of the records: its name, what turns it into the printed unit, printed digits, and which way is better.

    ``least`` and ``most`` are the ends of its range in the record's unit, where it has any: no interval is shown beyond them.
    """

    label: Label
    scale: Scale = 1.0
    unit: str = ""
    digits: Digits = 3
    better: Literal["higher", "lower"] | None = None
    least: float | None = None
    most: float | None = None

    @model_validator(mode="after")
    def _least_below_most(self) -> Self:
        if self.least is not None and self.most is not None and self.least >= self.most:
            raise ValueError(f"the range of a metric ends at {self.most}, not above its beginning, {self.least}")
        return self

    def within(self, interval: Interval, scale: float = 1.0) -> Interval:
        """As much of an interval, in the record's unit times ``scale``, as lies in the metric's range."""
        least, most = (None if bound is None else scale * bound for bound in (self.least, self.most))
        return interval.within(least, most)


class Pair(Declaration):
    """Two models or arms that are compared."""

    key: str
    label: Label
    first: str
    second: str


class ShownCurve(Declaration):
    """A training or validation curve that the source shows, and the column of a history that has to explain it.

    ``published`` is its path in ``published.toml``; ``scale`` turns the record's unit into the printed one. A curve over test
    images is none: values that were chosen by it could not be judged by test results any more.
    """

    published: str
    experiment: str
    variant: str
    column: str = Field(pattern=r"^(train|validation)_")
    scale: Scale = 1.0

    @property
    def place(self) -> str:
        """Where the source shows it."""
        return self.published.partition(".")[0]

    @property
    def part(self) -> str:
        """``train`` or ``validation``."""
        return self.column.partition("_")[0]


class Vocabulary(Declaration):
    """All of ``study.toml``. ``decisive`` are the settings without which not even a tendency can be compared.

    ``shows`` says of an element of the report (``fig-losses``) which places of the source it re-makes; tables that print a
    published number need no entry.
    """

    parts: dict[str, Part] = Field(default_factory=dict)
    experiments: dict[str, Experiment] = Field(default_factory=dict)
    models: tuple[Named, ...] = ()
    references: tuple[Named, ...] = ()
    arms: tuple[Named, ...] = ()
    datasets: dict[str, Label] = Field(default_factory=dict)
    metrics: dict[str, Metric] = Field(default_factory=dict)
    pairs: tuple[Pair, ...] = ()
    curves: tuple[ShownCurve, ...] = ()
    families: dict[str, Label] = Field(default_factory=dict)
    decisive: tuple[str, ...] = ()
    shows: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        keys = [one.key for one in self.named]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"a key stands twice: {', '.join(twice)}")
        unknown = {one.part for one in self.experiments.values()} - self.parts.keys()
        unknown |= {key for pair in self.pairs for key in (pair.first, pair.second)} - set(keys)
        unknown |= {one.family for one in self.named if one.family} - self.families.keys()
        if unknown:
            raise ValueError(f"not declared in this file: {', '.join(sorted(unknown))}")
        return self

    @property
    def named(self) -> tuple[Named, ...]:
        """Models, references that they are held against, and arms, in their order."""
        return (*self.models, *self.references, *self.arms)

    @property
    def columns(self) -> frozenset[str]:
        """Columns of a history that this file names: what a model minimises, and what explains a published curve."""
        objectives = [one.objective for one in self.named if one.objective is not None]
        return frozenset(chain((one.column for one in self.curves), *((one.train, one.validation) for one in objectives)))

    def of(self, key: str) -> Named:
        """The model or arm of that key; raises KeyError for another one."""
        return {one.key: one for one in self.named}[key]

    def look(self, key: str) -> Look:
        """Colour, marker and line: as given, or by the place among the models or the arms."""
        group = next(group for group in (self.models, self.references, self.arms) if any(one.key == key for one in group))
        place = [one.key for one in group].index(key)
        one = group[place]
        return Look(
            one.colour or PALETTE[place % len(PALETTE)],
            one.marker or MARKERS[place % len(MARKERS)],
            one.line or LINES[place % len(LINES)],
        )

    def model_pairs(self) -> tuple[tuple[str, str], ...]:
        """Every two models: neighbours in the order first, then those further apart."""
        keys = [one.key for one in self.models]
        found = combinations(range(len(keys)), 2)
        return tuple((keys[a], keys[b]) for a, b in sorted(found, key=lambda pair: (pair[1] - pair[0], pair)))

    def sections(self, experiment: str, variant: str) -> tuple[str, ...] | None:
        """The sections of the configuration that the cell's result depends on; None (all of them) where nothing says."""
        declared = self.experiments.get(experiment)
        if declared is None:
            return None
        own = [one.sections for one in self.named if one.key == variant]
        own += [sections for pattern, sections in declared.own.items() if fnmatchcase(variant, pattern)]
        return (*declared.sections, *chain.from_iterable(own)) if declared.sections else ()

    def has_part(self, cells: Iterable[tuple[str, str]], part: str) -> bool:
        """Whether any of the (experiment, variant) in ``cells`` belongs to the part."""
        known = {name for name, one in self.experiments.items() if one.part == part}
        return any(experiment in known for experiment, _ in cells)

    def texts(self, language: str) -> dict[str, str]:
        """What everything is called, as keys of the strings: ``models.KEY``, ``arms.KEY``, ``pairs.KEY`` and so on."""
        groups: dict[str, dict[str, dict[str, str]]] = {
            "models": {one.key: one.label for one in (*self.models, *self.references)},
            "arms": {one.key: one.label for one in self.arms},
            "pairs": {one.key: one.label for one in self.pairs},
            "metrics": {key: one.label for key, one in self.metrics.items()},
            "parts": {key: one.label for key, one in self.parts.items()},
            "datasets": self.datasets,
            "families": self.families,
        }
        named = ((f"{group}.{key}", label) for group, labels in groups.items() for key, label in labels.items())
        return {key: label.get(language, label["en"]) for key, label in named}


@cache
def load_vocabulary(folder: Path) -> Vocabulary:
    """Read and check ``study.toml`` among a study's declarations; a study without one names nothing."""
    path = folder / FILE
    return read_toml(path, Vocabulary) if path.exists() else Vocabulary()
