"""All views of this study by the figure below which they open; ``images`` is the sheet of pictures that they share."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from report.studies.assignment_2.models import MODELS
from report.studies.assignment_2.views import confusion, detections, images, latent, reconstruction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import JsonValue

    from report.evidence.subject import Subject

VIEWS: Mapping[str, Callable[[Subject], JsonValue]] = {
    "images": images.sheet,
    "latent": latent.points,
    **{f"confusion-{model}": partial(confusion.cells, model=model) for model in MODELS},
    "pairs-ae": reconstruction.pictures,
    **{f"detections-{place + 1}": partial(detections.boxes, place=place) for place in range(2)},
}
"""Identifier of a figure to a function of the subject; None where the run has nothing for it."""
