"""Draws the figures that a study declares, and those that every study has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl

from report.figures.growth import growth
from report.figures.kept import drawn
from report.printing.figure_style import styled

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from report.evidence.subject import Subject
    from report.figures.kept import Drawn
    from report.printing.figure_style import Drawing

SHARED: Mapping[str, Callable[[Subject], Drawing | None]] = {"growth": growth}  # drawn from no record, and so never kept


def draw_all(
    subject: Subject, folder: Path, kept: Path | None = None, names: Collection[str] | None = None
) -> dict[str, Drawn]:
    """Write every figure as ``<identifier>.svg`` into ``folder``; one that has nothing to show in this run is left out.

    Figures of earlier builds lie in ``kept``; without it all are drawn. ``names`` are those that are wanted, all by default.
    """
    found: dict[str, Drawn] = {}
    with mpl.rc_context(styled()):
        own = {identifier: (draw, kept) for identifier, draw in subject.study.declared().figures.items()}
        shared = {identifier: (draw, None) for identifier, draw in SHARED.items()}
        for identifier, (draw, place) in {**own, **shared}.items():
            if names is None or identifier in names:
                made = drawn(subject, identifier, draw, folder / f"{identifier}.svg", place)
                if made is not None:
                    found[identifier] = made
    return found
