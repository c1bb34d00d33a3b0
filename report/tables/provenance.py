"""Where every number comes from: deviations, protocol, machine, packages, data and the tasks themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from report.evidence.dependencies import named_packages, published_name
from report.evidence.records import reference
from report.printing import cells
from report.printing.table import Cell, Column, Table
from store.costs import ENERGY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import JsonValue

    from report.evidence.protocol import Entry, Fixed
    from report.evidence.subject import Subject

_ABREAST = 3  # packages side by side
_PLACE = ("device", "machine", "python", "system", "threads")  # what a fingerprint holds besides libraries
_Sourced = TypeVar("_Sourced", "Entry", "Fixed")


def deviations(subject: Subject) -> Table:
    """Every setting in which the run differs from the published protocol, in words where the study has some for its key."""
    s = subject.strings
    run = (f"run/{subject.evidence.run.run_id}",)
    named = any(s.named("settings", d.key) != d.key for d in subject.deviations)
    rows = tuple(
        (
            cells.text(_capital(s.named("settings", d.key)) if named else d.key),
            Cell(plain(subject, d.published), "published", (), "protocol"),
            Cell(plain(subject, d.run), "value", run),
            *((cells.text(d.key),) if named else ()),
        )
        for d in subject.deviations
    )
    names = ("key", "protocol_value", "run_value", *(("setting_key",) if named else ()))
    return Table("deviations", s("captions.deviations"), tuple(Column(s(f"columns.{name}")) for name in names), rows)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def stated(subject: Subject) -> Table:
    """The protocol's values that the source states."""
    return _protocol(subject, "stated", ("key", "protocol_value", "source", "setting_key"))


def assumed(subject: Subject) -> Table:
    """The protocol's values that the source does not state, with the reason for each."""
    return _protocol(subject, "assumed", ("key", "protocol_value", "source", "reason", "setting_key"))


def environment(subject: Subject) -> Table:
    """Machine and code of the records, each distinct value once."""
    s = subject.strings
    found: dict[str, dict[str, None]] = {}
    for stored in subject.evidence.everything():
        execution = stored.record.execution
        decisive = stored.record.ingredients.environment
        measured = {key: value for key, value in execution.machine.items() if key != ENERGY}
        facts: dict[str, JsonValue] = {**{key: decisive[key] for key in _PLACE if key in decisive}, **measured}
        facts |= {"git_commit": execution.git_commit, "git_dirty": execution.git_dirty}
        for key, value in facts.items():
            shown = subject.numbers.size(value) if key.endswith("_bytes") and isinstance(value, int) else plain(subject, value)
            found.setdefault(key.removesuffix("_bytes"), {})[shown] = None
    rows = tuple(
        (cells.text(_capital(s.named("environment", key))), Cell("; ".join(values), "value", _run(subject)))
        for key, values in sorted(found.items())
    )
    return Table("environment", s("captions.environment"), (Column(s("columns.property")), Column(s("columns.value"))), rows)


