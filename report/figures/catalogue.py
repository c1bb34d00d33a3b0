"""All figures of the report in order, and how they are written: add one by adding its function here."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import matplotlib as mpl

from report.figures import confusion, curves, diagrams, latent, reconstruction
from report.figures.style import save, styled
from report.published import MODELS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from report.figures.style import Drawing
    from report.subject import Subject


def figures() -> Mapping[str, Callable[[Subject], Drawing]]:
    """Identifier to the function that draws it."""
    return {
        "losses": curves.losses,
        **{f"pairs-{model}": partial(reconstruction.pairs, model=model) for model in MODELS},
        "distributions": reconstruction.distributions,
        "robustness": reconstruction.robustness,
        "latent": latent.projections,
        **{f"confusion-{model}": partial(confusion.matrix, model=model) for model in MODELS},
        "classifiers": curves.classifiers,
        "networks": diagrams.autoencoders,
        "classifier-networks": diagrams.classifiers,
    }


def draw_all(subject: Subject, folder: Path) -> dict[str, str]:
    """Write every figure as ``<identifier>.svg`` into ``folder``; returns identifier to alternative text."""
    alts: dict[str, str] = {}
    with mpl.rc_context(styled()):
        for identifier, draw in figures().items():
            drawing = draw(subject)
            save(drawing.figure, folder / f"{identifier}.svg")
            alts[identifier] = drawing.alt
    return alts
