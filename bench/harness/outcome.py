"""How a run ended, as lines for people: counts, what tasks have to say, and what is not well."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import JsonValue


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
    lines += _note_lines(facts.get("notes")) + _grouped([item for item in wrong if isinstance(item, dict)])
    return "\n".join([*lines, "next: nox -s report"])
