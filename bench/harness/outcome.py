"""How a run ended, as lines for people: counts, what tasks have to say, and what is not well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.harness.studies import default_study
from store.reports import FOLDER, last_build_seconds, latest_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from pydantic import JsonValue

    from store.records import Stored

_MINUTE = 60


def images_used(done: Iterable[Stored], counted: Mapping[str, Sequence[str]]) -> list[JsonValue]:
    """How many images of which data set were used, each answer once; ``counted`` has the counting metrics by experiment."""
    found: dict[tuple[str, tuple[tuple[str, int], ...]], None] = {}
    for stored in done:
        names = counted.get(stored.record.task.experiment, ()) if stored.record.status == "ok" else ()
        metrics = stored.record.result.metrics
        counts = tuple((name.removeprefix("images_"), int(metrics[name])) for name in names if name in metrics)
        if counts:
            found[", ".join(stored.record.ingredients.inputs), counts] = None
    return [{"data": data, "counts": dict(counts)} for data, counts in found]


def report_to_come(root: Path, study: str) -> dict[str, JsonValue]:
    """Where the report of the study will stand, and how long the last one under this folder took, None where none tells."""
    path = latest_folder(root / FOLDER, study, default_study()) / "report.html"
    return {"path": str(path), "seconds": last_build_seconds(root)}


def _grouped(wrong: Sequence[Mapping[str, JsonValue]]) -> list[str]:
    """Each status and reason once, with the tasks that share it below, and where the first one's record lies."""
    groups: dict[tuple[str, str], list[Mapping[str, JsonValue]]] = {}
    for item in wrong:
        groups.setdefault((str(item["status"]), str(item["reason"])), []).append(item)
    lines: list[str] = []
    for (status, reason), items in groups.items():
        lines += [f"{status}: {reason}", *(f"  {item['task']}" for item in items), f"  record: {items[0]['record']}"]
    return lines


def _note_lines(notes: object) -> list[str]:
    found = [item for item in notes if isinstance(item, dict)] if isinstance(notes, list) else []
    return [f"note: {item['note']} ({item['tasks'][0]}" + _more(len(item["tasks"])) for item in found]


def _more(tasks: int) -> str:
    return f" and {tasks - 1} more)" if tasks > 1 else ")"


def outcome_text(facts: Mapping[str, JsonValue]) -> str:
    """How a run ended, as lines for people."""
    counts, wrong = facts["counts"], facts["not_ok"]
    if not isinstance(counts, dict) or not isinstance(wrong, list):
        raise TypeError("an outcome has counts and a list of what is not ok")
    summary = ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))
    lines = [f"run {facts['run_id']}: {summary} ({facts['reused']} reused) in {facts['artifacts']}"]
    lines += [*_image_lines(facts.get("images")), *_note_lines(facts.get("notes"))]
    lines += _grouped([item for item in wrong if isinstance(item, dict)])
    return "\n".join([*lines, f"next: nox -s report{_report_words(facts.get('report'))}"])


def _image_lines(images: object) -> list[str]:
    found = [item for item in images if isinstance(item, dict)] if isinstance(images, list) else []
    told = [f"{item['data']} {', '.join(f'{count} {part}' for part, count in item['counts'].items())}" for item in found]
    return [f"images: {'; '.join(told)}"] if told else []


def _report_words(report: object) -> str:
    """Where the report will stand, and how long it takes as far as an earlier one tells."""
    if not isinstance(report, dict):
        return ""
    seconds = report["seconds"]
    took = f"the last one took {_duration(seconds)}" if isinstance(seconds, int | float) else "in about half a minute"
    return f" (writes {report['path']} and the PDF beside it; {took})"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < _MINUTE else f"{seconds / _MINUTE:.1f} min"
