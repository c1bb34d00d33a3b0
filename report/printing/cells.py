"""The cells that many tables share: published and measured numbers, intervals, differences, and words for what is missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from report.evidence.records import reference
from report.printing.formatting import decimals_for
from report.printing.markdown import link
from report.printing.markup import code, finished, joined, within
from report.printing.table import TONES, Cell, Column, Number
from store.records import folder_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from report.evidence.measure import Measurement
    from report.evidence.published import Printed
    from report.evidence.subject import Subject
    from report.inference.statistics import Interval
    from report.printing.table import Kind, Tone
    from store.records import Stored

DASH = "\N{EN DASH}"
LOG = "traceback.txt"
"""The file that a failed record keeps of an exception."""
COMPARED = ("published", "rerun", "difference", "interval", "seeds")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A published value, or None, beside its measurement; ``scale`` turns the measured unit into the printed one."""

    published: Printed | None
    measured: Measurement
    decimals: int
    scale: float = 1.0
    extra_decimals: int = 1


def of(subject: Subject, number: Number, kind: Kind, records: tuple[str, ...] = (), source: str = "") -> Cell:
    """A number, of which the cell keeps the value and the language makes the text."""
    return Cell(subject.numbers.shown(number), kind, records, source, number=number)


def text(content: str) -> Cell:
    """A label."""
    return Cell(content)


def marked(sentence: str) -> Cell:
    """A sentence as a label whose markup stays, such as the language of a quote."""
    return Cell(str(sentence), markup=finished(sentence))


def to_place(name: str, identifier: str) -> Cell:
    """The name of a place in the report, as a link to it."""
    return Cell(name, markup=within(name, identifier))


def tallied(subject: Subject, number: int, tone: Tone) -> Cell:
    """A count, marked where there is something to count, else a dash."""
    return Cell(subject.numbers.integer(number), "status", tone=tone) if number else nothing()


def nothing() -> Cell:
    """A cell without a value."""
    return Cell(DASH)


def status(subject: Subject, measured: Measurement) -> Cell:
    """The word for a quantity that no seed gave: diverged, failed, skipped, undefined, or not run."""
    words: list[str] = sorted({stored.record.status for stored in measured.incomplete})
    words += ["undefined"] if measured.undefined else []
    words = words or ["not_run"]
    label = ", ".join(subject.strings(f"status.{word}") for word in words)
    return Cell(label, "status", blamed(measured), tone=TONES[words[0]], missing=True)


def blamed(measured: Measurement) -> tuple[str, ...]:
    """The records for want of whose result the quantity has no value."""
    return tuple(reference(stored) for stored in (*measured.incomplete, *measured.undefined))


def word(subject: Subject, key: str, records: tuple[str, ...] = ()) -> Cell:
    """A task's status as a marked word; ``not_run`` where there is no task."""
    return Cell(subject.strings(f"status.{key}"), "status", records, tone=TONES[key], missing=key != "ok")


def value(subject: Subject, measured: Measurement, decimals: int, scale: float = 1.0) -> Cell:
    """The mean over seeds, or the word for its absence."""
    if measured.summary is None:
        return status(subject, measured)
    cell = of(subject, Number(scale * measured.summary.mean, decimals), "value", measured.references)
    return replace(cell, detail=_by_seed(subject, measured, decimals, scale))


def _by_seed(subject: Subject, measured: Measurement, decimals: int, scale: float) -> str:
    """``0: 0.0237; 1: 0.0240; [0.0231, 0.0246]``: the value of each seed and the interval; empty where there are none."""
    seeds = [stored.record.task.seed for stored in measured.records]
    pairs = zip(seeds, measured.values, strict=False)
    parts = [f"{seed}: {subject.numbers.fixed(scale * one, decimals)}" for seed, one in pairs if seed is not None]
    found = shown_interval(subject, measured)
    span = [subject.numbers.interval(found, decimals, scale)] if found else []
    return "; ".join([*parts, *span]) if parts else ""


def signed(subject: Subject, measured: Measurement, decimals: int, scale: float = 1.0) -> Cell:
    """A mean difference with its sign, or the word for its absence."""
    if measured.summary is None:
        return status(subject, measured)
    return of(subject, Number(scale * measured.summary.mean, decimals, signed=True), "value", measured.references)


def pairs(measured: Measurement) -> Cell:
    """How many seeds have both sides of a comparison."""
    return nothing() if measured.summary is None else Cell(str(measured.summary.n))


def count(subject: Subject, measured: Measurement) -> Cell:
    """A mean count: without decimals where every seed has the same, else with one."""
    whole = measured.summary is None or measured.summary.mean.is_integer()
    return value(subject, measured, 0 if whole else 1)


def significant(subject: Subject, measured: Measurement, digits: int = 3) -> Cell:
    """Like ``value``, with as many decimals as the mean's size asks for."""
    mean = measured.summary.mean if measured.summary else 0.0
    return value(subject, measured, decimals_for(mean, digits))


def shown_interval(subject: Subject, measured: Measurement) -> Interval | None:
    """The 95 % interval in the record's unit, as far as it lies in the range of the metric; None where there is none."""
    found, declared = measured.interval, subject.study.vocabulary.metrics.get(measured.name)
    return found if found is None or declared is None else declared.within(found)


