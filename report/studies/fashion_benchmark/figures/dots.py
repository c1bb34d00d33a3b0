"""All rows of Table 3 as dots: published value with its tolerance, and the re-run's mean with its interval over seeds."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from report.claims.schema import load_claims
from report.printing.cells import shown_interval
from report.printing.figure_style import PUBLISHED, RERUN_TRAIN, Drawing, canvas
from report.studies.fashion_benchmark.rows import accuracy, label, rows
from report.studies.fashion_benchmark.tables.verdicts import ROW_CLAIM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from report.evidence.subject import Subject
    from report.studies.fashion_benchmark.rows import Row

GROUPS = {
    "dots-trees": ("decision-tree", "extra-tree"),
    "dots-ensembles": ("random-forest", "gradient-boosting"),
    "dots-linear": ("linear-svc", "logistic"),
    "dots-online": ("passive-aggressive", "perceptron", "sgd"),
    "dots-others": ("gaussian-nb", "neighbours", "mlp"),
    "dots-svc": ("svc",),
}
_ROW_IN = 0.122  # of height a line: text of 7.5 pt does not touch its neighbours, and two figures fit a page of print
_EDGE_IN = 0.78
_DOT: dict[str, Any] = {"linestyle": "none", "markersize": 7}


def group(subject: Subject, name: str) -> Drawing:
    """One group of families, a line a row in the order of the table."""
    chosen = [row for row in rows(subject) if row.family in GROUPS[name]]
    lines = list(reversed(_lines(subject, chosen)))
    figure, (axis,) = canvas(1, 1, _EDGE_IN + _ROW_IN * len(lines))
    reach = _tolerance(subject)
    for height, (_, row) in enumerate(lines):
        if row is not None:
            _line(subject, axis, height, row, reach)
    axis.set_yticks(range(len(lines)), [words for words, _ in lines], fontsize=7.5)
    for (words, row), tick in zip(lines, axis.get_yticklabels(), strict=True):
        tick.set_fontweight("bold" if row is None or words != row.settings else "normal")
    axis.tick_params(axis="y", length=0)
    axis.set_ylim(-0.7, len(lines) - 0.3)
    axis.set_xlabel(subject.strings("figures.accuracy"))
    axis.grid(visible=False, axis="y")
    handles, labels = axis.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    figure.legend(once.values(), once.keys(), loc="outside lower center", ncols=4)
    return Drawing(figure, _alt(subject, chosen))


def _lines(subject: Subject, chosen: Sequence[Row]) -> list[tuple[str, Row | None]]:
    """Each family's name in a line of its own above the settings of its rows; a family of one row has its name alone."""
    found: list[tuple[str, Row | None]] = []
    for family, own in groupby(chosen, key=lambda row: row.family):
        name, rows_of_it = subject.strings(f"families.{family}"), list(own)
        if len(rows_of_it) == 1:
            found.append((label(subject, rows_of_it[0]), rows_of_it[0]))
        else:
            found += [(name, None), *((row.settings, row) for row in rows_of_it)]
    return found


def _line(subject: Subject, axis: Axes, height: int, row: Row, reach: float) -> None:
    s, printed, measured = subject.strings, row.published.value, accuracy(subject, row.key)
    bounds = (printed - reach, printed + reach)
    axis.plot(bounds, (height, height), color=PUBLISHED, alpha=0.3, linewidth=4, label=s("figures.tolerance"))
    axis.plot(printed, height, color=PUBLISHED, label=s("figures.published"), marker="|", **_DOT)
    if measured.summary is None:
        return
    span = shown_interval(subject, measured)
    if span is not None:
        axis.plot([span.low, span.high], [height, height], color=RERUN_TRAIN, linewidth=1.2, label=s("figures.interval"))
    axis.plot(measured.summary.mean, height, color=RERUN_TRAIN, label=s("figures.rerun"), marker=".", **_DOT)


def _tolerance(subject: Subject) -> float:
    """Half the width of the tolerance around a row's value, as the claims have it for every row."""
    claims = load_claims(subject.study.data).claims
    return next(claim.tolerance.around(0.0) for claim in claims if claim.id.startswith(ROW_CLAIM) and claim.tolerance)


def _alt(subject: Subject, chosen: list[Row]) -> str:
    s, numbers = subject.strings, subject.numbers
    parts = []
    for row in chosen:
        measured = accuracy(subject, row.key)
        if measured.summary is not None:
            found = numbers.fixed(measured.summary.mean, 3)
            parts.append(s("alt.dot", row=label(subject, row), published=numbers.fixed(row.published.value, 3), rerun=found))
    return s("alt.dots", rows=len(chosen), run=len(parts), listed="; ".join(parts))
