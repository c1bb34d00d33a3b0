"""Finds the studies: each is a package of ``bench/studies``, found by its name, and no other core module imports one."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from bench.harness.settings import MAIN
from store.doors import refused_as
from store.errors import UsageError
from store.toml import toml_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import ModuleType

    from bench.datasets.catalogue import Dataset, Sources
    from bench.harness.settings import StudySettings
    from bench.harness.task import Context, Outcome, Task
    from bench.rechecking.verification.comparison import Comparison
    from bench.rechecking.verification.standing import Standing
    from store.records import Stored
    from store.schema import Record, Run

    Finder = Callable[[StudySettings, Sources], Dataset]
    Recheck = Callable[[Stored, Mapping[str, Stored]], Iterator[Comparison]]

_PACKAGE = "bench.studies"
_ROOT = Path(__file__).parents[2]


class Experiment(Protocol):
    """A module of a study's ``experiments``: which part and questions it belongs to, its tasks, and how one is computed."""

    PART: str
    QUESTIONS: tuple[str, ...]

    def plan(self, config: StudySettings) -> Sequence[Task]:
        """Lay out the tasks of this experiment."""

    def run(self, context: Context) -> Outcome:
        """Compute one of them."""


@dataclass(frozen=True, slots=True)
class Study:
    """A study as its package declares it in ``study.py``.

    ``config`` is the class of its configuration, ``datasets`` finds each data set that its tasks name, ``schedule`` lists its
    parts, those first that take longest, ``flags`` which key of the configuration a flag of the command line stands for,
    ``images`` experiment to the metrics that count the images it uses, ``weights`` which data sets are pretrained weights that
    ``--weights`` can give, each with the setting under which its tasks read them.
    """

    name: str
    config: type[StudySettings]
    datasets: Mapping[str, Finder]
    schedule: tuple[str, ...]
    flags: Mapping[str, str]
    images: Mapping[str, Sequence[str]]
    weights: Mapping[str, str]

    @property
    def profiles(self) -> Path:
        """The folder of its built-in profiles."""
        return _ROOT.joinpath(*_PACKAGE.split("."), self.name, "profiles")

    @property
    def questions(self) -> tuple[str, ...]:
        """What can be asked of it, ``main`` first."""
        found = (question for module in self.experiments() for question in questions_of(module))
        return tuple(dict.fromkeys((MAIN, *found)))

    def experiments(self) -> tuple[Experiment, ...]:
        """The modules of its package ``experiments``, part by part as ``schedule`` has them, by name within a part."""
        package = importlib.import_module(f"{_PACKAGE}.{self.name}.experiments")
        names = sorted(info.name for info in pkgutil.iter_modules(package.__path__))
        modules = [cast("Experiment", importlib.import_module(f"{package.__name__}.{name}")) for name in names]
        return tuple(sorted(modules, key=lambda module: self.schedule.index(module.PART)))

    def rechecks(self) -> Mapping[str, Recheck]:
        """Experiment to the function that recomputes what a record of it says."""
        return cast("Mapping[str, Recheck]", self._rechecking().RECORDS)

    def agreement(self, records: Mapping[str, Stored]) -> Iterator[tuple[str, Comparison]]:
        """What the records of one run say of the same thing: task id and comparison."""
        return cast("Iterator[tuple[str, Comparison]]", self._rechecking().agreeing(records))

    def fields(self) -> Mapping[str, Mapping[str, Standing]]:
        """Experiment to what each field of its records stands on; empty where the study does not say."""
        return cast("Mapping[str, Mapping[str, Standing]]", getattr(self._rechecking(), "FIELDS", {}))

    def _rechecking(self) -> ModuleType:
        return importlib.import_module(f"{_PACKAGE}.{self.name}.rechecks.study")


def questions_of(module: Experiment) -> tuple[str, ...]:
    """The questions that need the module's tasks: ``main`` alone where it names none."""
    return getattr(module, "QUESTIONS", (MAIN,))


@cache
def study_names() -> tuple[str, ...]:
    """Every study there is, by name."""
    package = importlib.import_module(_PACKAGE)
    return tuple(sorted(info.name for info in pkgutil.iter_modules(package.__path__) if info.ispkg))


@cache
def default_study() -> str:
    """The study that is meant where none is named: ``data/studies/studies.toml`` says which."""
    path = _ROOT / "data" / "studies" / "studies.toml"
    cure = "restore it (git checkout -- data), or name one: --study"
    with refused_as(lambda reason: UsageError(f"no default study: {reason}", where=str(path), cure=cure)):
        return str(toml_of(path)["default"])


@cache
def load_study(name: str | None = None) -> Study:
    """The study of that name, or the default one; raises UsageError that lists those there are."""
    chosen = name or default_study()
    if chosen not in study_names():
        nearest = difflib.get_close_matches(chosen, study_names(), n=1)
        hint = f"did you mean {nearest[0]}? " if nearest else ""
        raise UsageError(
            f"unknown study {chosen!r}", where="--study", cure=f"{hint}choose {' or '.join(study_names())}; {_questions_hint()}"
        )
    module = importlib.import_module(f"{_PACKAGE}.{chosen}.study")
    told = (getattr(module, name, {}) for name in ("FLAGS", "IMAGES", "WEIGHTS"))
    return Study(chosen, module.CONFIG, module.DATASETS, tuple(module.SCHEDULE), *told)


def study_of_run(run: Run) -> Study:
    """The study that a run is of; raises UsageError where this program has none of that name."""
    return load_study(run.study)


def study_of_record(record: Record) -> Study | None:
    """The study whose experiment made the record, told by the modules that ran; None where this program has it no more."""
    prefix = f"{_PACKAGE}."
    names = {name.removeprefix(prefix).partition(".")[0] for name in record.ingredients.code if name.startswith(prefix)}
    known = sorted(names & set(study_names()))
    return load_study(known[0]) if len(known) == 1 else None


def _questions_hint() -> str:
    return "what is asked of a study (such as main,sensitivity) goes to --question"