def interval(subject: Subject, measured: Measurement, decimals: int, scale: float = 1.0) -> Cell:
    """The 95 % interval; one run's interval over test images is marked as such."""
    found = shown_interval(subject, measured)
    if found is None:
        return nothing()
    mark = subject.strings("tables.images_mark") if found.basis == "images" else ""
    cell = of(subject, Number((scale * found.low, scale * found.high), decimals), "value", measured.references)
    return replace(cell, text=cell.text + mark)


def seeds(subject: Subject, measured: Measurement) -> Cell:
    """How many seeds the mean is over, of how many that were asked for; a dash where nothing has a seed."""
    if measured.records and not seeded(measured):
        return nothing()
    done = len(measured.records)
    asked = done + len(measured.incomplete) + len(measured.undefined)
    return Cell(str(done) if done == asked else subject.strings("tables.of", done=done, asked=asked))


def seeded(measured: Measurement) -> bool:
    """Whether another seed could give another value; raw pixels have none."""
    return any(stored.record.task.seed is not None for stored in measured.records)


def printed(subject: Subject, number: Printed | None, decimals: int | None = None) -> Cell:
    """A published number with the decimals that the source prints, or with others; a dash where it prints none."""
    if number is None:
        return nothing()
    shown = Number(number.value, number.decimals if decimals is None else decimals)
    return of(subject, shown, "published", source=number.place)


def compared(subject: Subject, row: Comparison) -> tuple[Cell, ...]:
    """The cells of ``COMPARED``; the difference is re-run minus published."""
    decimals = row.decimals + row.extra_decimals
    measured = row.measured
    difference = nothing()
    if measured.summary is not None and row.published is not None:
        amount = Number(row.scale * measured.summary.mean - row.published.value, decimals, signed=True)
        difference = of(subject, amount, "value", measured.references, row.published.place)
    return (
        printed(subject, row.published),
        value(subject, measured, decimals, row.scale),
        difference,
        interval(subject, measured, decimals, row.scale),
        seeds(subject, measured),
    )


def compared_columns(subject: Subject) -> tuple[Column, ...]:
    """The headings over ``compared``."""
    return tuple(Column(subject.strings(f"columns.{name}"), "right") for name in COMPARED)


def notes(subject: Subject, measurements: Iterable[Measurement]) -> tuple[str, ...]:
    """One note a task that gave no result, with its reason, and the notes that explain the intervals' marks."""
    measurements = tuple(measurements)
    lines: dict[str, None] = {}
    if any(m.interval and m.interval.basis == "images" for m in measurements):
        lines[subject.strings("tables.images_note")] = None
    if any(m.summary and m.summary.n == 1 and seeded(m) for m in measurements):
        lines[subject.strings("tables.one_seed_note")] = None
    if any(m.undefined for m in measurements):
        lines[subject.strings("tables.undefined_note")] = None
    return (*lines, *incomplete_notes(subject, measurements))


def incomplete_notes(subject: Subject, measurements: Iterable[Measurement]) -> tuple[str, ...]:
    """The tasks that gave no result, with the reason; why some were skipped is said once for all tables, at the front."""
    tasks = [stored for measured in measurements for stored in measured.incomplete]
    told = task_notes(subject, (stored for stored in tasks if stored.record.status != "skipped"))
    skipped = any(stored.record.status == "skipped" for stored in tasks)
    return (*told, subject.strings("tables.skipped_note")) if skipped else told


def task_notes(subject: Subject, tasks: Iterable[Stored]) -> tuple[str, ...]:
    """``experiment/variant/seed-1,2 diverged: because ...``, one note for each reason with links to the logs, for Markdown."""
    groups: dict[tuple[str, str], list[Stored]] = {}
    for stored in tasks:
        found = groups.setdefault((stored.record.result.status, stored.record.result.reason), [])
        found += [] if stored in found else [stored]
    return tuple(_task_note(subject, status, reason, found) for (status, reason), found in groups.items())


def _task_note(subject: Subject, status: str, reason: str, tasks: Iterable[Stored]) -> str:
    names: dict[str, list[str]] = {}
    for stored in tasks:
        name, _, seed = stored.record.task.id.rpartition("/seed-")
        names.setdefault(f"{name}/seed-" if name else seed, []).append(seed if name else "")
    note = subject.strings(
        "tables.incomplete_note",
        tasks=joined(", ", (code(f"{name}{','.join(seeds)}") for name, seeds in names.items())),
        status=subject.strings(f"status.{status}"),
        reason=reason.rstrip("."),
    )
    logs = [log for stored in tasks if (log := _log(subject, stored))]
    return joined(" ", (note, subject.strings("tables.log_note", logs=joined(", ", logs)))) if logs else note


def _log(subject: Subject, stored: Stored) -> str:
    """A link from the study's latest report to what the record keeps of the failure; empty where it keeps nothing.

    The link's text is the path under the artifacts folder, which helps where the report was taken elsewhere.
    """
    record = stored.record
    if LOG not in {entry.name for entry in record.files}:
        return ""
    path = folder_of(Path(), record.task, record.fingerprint) / LOG
    return link(path.as_posix(), f"{subject.up}/{path.as_posix()}")
