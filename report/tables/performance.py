"""What ``nox -s perf`` measured: each benchmark beside the other way of doing it, and how costs grow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from report.printing import cells
from report.printing.table import Cell, Column, Table
from store.doors import guarded, read_json

if TYPE_CHECKING:
    from pathlib import Path

    from report.evidence.subject import Subject

SOURCE = ("perf/benchmark.json",)
AXES = ("seeds", "images", "street_images", "records")


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One measure: the least seconds of its rounds, and how many times longer the other way took, where there is one."""

    name: str
    seconds: float
    rounds: int
    other_over_here: float | None


@dataclass(frozen=True, slots=True)
class Point:
    """What a piece of work of a given size took; ``axis`` names what it is the size of."""

    axis: str
    size: int
    seconds: float
    peak_bytes: int


def benchmarks(path: Path) -> list[Benchmark]:
    """Those of the file that are no points of growth, by name; raises IntegrityError for another file."""
    with guarded(path, "file of benchmarks"):
        found = [entry for entry in _entries(path) if "axis" not in entry["extra_info"]]
        return sorted((_benchmark(entry) for entry in found), key=lambda one: one.name)


def points(path: Path) -> list[Point]:
    """The points of growth, by axis and size; raises IntegrityError for another file."""
    with guarded(path, "file of benchmarks"):
        facts = [entry["extra_info"] for entry in _entries(path) if "axis" in entry["extra_info"]]
        return sorted(map(_point, facts), key=lambda one: (AXES.index(one.axis), one.size))


def performance(subject: Subject) -> Table | None:
    """The benchmarks that lie with the artifacts; None where there are none."""
    if subject.perf is None:
        return None
    s, numbers = subject.strings, subject.numbers
    rows = tuple(
        (
            cells.text(_title(subject, "benchmarks.", one.name)),
            Cell(numbers.milliseconds(one.seconds), "value", SOURCE),
            Cell(numbers.integer(one.rounds), "value", SOURCE),
            cells.text(_title(subject, "benchmarks_beside.", one.name)),
            _ratio(subject, one.other_over_here),
        )
        for one in benchmarks(subject.perf)
    )
    heads = (
        Column(s("columns.benchmark")),
        *(Column(s(f"columns.{name}"), "right") for name in ("minimum", "rounds")),
        Column(s("columns.beside")),
        Column(s("columns.other_over_here"), "right"),
    )
    return Table("performance", s("captions.performance"), heads, rows)


def scaling(subject: Subject) -> Table | None:
    """How time and memory grow with each axis; None where that was not measured."""
    found = points(subject.perf) if subject.perf is not None else []
    if not found:
        return None
    s, numbers = subject.strings, subject.numbers
    rows = tuple(
        (
            cells.text(axis_name(subject, one.axis)),
            Cell(numbers.integer(one.size), "value", SOURCE),
            Cell(numbers.duration(one.seconds), "value", SOURCE),
            Cell(numbers.milliseconds(one.seconds / one.size), "value", SOURCE),
            Cell(numbers.size(one.peak_bytes), "value", SOURCE),
        )
        for one in found
    )
    names = ("size", "duration", "each", "memory")
    heads = (Column(s("columns.axis")), *(Column(s(f"columns.{name}"), "right") for name in names))
    return Table("scaling", s("captions.scaling"), heads, rows)


def axis_name(subject: Subject, axis: str) -> str:
    """What the axis is the size of, in the report's language."""
    return _title(subject, "axes.", axis)


def _entries(path: Path) -> list[dict[str, Any]]:
    fields: Any = read_json(path)
    return list(fields["benchmarks"])


def _point(facts: dict[str, Any]) -> Point:
    point = Point(AXES[AXES.index(facts["axis"])], int(facts["size"]), float(facts["seconds"]), int(facts["peak_bytes"]))
    if point.size < 1:
        raise ValueError(f"a point of growth has the size {point.size}")
    return point


def _benchmark(entry: dict[str, Any]) -> Benchmark:
    stats, other = entry["stats"], entry["extra_info"].get("other_over_here")
    return Benchmark(str(entry["name"]), float(stats["min"]), int(stats["rounds"]), None if other is None else float(other))


def _title(subject: Subject, section: str, name: str) -> str:
    """The benchmark's words in the report's language, its parameter kept; a name without words stands for itself."""
    function, bracket, parameter = name.partition("[")
    key = f"{section}{function.removeprefix('test_')}"
    if key not in subject.strings.texts:
        return subject.strings("tables.none") if section == "benchmarks_beside." else name
    shown = f" ({parameter.rstrip(']')})" if bracket and section == "benchmarks." else ""
    return subject.strings(key) + shown


def _ratio(subject: Subject, value: float | None) -> Cell:
    if value is None:
        return cells.text(subject.strings("tables.none"))
    return Cell(subject.numbers.fixed(value, 2), "value", SOURCE)
