"""Draws the figures that a study declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl

from report.figures.kept import drawn
from report.printing.figure_style import styled

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from report.evidence.subject import Subject
    from report.figures.kept import Drawn


def draw_all(
    subject: Subject, folder: Path, kept: Path | None = None, names: Collection[str] | None = None
) -> dict[str, Drawn]:
    """Write every figure as ``<identifier>.svg`` into ``folder``; one that has nothing to show in this run is left out.

    Figures of earlier builds lie in ``kept``; without it all are drawn. ``names`` are those that are wanted, all by default.
    """
    found: dict[str, Drawn] = {}
    with mpl.rc_context(styled()):
        for identifier, draw in subject.study.declared().figures.items():
            if names is None or identifier in names:
                made = drawn(subject, identifier, draw, folder / f"{identifier}.svg", kept)
                if made is not None:
                    found[identifier] = made
    return found
