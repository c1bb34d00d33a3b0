"""The figures of this study by identifier, each a function that draws it: add one by adding its function here."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from report.studies.assignment_2.figures import (
    confusion,
    curves,
    detection_curves,
    detection_quality,
    detections,
    diagrams,
    latent,
    reconstruction,
)
from report.studies.assignment_2.models import MODELS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from report.evidence.subject import Subject
    from report.printing.figure_style import Drawing

FIGURES: Mapping[str, Callable[[Subject], Drawing | None]] = {
    "losses": curves.losses,
    **{f"pairs-{model}": partial(reconstruction.pairs, model=model) for model in MODELS},
    "distributions": reconstruction.distributions,
    "robustness": reconstruction.robustness,
    "latent": latent.projections,
    **{f"confusion-{model}": partial(confusion.matrix, model=model) for model in MODELS},
    "classifiers": curves.classifiers,
    "detection-losses": detection_curves.losses,
    "detection-curves": detection_curves.precision_recall,
    "detection-overlap": detection_quality.overlap,
    "detection-confusion": detection_quality.confusion,
    "detections-transfer": detections.pretrained,
    "networks": diagrams.autoencoders,
    "classifier-networks": diagrams.classifiers,
    "epochs-scratch": partial(detection_curves.by_epoch, start="scratch"),
    "epochs-transfer": partial(detection_curves.by_epoch, start="transfer"),
    "detections-1": partial(detections.side_by_side, place=0),
    "detections-2": partial(detections.side_by_side, place=1),
}
"""A function gives None where the run has not the part that its figure belongs to."""
