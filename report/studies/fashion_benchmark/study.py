"""What this study adds to the report, as ``report/evidence/studies.py`` finds it."""

from functools import partial

from report.studies.fashion_benchmark.audit.of_published import RULES as PUBLISHED_RULES
from report.studies.fashion_benchmark.audit.of_run import RULES as RUN_RULES
from report.studies.fashion_benchmark.figures.dots import GROUPS, group
from report.studies.fashion_benchmark.rows import variant_name
from report.studies.fashion_benchmark.sections import facts
from report.studies.fashion_benchmark.sensitivity import results as SENSITIVE  # noqa: N812  # a declaration, as the others are
from report.studies.fashion_benchmark.tables import accuracies, data_version, verdicts

__all__ = ["FIGURES", "HEADLINE", "PUBLISHED_RULES", "RUN_RULES", "SENSITIVE", "TABLES", "facts", "variant_name"]

TABLES = (accuracies.headline, data_version.files, accuracies.run_rows, accuracies.other_rows, verdicts.families)
FIGURES = {name: partial(group, name=name) for name in GROUPS}

HEADLINE = tuple(
    f"table-3.{row}"
    for row in (
        "svc-10-rbf",
        "gradient-boosting-100-10",
        "random-forest-100-entropy-100",
        "random-forest-10-entropy-10",
        "mlp-relu-100",
        "neighbours-distance-9-1",
        "logistic-1-l1",
        "linear-svc-hinge-1-ovr-l2",
        "sgd-hinge-l2",
        "decision-tree-entropy-10-best",
        "decision-tree-entropy-10-random",
        "perceptron-l1",
        "passive-aggressive-1",
        "extra-tree-gini-10-best",
        "gaussian-nb",
    )
)
"""The paper's best row of each family, and of two slow families a row that a short run has."""
