"""AE, VAE and DAE in pairs: differences over seeds, and over the test images of each single run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.evidence.records import reference
from report.inference.testing import ALPHA, difference_p, holm
from report.printing import cells
from report.printing.table import Cell, Column, Number, Table
from report.studies.assignment_2.per_image import INPUTS, PAIRS, accuracy_gap, discordances, duels, error_gap, error_gaps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from report.evidence.measure import Measurement
    from report.evidence.subject import Subject
    from report.studies.assignment_2.per_image import Discordance, Duel, ErrorGap

_POINTS = 100  # percentage points in a fraction of 1
_ERROR_DECIMALS = 6  # the interval over 10,000 images is about 0.00005 wide


def classifier_pairs(subject: Subject) -> Table | None:
    """Accuracy of one classifier less that of another, paired by seed; None where the run has no classifier."""
    s, tests = subject.strings, discordances(subject.evidence)
    if not tests:
        return None
    gaps = [accuracy_gap(subject.evidence, pair) for pair in PAIRS]
    rows = []
    for pair, gap, p in zip(PAIRS, gaps, _family(gaps), strict=True):
        own = [(duel, test) for duel, test in tests if duel.pair == pair]
        over_seeds = (
            cells.signed(subject, gap, 2, _POINTS),
            cells.interval(subject, gap, 2, _POINTS),
            _p(subject, p, gap.references),
            _n(subject, gap, len(own)),
        )
        rows.append((_pair(subject, pair), _published(subject, pair), *over_seeds, _below(subject, own)))
    names = ("published", "rerun", "interval", "p_seeds", "seeds", "seeds_below")
    notes = (*_seeds_note(subject, gaps), s("tables.pairs_images_note", alpha=subject.numbers.fixed(ALPHA, 2)))
    return _table(subject, "classifier-pairs", ("pair",), names, rows, (*notes, *cells.notes(subject, gaps)))


def classifier_images(subject: Subject) -> Table | None:
    """Images that one of two classifiers alone gets right, and McNemar's test, for every pair and seed."""
    tests = discordances(subject.evidence)
    rows = [(_pair(subject, duel.pair), cells.text(str(duel.seed)), *_counted(subject, duel, test)) for duel, test in tests]
    names = ("seed", "points", "first_only", "second_only", "p_image", "p_family")
    family = sum(test is not None for _, test in tests)
    notes = (subject.strings("tables.mcnemar_note", family=family), *_missing(subject, (duel for duel, _ in tests)))
    return _table(subject, "classifier-images", ("pair",), names, rows, notes) if rows else None


def error_pairs(subject: Subject) -> Table | None:
    """Mean test error of one model less that of another, paired by seed; None where the run has no reconstruction."""
    asked = duels(subject.evidence, "reconstruction")
    if not asked:
        return None
    kinds = [(pair, which) for pair in PAIRS for which in INPUTS]
    gaps = [error_gap(subject.evidence, pair, which) for pair, which in kinds]
    rows = [
        (
            _pair(subject, pair, which),
            cells.signed(subject, gap, _ERROR_DECIMALS),
            cells.interval(subject, gap, _ERROR_DECIMALS),
            _p(subject, p, gap.references),
            _n(subject, gap, sum(duel.pair == pair for duel in asked)),
        )
        for (pair, which), gap, p in zip(kinds, gaps, _family(gaps), strict=True)
    ]
    notes = (*_seeds_note(subject, gaps), *cells.notes(subject, gaps))
    names = ("mean_difference", "interval", "p_seeds", "seeds")
    return _table(subject, "error-pairs", ("pair_input",), names, rows, notes)


def error_images(subject: Subject) -> Table | None:
    """Mean difference of the errors over the test images of each run, with its t interval over images."""
    found = error_gaps(subject.evidence)
    rows = [(_pair(subject, duel.pair), cells.text(str(duel.seed)), *_resampled(subject, duel, gaps)) for duel, gaps in found]
    names = ("seed", *(f"{which}_{part}" for which in INPUTS for part in ("difference", "interval")))
    notes = (subject.strings("tables.images_t_note"), *_missing(subject, (duel for duel, _ in found)))
    return _table(subject, "error-images", ("pair",), names, rows, notes) if rows else None


def _table(
    subject: Subject,
    name: str,
    labels: Sequence[str],
    numbers: Sequence[str],
    rows: Sequence[tuple[Cell, ...]],
    notes: tuple[str, ...],
) -> Table:
    s = subject.strings
    heads = [Column(s(f"columns.{one}")) for one in labels] + [Column(s(f"columns.{one}"), "right") for one in numbers]
    return Table(name, s(f"captions.{name}"), tuple(heads), tuple(rows), notes)


