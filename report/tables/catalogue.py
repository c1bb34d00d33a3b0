"""All tables of a report: those of the study, and those that every study has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.tables import claims, costs, inference, performance, protocol_audit, provenance, reproduction, sensitivity
from report.tables.concordance import concordance

if TYPE_CHECKING:
    from collections.abc import Callable

    from report.evidence.subject import Subject
    from report.printing.table import Table

SHARED: tuple[Callable[[Subject], Table | None], ...] = (
    claims.matrix,
    claims.answer,
    sensitivity.results,
    sensitivity.verdicts,
    inference.distances,
    inference.curves,
    protocol_audit.audit,
    provenance.deviations,
    provenance.stated,
    provenance.assumed,
    provenance.environment,
    provenance.packages,
    provenance.inputs,
    costs.costs,
    provenance.tasks,
    performance.performance,
    performance.scaling,
    reproduction.reproduction,
)


def all_tables(subject: Subject) -> dict[str, Table]:
    """Identifier to table; one that would hold no number in this run is left out."""
    found = [function(subject) for function in (*subject.study.declared().tables, *SHARED)]
    there = {table.id: table for table in found if table is not None and not table.empty}
    of_source = concordance(subject, there.values())
    by_place = (grouped.table for grouped in claims.by_place(subject))
    return there | {table.id: table for table in (of_source, *by_place) if not table.empty}
