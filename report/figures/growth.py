"""How time and memory grow with the size of the work, as ``nox -s perf -- --scaling`` measured it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from report.printing.figure_style import RERUN_TRAIN, RERUN_VALIDATION, Drawing, canvas
from report.tables.performance import AXES, axis_name, points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from report.evidence.subject import Subject
    from report.tables.performance import Point

_MIB = 1 << 20
_PANEL_IN = 1.75


def growth(subject: Subject) -> Drawing | None:
    """Two panels for each axis, time and memory, all scales logarithmic; None where growth was not measured."""
    found = points(subject.perf) if subject.perf is not None else []
    measured = [axis for axis in AXES if any(one.axis == axis for one in found)]
    if not measured:
        return None
    figure, panels = canvas(len(measured), 2, _PANEL_IN * len(measured))
    for name, time, memory in zip(measured, panels[::2], panels[1::2], strict=True):
        mine = [one for one in found if one.axis == name]
        _line(subject, time, mine, [one.seconds for one in mine], RERUN_TRAIN)
        _line(subject, memory, mine, [one.peak_bytes / _MIB for one in mine], RERUN_VALIDATION)
        time.set_title(axis_name(subject, name))
        time.set_ylabel(subject.strings("figures.growth_time"))
        memory.set_ylabel(subject.strings("figures.growth_memory"))
    return Drawing(figure, _alt(subject, found))


def _line(subject: Subject, axis: Axes, mine: list[Point], values: list[float], colour: str) -> None:
    sizes = [one.size for one in mine]
    axis.plot(sizes, values, color=colour, marker="o")
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_ylim(min(values) / 2, max(values) * 2)
    axis.set_xticks(sizes, [subject.numbers.integer(size) for size in sizes])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: subject.numbers.significant(value, 1)))
    axis.yaxis.set_minor_locator(NullLocator())


def _alt(subject: Subject, found: list[Point]) -> str:
    s, numbers = subject.strings, subject.numbers
    parts = []
    for one in found:
        told = {"time": numbers.duration(one.seconds), "memory": numbers.size(one.peak_bytes)}
        parts.append(s("alt.growth_point", size=numbers.integer(one.size), axis=axis_name(subject, one.axis), **told))
    return s("alt.growth", listed="; ".join(parts))
