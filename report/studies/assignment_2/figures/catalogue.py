"""All figures of the report in order, and how they are written: add one by adding its function here."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import matplotlib as mpl

from report.printing.figure_style import save, styled
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
    from pathlib import Path

    from report.evidence.subject import Subject
    from report.printing.figure_style import Drawing


PICTURES = frozenset({"detections-transfer", "detections-1", "detections-2"})
"""Figures made of photographs: kept as JPEG, and never shrunk to the width of a phone."""


def figures() -> Mapping[str, Callable[[Subject], Drawing | None]]:
    """Identifier to the function that draws it; None where the run has not the part that the figure belongs to."""
    return {
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


def draw_all(subject: Subject, folder: Path) -> dict[str, str]:
    """Write every figure as ``<identifier>.svg`` into ``folder``; returns identifier to alternative text."""
    alts: dict[str, str] = {}
    with mpl.rc_context(styled()):
        for identifier, draw in figures().items():
            drawing = draw(subject)
            if drawing is not None:
                save(drawing.figure, folder / f"{identifier}.svg", photographs=identifier in PICTURES)
                alts[identifier] = drawing.alt
    return alts
