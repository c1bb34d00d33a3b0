"""The tables of an inference: which combination of unstated values comes nearest to the published curves, and by how much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.claims.curves import fits
from report.printing import cells
from report.printing.table import Cell, Column, Table
from report.tables.setting_words import setting

if TYPE_CHECKING:
    from report.claims.curves import Fit
    from report.evidence.subject import Subject
    from report.evidence.vocabulary import ShownCurve

_PERCENT = 100.0
_VERDICTS = {True: "farther", False: "not_told_apart", None: "untested"}
_TONES = {"nearest": "ok", "not_told_apart": "ok", "farther": "bad", "untested": "muted"}


def distances(subject: Subject) -> Table:
    """A row for each place of the source and combination, the nearest first."""
    s = subject.strings
    found = fits(subject)
    rows = tuple(_row(subject, fit) for fit in found)
    heads = (
        *(Column(s(f"columns.{name}")) for name in ("place", "setting")),
        *(
            Column(s(f"columns.{name}"), "right")
            for name in ("curve_distance", "beyond_nearest", "gap_interval_seeds", "pairs")
        ),
        Column(s("columns.explains")),
    )
    return Table("inference", s("captions.inference"), heads, rows, cells.notes(subject, [fit.distance for fit in found]))


def curves(subject: Subject) -> Table:
    """The mean distance from each curve, in the unit that the source prints."""
    s = subject.strings
    found = fits(subject)
    names = dict.fromkeys(_name(subject, curve) for fit in found for curve, _ in fit.curves)
    rows = []
    for fit in found:
        by_name = {_name(subject, curve): cells.significant(subject, measured, 2) for curve, measured in fit.curves}
        values = (by_name.get(name, cells.nothing()) for name in names)
        rows.append((cells.text(place_name(subject, fit.place)), cells.text(combination(subject, fit)), *values))
    heads = (*(Column(s(f"columns.{name}")) for name in ("place", "setting")), *(Column(name, "right") for name in names))
    return Table("inference-curves", s("captions.inference-curves"), heads, tuple(rows))


def lines(subject: Subject) -> tuple[str, ...]:
    """A sentence for each place: what comes nearest, and what cannot be told apart from it."""
    found = fits(subject)
    sentences = []
    for place in dict.fromkeys(fit.place for fit in found):
        here = [fit for fit in found if fit.place == place and fit.distance.summary is not None]
        if not here:
            continue
        nearest, *others = here
        close = [combination(subject, fit) for fit in others if fit.apart is not True]
        values = {
            "place": place_name(subject, place),
            "nearest": combination(subject, nearest),
            "distance": cells.value(subject, nearest.distance, 1, _PERCENT).text,
            "seeds": len(nearest.distance.values),
            "others": len(others),
            "farther": sum(fit.apart is True for fit in others),
            "close": "; ".join(close),
        }
        sentences.append(subject.strings("inference.line", **values))
    return tuple(sentences)


def combination(subject: Subject, fit: Fit) -> str:
    """The values that differ from the run's own, or the words for these."""
    return subject.strings("inference.own") if fit.trial is None else setting(subject, fit.trial)


def place_name(subject: Subject, place: str) -> str:
    """``Figure 6`` of a place whose source says more."""
    return subject.strings.place(subject.published.places[place].source.partition(",")[0])


def _row(subject: Subject, fit: Fit) -> tuple[Cell, ...]:
    return (
        cells.text(place_name(subject, fit.place)),
        cells.text(combination(subject, fit)),
        cells.value(subject, fit.distance, 2, _PERCENT),
        *_beyond(subject, fit),
    )


def _beyond(subject: Subject, fit: Fit) -> tuple[Cell, ...]:
    if fit.distance.summary is None:
        return (cells.nothing(),) * 4
    if fit.behind is None:
        return (*(cells.nothing(),) * 2, Cell(str(len(fit.distance.values))), _verdict(subject, fit, "nearest"))
    return (
        cells.signed(subject, fit.behind, 2, _PERCENT),
        cells.interval(subject, fit.behind, 2, _PERCENT),
        cells.pairs(fit.behind),
        _verdict(subject, fit, _VERDICTS[fit.apart]),
    )


def _verdict(subject: Subject, fit: Fit, key: str) -> Cell:
    return Cell(subject.strings(f"inference.{key}"), "status", fit.distance.references, tone=_TONES[key])  # type: ignore[arg-type]


def _name(subject: Subject, curve: ShownCurve) -> str:
    return subject.strings(f"inference.of_{curve.part}", variant=subject.model(curve.variant))
