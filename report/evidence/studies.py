"""The one loader of studies on the report's side: finds them by name, and knows none.

A study is a package ``report/studies/NAME`` with a module ``study``; its data and templates lie beside, in
``data/studies/NAME`` and ``templates/studies/NAME`` of the same project. ``study`` declares:

``QUANTITIES``       name to a function of a record, for the selectors of its claims (``report/claims/reading.py``)
``TABLES``           its own tables, each a function of the subject (None: nothing to show in this run)
``FIGURES``          identifier to a function of the subject that draws it (None as above)
``PUBLISHED_RULES``  rules of the protocol audit on the published study, and ``RUN_RULES`` on a run
``SENSITIVE``        the results that the tables of a sensitivity study set side by side
``VIEWS``            figure identifier to a function of the subject that gives the data of its interactive view, None as above;
                     ``images`` is no figure but the pictures that the views share
``HEADLINE``         the ids of the claims that the first page shows
``variant_name(subject, key)``  what a variant that is no model or arm of ``study.toml`` is called; empty for one of those
``facts(subject)``   finished text that its sections print, by section and name

All but ``TABLES`` and ``FIGURES`` may be left out. The declarations are imported only when something is drawn or judged, so
that an up-to-date report is found without matplotlib.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING

import report.studies
from report.evidence.vocabulary import load_vocabulary
from store.doors import refused_as
from store.errors import UsageError
from store.toml import toml_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pydantic import JsonValue

    from report.checks.finding import Finding
    from report.claims.reading import Quantity
    from report.evidence.subject import Subject
    from report.evidence.vocabulary import Vocabulary
    from report.printing.figure_style import Drawing
    from report.printing.table import Table
    from report.tables.sensitivity import Result

_SETTINGS = Path(__file__).parents[2] / "data" / "studies" / "studies.toml"
_PACKAGE = report.studies.__name__


def _no_facts(_: Subject) -> Mapping[str, Mapping[str, object]]:
    return {}


def _no_results(_: Subject) -> Iterable[Result]:
    return ()


def _no_name(_: Subject, __: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Declared:
    """What a study's module ``study`` declares; the module's docstring above says what each is."""

    tables: tuple[Callable[[Subject], Table | None], ...]
    figures: Mapping[str, Callable[[Subject], Drawing | None]]
    quantities: Mapping[str, Quantity] = field(default_factory=dict)
    published_rules: tuple[Callable[[Subject], Finding], ...] = ()
    run_rules: tuple[Callable[[Subject], Finding], ...] = ()
    sensitive: Callable[[Subject], Iterable[Result]] = _no_results
    facts: Callable[[Subject], Mapping[str, Mapping[str, object]]] = _no_facts
    views: Mapping[str, Callable[[Subject], JsonValue]] = field(default_factory=dict)
    headline: tuple[str, ...] = ()
    variant_name: Callable[[Subject, str], str] = _no_name


@dataclass(frozen=True, slots=True)
class Study:
    """A study's name, and ``root``: the folder of the project that its package, data and templates lie in."""

    name: str
    root: Path

    @property
    def data(self) -> Path:
        """Where its protocol, published values and claims lie."""
        return self.root / "data" / "studies" / self.name

    @property
    def templates(self) -> Path:
        """Where its report, sections and strings lie."""
        return self.root / "templates" / "studies" / self.name

    @property
    def vocabulary(self) -> Vocabulary:
        """What its parts, models, arms and metrics are called, and in which order; raises UsageError for a faulty entry."""
        return load_vocabulary(self.data)

    def declared(self) -> Declared:
        """Its declarations; imports its tables and figures."""
        return _declared(self.name)


def study_of(name: str | None = None) -> Study:
    """The named study, or the default one; raises UsageError that lists the studies there are."""
    wanted = name or default_study()
    if wanted not in study_names():
        hint = "".join(f"did you mean {name}? " for name in get_close_matches(wanted, study_names(), n=1))
        raise UsageError(f"no study named {wanted}", where="--study", cure=f"{hint}choose one of: {', '.join(study_names())}")
    spec = find_spec(f"{_PACKAGE}.{wanted}")
    if spec is None or spec.origin is None:
        raise UsageError(f"the study {wanted} is no package", where=_PACKAGE, cure=f"give {wanted} an __init__.py")
    return Study(wanted, Path(spec.origin).parents[3])


def study_names() -> tuple[str, ...]:
    """The studies that the report knows: every package under ``report/studies`` with a module ``study``."""
    packages = (module for module in iter_modules(report.studies.__path__) if module.ispkg)
    return tuple(sorted(one.name for one in packages if find_spec(f"{_PACKAGE}.{one.name}.study") is not None))


def default_study() -> str:
    """The study that is meant where none is named, as ``data/studies/studies.toml`` has it."""
    cure = "restore the file: git checkout -- data/studies"
    with refused_as(lambda reason: UsageError(f"no default study: {reason}", where=str(_SETTINGS), cure=cure)):
        return str(toml_of(_SETTINGS)["default"])


@cache
def _declared(name: str) -> Declared:
    module = import_module(f"{_PACKAGE}.{name}.study")
    names = ("QUANTITIES", "PUBLISHED_RULES", "RUN_RULES", "SENSITIVE", "VIEWS", "HEADLINE", "facts", "variant_name")
    given = {name.lower(): getattr(module, name) for name in names if hasattr(module, name)}
    return Declared(module.TABLES, module.FIGURES, **given)
