"""The table of a certificate: what each task gave when it was run again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.evidence.records import reference
from report.printing import cells
from report.printing.table import Cell, Column, Table, Tone
from report.tables.provenance import plain

if TYPE_CHECKING:
    from pydantic import JsonValue

    from report.evidence.subject import Subject
    from store.certificates import TaskVerdict, Verdict

TONES: dict[Verdict, Tone] = {
    "bit_identical": "ok",
    "consistent": "warn",
    "divergence": "bad",
    "different": "bad",
    "not_comparable": "warn",
    "failed": "bad",
    "skipped": "warn",
    "no_result": "muted",
}
"""How a verdict is marked."""
_DIGITS = 12  # of a digest: as many as of a record's


def reproduction(subject: Subject) -> Table | None:
    """One row a re-run task: verdict, what it rests on, and the digest of the result that came out."""
    certificate = subject.evidence.certificate
    if certificate is None:
        return None
    s = subject.strings
    known = {stored.record.task.id: (reference(stored),) for stored in subject.evidence.everything()}
    rows = tuple(
        (
            cells.text(item.task.id),
            Cell(s(f"reproduction_verdicts.{item.verdict}"), "status", known.get(item.task.id, ()), tone=TONES[item.verdict]),
            cells.text(_finding(subject, item)),
            Cell(item.result_again[:_DIGITS], "value", known.get(item.task.id, ())) if item.result_again else cells.nothing(),
        )
        for item in certificate.tasks
    )
    heads = tuple(Column(s(f"columns.{name}")) for name in ("task", "verdict", "finding", "result_digest"))
    return Table("reproduction", s("captions.reproduction"), heads, rows)


def _finding(subject: Subject, item: TaskVerdict) -> str:
    """What the verdict rests on, a sentence each; empty where the bits are equal and nothing is to be said."""
    s = subject.strings
    parts = [item.reason.partition("\n")[0]] if item.reason else []
    if item.epoch is not None and item.parts:
        parts.append(s("reproduction_findings.parted", epoch=item.epoch, parts=_parts(subject, item)))
    elif item.what:
        values = {"stored": _shown(subject, item.stored), "again": _shown(subject, item.again)}
        parts.append(s("reproduction_findings.differs", what=item.what, **values))
    if item.differences:
        parts.append(s("reproduction_findings.files", files="; ".join(item.differences)))
    if item.environment:
        parts.append(s("reproduction_findings.environment", changes=", ".join(item.environment)))
    if item.resumed_stored or item.resumed_again:
        values = {"stored": _epochs(item.resumed_stored), "again": _epochs(item.resumed_again)}
        parts.append(s("reproduction_findings.resumed", **values))
    return "; ".join(parts)


def _parts(subject: Subject, item: TaskVerdict) -> str:
    """The parts in words, the weights with the first tensor that differs."""
    s = subject.strings
    tensor = f" ({item.tensors[0]})" if item.tensors else ""
    return ", ".join(s(f"reproduction_parts.{name}") + (tensor if name == "weights" else "") for name in item.parts)


def _shown(subject: Subject, value: JsonValue) -> str:
    """A value in a few characters: of a digest the first digits, of a number all of them."""
    return value[:_DIGITS] if isinstance(value, str) else plain(subject, value)


def _epochs(epochs: tuple[int, ...]) -> str:
    return ", ".join(map(str, epochs)) or cells.DASH
