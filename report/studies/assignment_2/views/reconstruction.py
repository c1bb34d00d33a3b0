"""Stored reconstructions, one image at a time: input and the models side by side, for the clean and the noisy input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from report.studies.assignment_2.figures.reconstruction import squared_errors
from report.studies.assignment_2.models import MODELS
from report.studies.assignment_2.tables.reconstruction import shown_pairs
from report.studies.assignment_2.views.images import png

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pydantic import JsonValue

    from report.evidence.subject import Subject

_STEPS = (("original", "reconstruction"), ("noisy", "reconstruction_of_noisy"))  # input and output, clean and noisy


def pictures(subject: Subject) -> JsonValue:
    """The first seed's example images of each model; None where no model has a result."""
    found = {
        model: shown_pairs(records[0]) for model in MODELS if (records := subject.evidence.complete("reconstruction", model))
    }
    if not found:
        return None
    first = next(iter(found.values()))
    strips: list[NDArray[np.uint8]] = []
    rows: list[JsonValue] = []
    for given, output in _STEPS:
        step: list[JsonValue] = [_row(subject, strips, subject.strings("columns.input"), first, given)]
        step += [_row(subject, strips, subject.model(model), shown, output) for model, shown in found.items()]
        rows.append(step)
    classes = subject.published.words("classes")
    return {
        "kind": "pictures",
        "png": png(np.concatenate(strips)),
        "labels": [
            f"{classes[int(label)]} ({int(index)})" for label, index in zip(first["label"], first["index"], strict=True)
        ],
        "noise": [subject.strings("figures.input_clean"), subject.strings("figures.input_noisy")],
        "rows": rows,
        "data": _errors(subject, found),
    }


def _row(
    subject: Subject, strips: list[NDArray[np.uint8]], name: str, shown: dict[str, NDArray[np.float32]], kind: str
) -> dict[str, JsonValue]:
    """Add the images to the sheet; the panel's name, its row there, and what stands below each image."""
    images = np.clip(1 - shown[kind], 0, 1)
    strips.append(np.round(255 * np.concatenate(list(images), axis=1)).astype(np.uint8))
    errors = squared_errors(shown, kind)
    label = subject.strings("figures.mse_per_pixel")
    told: list[JsonValue] = [f"{label}: {subject.numbers.fixed(float(error), 4)}" for error in errors]
    return {"name": name, "row": len(strips) - 1, "errors": told}


def _errors(subject: Subject, found: dict[str, dict[str, NDArray[np.float32]]]) -> list[JsonValue]:
    rows: list[JsonValue] = [["model", "image", "mse_clean_input", "mse_noisy_input"]]
    for model, shown in found.items():
        errors = [squared_errors(shown, output) for _, output in _STEPS]
        for place, index in enumerate(shown["index"]):
            rows.append([subject.model(model), int(index), *(round(float(one[place]), 6) for one in errors)])
    return rows
