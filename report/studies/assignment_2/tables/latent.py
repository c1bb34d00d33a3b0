"""Numbers beside Figure 4: how separated the classes are in latent space and in the t-SNE plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.evidence.measure import metric
from report.printing import cells
from report.printing.table import Column, Table
from report.studies.assignment_2.measures import neighbours
from report.studies.assignment_2.models import MODELS

if TYPE_CHECKING:
    from report.evidence.measure import Measurement
    from report.evidence.subject import Subject

SPACES = (*MODELS, "pixels")
_METRICS = ("knn_accuracy_plane", "silhouette_latent", "silhouette_plane", "trustworthiness")


def separation(subject: Subject) -> Table:
    """Neighbour accuracy, silhouette and trustworthiness of each latent space, with raw pixels as the reference."""
    s = subject.strings
    everything: list[Measurement] = []
    rows = []
    for space in SPACES:
        near = neighbours(subject.evidence, space)
        size = metric(subject.evidence, "latent", space, "latent_values")
        others = [metric(subject.evidence, "latent", space, name) for name in _METRICS]
        everything += [near, *others]
        rows.append(
            (
                cells.text(s(f"models.{space}")),
                cells.value(subject, size, 0),
                cells.value(subject, near, 1, 100),
                cells.interval(subject, near, 1, 100),
                cells.value(subject, others[0], 1, 100),
                *(cells.value(subject, one, 3) for one in others[1:]),
                cells.seeds(subject, near),
            )
        )
    names = (
        "latent_values",
        "knn_latent",
        "interval",
        "knn_plane",
        "silhouette_latent",
        "silhouette_plane",
        "trustworthiness",
        "seeds",
    )
    heads = (Column(s("columns.space")), *(Column(s(f"columns.{name}"), "right") for name in names))
    return Table("separation", s("captions.separation"), heads, tuple(rows), cells.notes(subject, everything))
