"""Draws the figures that a study declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl

from report.printing.figure_style import save, styled

if TYPE_CHECKING:
    from pathlib import Path

    from report.evidence.subject import Subject
    from report.printing.figure_style import Drawing


def draw_all(subject: Subject, folder: Path) -> dict[str, Drawing]:
    """Write every figure as ``<identifier>.svg`` into ``folder``; one that has nothing to show in this run is left out."""
    found: dict[str, Drawing] = {}
    with mpl.rc_context(styled()):
        for identifier, draw in subject.study.declared().figures.items():
            drawing = draw(subject)
            if drawing is not None:
                save(drawing, folder / f"{identifier}.svg", subject.numbers.decimal_mark)
                found[identifier] = drawing
    return found
