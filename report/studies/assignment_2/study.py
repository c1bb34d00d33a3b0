"""What this study adds to the report, as ``report/evidence/studies.py`` finds it."""

from report.studies.assignment_2.audit.of_published import RULES as PUBLISHED_RULES
from report.studies.assignment_2.audit.of_run import RULES as RUN_RULES
from report.studies.assignment_2.figures.catalogue import FIGURES
from report.studies.assignment_2.quantities import QUANTITIES
from report.studies.assignment_2.sections import facts
from report.studies.assignment_2.tables.catalogue import TABLES
from report.studies.assignment_2.tables.sensitivity import results as SENSITIVE  # noqa: N812  # a declaration, as the others are
from report.studies.assignment_2.views import VIEWS

__all__ = ["FIGURES", "HEADLINE", "PUBLISHED_RULES", "QUANTITIES", "RUN_RULES", "SENSITIVE", "TABLES", "VIEWS", "facts"]

HEADLINE = (
    "table-4.ae.validation-loss",
    "table-4.dae.validation-loss",
    "figure-2.ae.mean-error",
    "text.dae.restores",
    *(f"table-5.{model}.accuracy" for model in ("ae", "vae", "dae")),
    *(f"table-6.{start}.map50" for start in ("scratch", "transfer")),
    "transfer.recall-throughout",
)
