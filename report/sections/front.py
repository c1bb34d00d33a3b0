"""The title block, and what the summary says of the study itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from report.printing.markup import Markup, finished, in_language
from report.sections.run import seeds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from report.evidence.subject import Subject

_PLACES: Mapping[str, object] = {"what": "", "images": "", "remark": "", "left_out": "", "findings": ()}


def facts(subject: Subject) -> dict[str, object]:
    """``subtitle``, quoted as YAML reads it (JSON is YAML), and whether the study ``cites`` works of a bibliography."""
    run, source = subject.evidence.run, subject.published.source
    values = {
        "title": in_language(source.title, source.language),
        "authors": subject.strings.place(source.authors),
        "published": subject.strings.day(source.date),
        "run": run.run_id,
        "day": subject.strings.day(run.created_at),
        "profile": run.profile,
        "seeds": seeds(subject),
    }
    subtitle = Markup(json.dumps(finished(subject.strings("report.subtitle", **values)), ensure_ascii=False))
    return {"subtitle": subtitle, "cites": any(subject.study.templates.glob("*.bib"))}


def study(given: Mapping[str, object]) -> dict[str, object]:
    """What a study's facts may say in the summary, empty where it says nothing.

    ``what`` was re-run, in a paragraph; ``images``, the data used, in a phrase; a ``remark`` on comparability; what was
    ``left_out``, in sentences; ``findings``, a paragraph each. Raises ValueError for a name that the summary has no place for.
    """
    unknown = sorted(given.keys() - _PLACES.keys())
    if unknown:
        message = f"the summary has no place for {', '.join(unknown)}; it has {', '.join(_PLACES)}"
        raise ValueError(message)
    return {**_PLACES, **given}
