"""What this study adds to the report, as ``report/evidence/studies.py`` finds it."""

from report.studies.assignment_2.audit.of_published import RULES as PUBLISHED_RULES
from report.studies.assignment_2.audit.of_run import RULES as RUN_RULES
from report.studies.assignment_2.figures.catalogue import FIGURES
from report.studies.assignment_2.quantities import QUANTITIES
from report.studies.assignment_2.sections import facts
from report.studies.assignment_2.tables.catalogue import TABLES
from report.studies.assignment_2.tables.sensitivity import results as SENSITIVE  # noqa: N812  # a declaration, as the others are
from report.studies.assignment_2.views import VIEWS

__all__ = ["FIGURES", "PUBLISHED_RULES", "QUANTITIES", "RUN_RULES", "SENSITIVE", "TABLES", "VIEWS", "facts"]
