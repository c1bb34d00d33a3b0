"""A confusion matrix of one classifier whose cells name the test images that fell into them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from report.evidence.records import frame
from report.studies.assignment_2.views.images import pictured

if TYPE_CHECKING:
    from pydantic import JsonValue

    from report.evidence.subject import Subject

MOST = 24
"""Images that a cell shows at most, the surest first."""


def cells(subject: Subject, model: str) -> JsonValue:
    """Counts of the first seed's predictions and, by cell, the images of the sheet; None without a result."""
    records = subject.evidence.complete("classifier", model)
    if not records:
        return None
    table = frame(records[0], "predictions.parquet")
    classes = list(subject.published.words("classes"))
    counts = np.zeros((len(classes), len(classes)), np.int64)
    np.add.at(counts, (table["label"].to_numpy(np.int64), table["predicted"].to_numpy(np.int64)), 1)
    seen = table[table["index"].isin(pictured(subject))].sort_values(["probability", "index"], ascending=[False, True])
    inside: dict[str, list[JsonValue]] = {}
    columns = zip(seen["label"], seen["predicted"], seen["index"], seen["probability"], strict=True)
    for label, predicted, index, probability in columns:
        found = inside.setdefault(f"{label},{predicted}", [])
        if len(found) < MOST:
            found.append([int(index), subject.numbers.fixed(float(probability), 2)])
    rows: list[JsonValue] = [[classes[row], *map(int, counts[row])] for row in range(len(classes))]
    return {
        "kind": "cells",
        "title": subject.model(model),
        "classes": [*classes],
        "counts": [[*map(int, row)] for row in counts],
        "cells": {**inside},
        "seed": records[0].record.task.seed,
        "data": [["", *classes], *rows],
    }
