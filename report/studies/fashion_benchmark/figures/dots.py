"""All rows of Table 3 as dots: published value with its tolerance, and the re-run's mean with its interval over seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from report.claims.schema import load_claims
from report.printing.figure_style import PUBLISHED, RERUN_TRAIN, Drawing, canvas
from report.studies.fashion_benchmark.rows import accuracy, label, rows
from report.studies.fashion_benchmark.tables.verdicts import ROW_CLAIM

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from report.evidence.subject import Subject
    from report.studies.fashion_benchmark.rows import Row

GROUPS = {
    "dots-trees": ("decision-tree", "extra-tree", "random-forest", "gradient-boosting"),
    "dots-linear": ("linear-svc", "logistic", "passive-aggressive", "perceptron", "sgd"),
    "dots-others": ("gaussian-nb", "neighbours", "mlp", "svc"),
}
_ROW_IN = 0.165  # of height a row: text of 7.5 pt does not touch its neighbours
_EDGE_IN = 0.9
_DOT: dict[str, Any] = {"linestyle": "none", "markersize": 7}


def group(subject: Subject, name: str) -> Drawing:
    """One group of families, a line a row in the order of the table."""
    chosen = [row for row in rows(subject) if row.family in GROUPS[name]]
    figure, (axis,) = canvas(1, 1, _EDGE_IN + _ROW_IN * len(chosen))
    reach = _tolerance(subject)
    for height, row in enumerate(reversed(chosen)):
        _line(subject, axis, height, row, reach)
    axis.set_yticks(range(len(chosen)), [label(subject, row) for row in reversed(chosen)], fontsize=7.5)
    axis.set_ylim(-0.7, len(chosen) - 0.3)
    axis.set_xlabel(subject.strings("figures.accuracy"))
    axis.grid(visible=False, axis="y")
    handles, labels = axis.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    figure.legend(once.values(), once.keys(), loc="outside lower center", ncols=3)
    return Drawing(figure, _alt(subject, chosen))


def _line(subject: Subject, axis: Axes, height: int, row: Row, reach: float) -> None:
    s, printed, measured = subject.strings, row.published.value, accuracy(subject, row.key)
    bounds = (printed - reach, printed + reach)
    axis.plot(bounds, (height, height), color=PUBLISHED, alpha=0.3, linewidth=4, label=s("figures.tolerance"))
    axis.plot(printed, height, color=PUBLISHED, label=s("figures.published"), marker="|", **_DOT)
    if measured.summary is None:
        return
    if measured.interval is not None:
        axis.plot([measured.interval.low, measured.interval.high], [height, height], color=RERUN_TRAIN, linewidth=1.2)
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
