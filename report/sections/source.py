"""The report's source: tables, figures and facts in the study's template, which chooses and places, and computes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.figures.catalogue import draw_all
from report.printing import markdown
from report.printing.markup import Markup
from report.printing.references import resolved, without_absent
from report.printing.strings import environment, template_door
from report.rendering.page import VIEWS
from report.sections import audit, certificate, checklists, citation, claims, front, run
from report.sections.views import views_text
from report.tables import inference, sensitivity
from report.tables.catalogue import all_tables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from report.evidence.subject import Subject
    from report.figures.kept import Drawn

TEMPLATE = "report.qmd.j2"
SHORT = "short.qmd.j2"
"""The template of a study's short form, where it has one."""


class _Shown(dict[str, Markup]):
    """What a run has to show by identifier; a place for something that it has not stays empty."""

    def __missing__(self, _: str) -> Markup:
        """Nothing."""
        return Markup()


def source_text(subject: Subject, figures: Path, kept: Path | None = None, *, short: bool = False) -> str:
    """The Markdown of the report; its figures are drawn into the folder ``figures``, the data of its views lie beside it.

    ``kept`` is where figures of earlier builds lie, as in `draw_all`. A ``short`` form has no views, and no reference to what
    stands in the whole report alone.
    """
    figures.mkdir(parents=True, exist_ok=True)
    drawings = draw_all(subject, figures, kept)
    if short:
        return without_absent(filled(subject, drawings, SHORT), subject.strings("references.elsewhere"))
    (figures.parent / VIEWS).write_text(views_text(subject, drawings), encoding="utf-8")
    return filled(subject, drawings)


def filled(subject: Subject, drawings: Mapping[str, Drawn], template: str = TEMPLATE) -> str:
    """The template with what it may name: ``tables`` and ``figures`` by identifier, ``facts`` by section, the strings ``t``.

    The study's own facts stand beside those that every study has; a section that both name is an error.
    """
    own = dict(subject.study.declared().facts(subject))
    shared: dict[str, Mapping[str, object]] = {
        "front": front.facts(subject),
        "study": front.study(own.pop("study", {})),
        "summary": run.summary(subject),
        "left_out": run.left_out(subject),
        "callout": {"count": len(subject.deviations)},
        "claims": claims.facts(subject),
        "sensitivity": {"lines": sensitivity.lines(subject)},
        "inference": {"lines": inference.lines(subject)},
        "cite": citation.facts(subject),
        "audit": {"published": audit.lines(subject)},
        "provenance": run.provenance(subject),
        "reproduction": certificate.facts(subject),
        "checklists": checklists.facts(subject),
    }
    twice = sorted(shared.keys() & own.keys())
    if twice:
        message = f"the study {subject.study.name} gives facts of sections that every study has: {', '.join(twice)}"
        raise ValueError(message)
    shown = {
        "tables": _Shown({name: markdown.table(table) for name, table in all_tables(subject).items()}),
        "figures": _Shown({name: _figure(subject, name, drawing) for name, drawing in drawings.items()}),
        "facts": {**shared, **own},
    }
    with template_door(f"{template} or one of its sections", str(subject.study.templates)):
        read = environment(subject.study).get_template(template)
        text = read.render(t=subject.strings, comparable=subject.comparable, short=template == SHORT, **shown)
    return resolved(text, subject.strings("references.and"))


def _figure(subject: Subject, name: str, drawing: Drawn) -> Markup:
    caption = _caption(subject, name)
    return markdown.figure(f"figures/{name}.svg", name, caption, drawing.alt, wide=drawing.photographs)


def _caption(subject: Subject, name: str) -> str:
    """The figure's own caption, or the one of its kind for a model that the strings do not know (``pairs-MODEL``)."""
    kind, _, model = name.partition("-")
    own = f"figure_captions.{name}"
    if own in subject.strings.texts or f"models.{model}" not in subject.strings.texts:
        return subject.strings(own)
    return subject.strings(f"figure_captions.{kind}", model=subject.model(model))
