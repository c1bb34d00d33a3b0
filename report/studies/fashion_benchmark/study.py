"""What this study adds to the report, as ``report/evidence/studies.py`` finds it."""

from functools import partial

from report.studies.fashion_benchmark.audit.of_published import RULES as PUBLISHED_RULES
from report.studies.fashion_benchmark.audit.of_run import RULES as RUN_RULES
from report.studies.fashion_benchmark.figures.dots import GROUPS, group
from report.studies.fashion_benchmark.sections import facts
from report.studies.fashion_benchmark.sensitivity import results as SENSITIVE  # noqa: N812  # a declaration, as the others are
from report.studies.fashion_benchmark.tables import accuracies, data_version, verdicts

__all__ = ["FIGURES", "PUBLISHED_RULES", "RUN_RULES", "SENSITIVE", "TABLES", "facts"]

TABLES = (accuracies.headline, data_version.files, accuracies.run_rows, accuracies.other_rows, verdicts.families)
FIGURES = {name: partial(group, name=name) for name in GROUPS}