def packages(subject: Subject) -> Table:
    """Versions of the packages that enter fingerprints (marked) and of the others that the project names itself."""
    s = subject.strings
    found: dict[str, dict[str, None]] = {}
    decisive: set[str] = set()
    for stored in subject.evidence.everything():
        environment = stored.record.ingredients.environment
        decisive |= {published_name(module) for module in environment if module not in _PLACE}
        for name, version in stored.record.execution.packages.items():
            if name in named_packages() or name in decisive:
                found.setdefault(name, {})[version] = None
    mark = s("tables.decisive_mark")
    pairs = [
        (cells.text(f"{name} {mark}" if name in decisive else name), Cell("; ".join(versions), "value", _run(subject)))
        for name, versions in sorted(found.items())
    ]
    height = -(-len(pairs) // _ABREAST)  # columns are read downwards, the last one may be shorter
    blank = (cells.text(""), cells.text(""))
    rows = tuple(
        tuple(
            cell for start in range(row, _ABREAST * height, height) for cell in (pairs[start] if start < len(pairs) else blank)
        )
        for row in range(height)
    )
    heads = (Column(s("columns.package")), Column(s("columns.version"))) * _ABREAST
    return Table("packages", s("captions.packages"), heads, rows, (s("tables.decisive_note"),))


def inputs(subject: Subject) -> Table:
    """Digests of the data that the records were computed from."""
    s = subject.strings
    found = {pair for stored in subject.evidence.everything() for pair in stored.record.ingredients.inputs.items()}
    rows = tuple((cells.text(name), Cell(value, "value", _run(subject))) for name, value in sorted(found))
    return Table("inputs", s("captions.inputs"), (Column(s("columns.data")), Column(s("columns.sha256"))), rows)


def tasks(subject: Subject) -> Table:
    """Every task of the run: status, duration, peak memory and the record that stands for it."""
    s, numbers = subject.strings, subject.numbers
    rows = []
    for stored in subject.evidence.everything():
        record, mine = stored.record, (reference(stored),)
        rows.append(
            (
                cells.text(record.task.id),
                cells.word(subject, record.status, mine),
                Cell(numbers.duration(record.execution.duration_s), "value", mine),
                Cell(numbers.size(record.execution.peak_memory_bytes), "value", mine),
                Cell(record.short_id, "value", mine),
            )
        )
    below = cells.task_notes(subject, (stored for stored in subject.evidence.everything() if stored.record.status != "ok"))
    heads = (
        *(Column(s(f"columns.{name}")) for name in ("task", "status")),
        *(Column(s(f"columns.{name}"), "right") for name in ("duration", "memory")),
        Column(s("columns.record")),
    )
    return Table("tasks", s("captions.tasks"), heads, tuple(rows), below)


def plain(subject: Subject, value: JsonValue) -> str:
    """A configuration value as text: lists separated by commas, numbers in their shortest form, a word for "no value"."""
    if value is None:
        return subject.strings("tables.none")
    if isinstance(value, bool):
        return subject.strings(f"tables.{'yes' if value else 'no'}")
    if isinstance(value, list):
        return (subject.numbers.listed if any(isinstance(one, float) for one in value) else ", ".join)(
            plain(subject, item) for item in value
        )
    return repr(value).replace(".", subject.numbers.decimal_mark) if isinstance(value, float) else str(value)


def _protocol(subject: Subject, status: str, names: tuple[str, ...]) -> Table:
    s = subject.strings
    entries = _of(status, subject.protocol.entries)
    if all(s.named("settings", entry.key) == entry.key for entry in entries):
        names = names[:-1]  # a study without words for its settings has their keys in the first column
    rows = [_entry(subject, entry) for entry in entries]
    rows += [_fixed(subject, entry) for entry in _of(status, subject.protocol.fixed)]
    kept = tuple(tuple(row[name] for name in names) for row in rows)
    return Table(
        f"protocol-{status}", s(f"captions.protocol-{status}"), tuple(Column(s(f"columns.{name}")) for name in names), kept
    )


def _of(status: str, entries: Iterable[_Sourced]) -> list[_Sourced]:
    return [entry for entry in entries if entry.status == status]


def _entry(subject: Subject, entry: Entry) -> dict[str, Cell]:
    return {
        "key": cells.text(_capital(subject.strings.named("settings", entry.key))),
        "protocol_value": Cell(plain(subject, entry.value), "published", (), "protocol"),
        "setting_key": cells.text(entry.key),
        **_sourced(subject, entry),
    }


def _fixed(subject: Subject, entry: Fixed) -> dict[str, Cell]:
    return {
        "key": cells.text(subject.strings(f"fixed.{entry.topic}")),
        "protocol_value": cells.text(subject.strings("tables.in_code")),
        "setting_key": cells.text(""),
        **_sourced(subject, entry),
    }


def _sourced(subject: Subject, entry: Entry | Fixed) -> dict[str, Cell]:
    strings = subject.strings
    reason = strings.of(entry.reason) if entry.reason else ""
    return {"source": cells.text(strings.of(entry.source)), "reason": cells.text(reason)}


def _run(subject: Subject) -> tuple[str, ...]:
    return (f"run/{subject.evidence.run.run_id}",)
