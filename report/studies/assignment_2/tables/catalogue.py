"""All tables of the report: add one by adding its function here and its place in a section template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.studies.assignment_2.tables import (
    architecture,
    arms,
    classification,
    detection,
    detection_data,
    latent,
    leakage,
    model_pairs,
    reconstruction,
    training,
)
from report.tables import claims, protocol_audit, provenance, reproduction, sensitivity

if TYPE_CHECKING:
    from collections.abc import Callable

    from report.evidence.subject import Subject
    from report.printing.table import Table

TABLES: tuple[Callable[[Subject], Table | None], ...] = (
    training.headline,
    architecture.autoencoder,
    architecture.variational,
    architecture.networks,
    reconstruction.traits,
    training.hyperparameters,
    training.losses,
    reconstruction.pair_errors,
    reconstruction.errors,
    model_pairs.error_pairs,
    model_pairs.error_images,
    reconstruction.robustness,
    latent.separation,
    classification.scores,
    classification.per_class,
    model_pairs.classifier_pairs,
    model_pairs.classifier_images,
    detection_data.data,
    detection_data.problems,
    arms.layers,
    arms.speed,
    detection.transfer,
    detection.curves,
    detection.pairs,
    detection.statements,
    leakage.by_split,
    leakage.differences,
    arms.training,
    arms.classes,
    claims.claims,
    sensitivity.results,
    sensitivity.verdicts,
    protocol_audit.audit,
    provenance.deviations,
    provenance.stated,
    provenance.assumed,
    provenance.environment,
    provenance.packages,
    provenance.inputs,
    provenance.tasks,
    provenance.performance,
    reproduction.reproduction,
)


def all_tables(subject: Subject) -> dict[str, Table]:
    """Identifier to table; one that has nothing to show in this run is left out."""
    found = (function(subject) for function in TABLES)
    return {table.id: table for table in found if table is not None and table.rows}
