"""What this study adds to the report; ``report/evidence/studies.py`` says what each name means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.studies.STUDY_NAME.figures import convergence
from report.studies.STUDY_NAME.tables import estimates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from report.evidence.subject import Subject

TABLES = (estimates,)  # place each in a section: << tables["IDENTIFIER"] >>
FIGURES = {"convergence": convergence}  # place each in a section: << figures["IDENTIFIER"] >>

# QUANTITIES: name -> function of a Reading, where a claim needs more than a metric or a column of a history.
# RUN_RULES, PUBLISHED_RULES: rules of the protocol audit, each a function that returns a Finding.
# SENSITIVE: the results that `--question sensitivity` sets side by side.


def facts(subject: Subject) -> Mapping[str, Mapping[str, object]]:
    """Text that templates print, by section; ``study`` is for the summary, as ``report/sections/front.py`` lists it."""
    source = subject.published.source
    return {"study": {"what": subject.strings("introduction.what", authors=source.authors, date=source.date)}}
