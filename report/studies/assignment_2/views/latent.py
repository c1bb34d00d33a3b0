"""The planes of t-SNE as points that are linked across the spaces, with what each classifier predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from report.evidence.records import frame
from report.printing.figure_style import CLASS_COLOUR
from report.studies.assignment_2.models import MODELS
from report.studies.assignment_2.tables.latent import SPACES
from report.studies.assignment_2.views.images import pictured

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import JsonValue

    from report.evidence.subject import Subject

MOST = 4000
"""Points that the page takes at most; a phone draws four panels of them within a frame or two."""
_SEED = 0
_STEPS = 1000  # places along an axis: finer than a panel's pixels


def points(subject: Subject) -> JsonValue:
    """The first seed of each space; None where no space has a result."""
    found = {space: records[0] for space in SPACES if (records := subject.evidence.complete("latent", space))}
    if not found:
        return None
    tables = {space: frame(stored, "coordinates.parquet").set_index("index") for space, stored in found.items()}
    common = sorted(set.intersection(*(set(table.index.tolist()) for table in tables.values())))
    kept = common
    if len(common) > MOST:
        kept = sorted(np.random.default_rng(_SEED).choice(common, MOST, replace=False).tolist())
    first = next(iter(tables.values())).loc[kept]
    return {
        "kind": "points",
        "classes": list(subject.published.words("classes")),
        "colours": list(CLASS_COLOUR),
        "index": [int(one) for one in kept],
        "label": [int(label) for label in first["label"]],
        "panels": [{"name": subject.strings(f"models.{space}"), **_plane(table.loc[kept])} for space, table in tables.items()],
        "predicted": {subject.model(model): shown for model in MODELS if (shown := _predicted(subject, model, kept))},
        "shown": len(kept),
        "count": len(common),
        "seed": _SEED,
        "pictured": len(pictured(subject) & set(kept)),
        "data": _rows(subject, tables),
    }


def _plane(table: pd.DataFrame) -> dict[str, JsonValue]:
    """Coordinates from 0 to ``_STEPS`` along the longer side."""
    low, high = table[["x", "y"]].min(), table[["x", "y"]].max()
    scale = _STEPS / max(float((high - low).max()), 1e-9)
    return {axis: ((table[axis] - low[axis]) * scale).round().astype(int).tolist() for axis in ("x", "y")}


def _predicted(subject: Subject, model: str, kept: list[int]) -> list[JsonValue]:
    """The class that the model's first classifier gives each image, None where it has none."""
    records = subject.evidence.complete("classifier", model)
    if not records:
        return []
    table = frame(records[0], "predictions.parquet").set_index("index")["predicted"]
    known = {int(index): int(label) for index, label in zip(table.index, table, strict=True)}
    return [known.get(index) for index in kept]


def _rows(subject: Subject, tables: dict[str, pd.DataFrame]) -> list[JsonValue]:
    """The points for a spreadsheet: at most ``MOST`` a space."""
    rows: list[JsonValue] = [["space", "image", "class", "x", "y"]]
    names = subject.published.words("classes")
    for space, table in tables.items():
        label = subject.strings(f"models.{space}")
        for index, row in table.iloc[: MOST // len(tables)].iterrows():
            rows.append(
                [label, int(str(index)), names[int(row["label"])], round(float(row["x"]), 2), round(float(row["y"]), 2)]
            )
    return rows