def _pair(subject: Subject, pair: tuple[str, str], which: str = "") -> Cell:
    first, second = (subject.model(model) for model in pair)
    if not which:
        return cells.text(subject.strings("tables.minus", first=first, second=second))
    return cells.text(subject.strings("tables.minus_on", first=first, second=second, which=subject.strings(f"tables.{which}")))


def _published(subject: Subject, pair: tuple[str, str]) -> Cell:
    first, second = (subject.published.find(f"table-5.{model}.accuracy") for model in pair)
    if first is None or second is None:
        return cells.nothing()
    return cells.of(subject, Number(first.value - second.value, first.decimals, signed=True), "published", source=first.place)


def _family(gaps: Sequence[Measurement]) -> list[float | None]:
    """The two-sided P value of each gap over seeds, adjusted for all of them; None where there is no test."""
    raw = [difference_p(gap.summary) if gap.summary else None for gap in gaps]
    adjusted = iter(holm([p for p in raw if p is not None]))
    return [None if p is None else next(adjusted) for p in raw]


def _p(subject: Subject, p: float | None, records: tuple[str, ...]) -> Cell:
    if p is None:
        return cells.nothing()
    number, small = subject.numbers.p_value(p)
    return Cell(subject.strings("tables.p_below", number=number) if small else number, "value", records)


def _n(subject: Subject, gap: Measurement, asked: int) -> Cell:
    """How many seeds have both sides, of how many that were asked for."""
    done = gap.summary.n if gap.summary else 0
    return cells.text(str(done) if done == asked else subject.strings("tables.of", done=done, asked=asked))


def _below(subject: Subject, tests: Sequence[tuple[Duel, Discordance | None]]) -> Cell:
    """In how many seeds McNemar's test, adjusted within its family, is below alpha."""
    known = [(duel, test) for duel, test in tests if test is not None]
    if not known:
        return cells.nothing()
    below = sum(test.adjusted < ALPHA for _, test in known)
    records = tuple(reference(stored) for duel, _ in known for stored in duel.sides)
    return Cell(subject.strings("tables.of", done=below, asked=len(known)), "value", records)


def _counted(subject: Subject, duel: Duel, test: Discordance | None) -> tuple[Cell, ...]:
    if test is None:
        return (_absent(subject, duel), *(cells.nothing(),) * 4)
    records = tuple(reference(stored) for stored in duel.sides)
    counts = (subject.numbers.integer(count) for count in (test.first_only, test.second_only))
    texts = (subject.numbers.signed(_POINTS * test.gap, 2), *counts)
    return (*(Cell(text, "value", records) for text in texts), *(_p(subject, p, records) for p in (test.p, test.adjusted)))


def _resampled(subject: Subject, duel: Duel, gaps: Mapping[str, ErrorGap]) -> tuple[Cell, ...]:
    if not gaps:
        return (_absent(subject, duel), *(cells.nothing(),) * 3)
    records = tuple(reference(stored) for stored in duel.sides)
    texts = []
    for which in INPUTS:
        texts.append(subject.numbers.signed(gaps[which].mean, _ERROR_DECIMALS))
        texts.append(subject.numbers.interval(gaps[which].interval, _ERROR_DECIMALS))
    return tuple(Cell(text, "value", records) for text in texts)


def _absent(subject: Subject, duel: Duel) -> Cell:
    """The word for why a pair has no result with this seed."""
    lacking = [stored for stored in duel.sides if stored.record.status != "ok"]
    if not lacking:
        return cells.word(subject, "not_run")
    return cells.word(subject, lacking[0].record.status, tuple(reference(stored) for stored in lacking))


def _missing(subject: Subject, found: Iterable[Duel]) -> tuple[str, ...]:
    """The tasks for want of which a duel has no result, with their reasons."""
    tasks = {stored.record.task.id: stored for duel in found for stored in duel.sides if stored.record.status != "ok"}
    return cells.task_notes(subject, tasks.values())


def _seeds_note(subject: Subject, gaps: Sequence[Measurement]) -> tuple[str, ...]:
    """What the intervals over seeds mean; nothing where no seed has another beside it."""
    tests = sum(p is not None for p in _family(gaps))
    return (subject.strings("tables.pairs_seeds_note", family=tests),) if tests else ()
