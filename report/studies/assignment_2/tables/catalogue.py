"""The tables of this study: add one by adding its function here and its place in a section template."""

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
)
