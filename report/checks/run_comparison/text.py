"""``report compare`` for people: differences first, what is the same only counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

Row = dict[str, "JsonValue"]
_DIGEST = 64
_WITHOUT = {"one_seed": "one seed: unknown whether seeds explain it", "no_spread": "the same shift in every seed: no spread"}
_LEVEL = 0.05


def compare_text(facts: Mapping[str, JsonValue]) -> str:
    """The comparison as lines: configuration, environment, code, tasks, metrics, curves."""
    first, second = cast("list[str]", facts["runs"])
    lines = [f"first: {first}   second: {second}"]
    for name, title in (("config", "configuration"), ("environment", "environment"), ("code", "code")):
        rows = _rows(facts, name)
        lines += ["", f"{title}: {len(rows)} differ" if rows else f"{title}: the same"]
        lines += [f"  {row['name']}: {_short(row['first'])} -> {_short(row['second'])}" for row in rows]
    tasks = _rows(facts, "tasks")
    lines += ["", f"tasks: {len(cast('list[str]', facts['identical']))} with the same result bit for bit"]
    lines += [f"  {row['task']}: {row['first'] or 'not in it'} -> {row['second'] or 'not in it'}" for row in tasks]
    return "\n".join([*lines, *_metric_lines(_rows(facts, "metrics")), *_curve_lines(_rows(facts, "curves"))])


def _rows(facts: Mapping[str, JsonValue], name: str) -> list[Row]:
    return cast("list[Row]", facts[name])


def _short(value: JsonValue) -> str:
    text = "none" if value is None else str(value)
    return text[:12] if len(text) == _DIGEST and set(text) <= set("0123456789abcdef") else text


def _metric_lines(rows: list[Row]) -> list[str]:
    apart = [row for row in rows if row["test"] != "same"]
    lines = ["", f"metrics: {len(rows) - len(apart)} the same, {len(apart)} differ"]
    if apart:
        lines.append(f"  {'metric':<58} {'first':>11} {'second':>11} {'difference':>11}  n    p (Holm)")
    for row in sorted(apart, key=_significance):
        means, n = cast("list[float]", row["means"]), cast("list[int]", row["n"])
        name = f"{row['experiment']}/{row['variant']} {row['metric']}"
        numbers = f"{means[0]:>11.5g} {means[1]:>11.5g} {cast('float', row['difference']):>+11.3g}"
        lines.append(f"  {name:<58} {numbers}  {n[0]},{n[1]}  {_verdict(row)}")
    return lines


def _significance(row: Row) -> float:
    return cast("float", row["p_adjusted"]) if row["p_adjusted"] is not None else 2.0


def _verdict(row: Row) -> str:
    p = row["p_adjusted"]
    if not isinstance(p, float):
        return _WITHOUT[str(row["test"])]
    return f"{p:.3f}{' *' if p <= _LEVEL else ''} ({row['test']})"


def _curve_lines(rows: list[Row]) -> list[str]:
    if not rows:
        return ["", "curves: the same"]
    lines = ["", f"curves: {len(rows)} part"]
    for row in rows:
        ends = "undefined" if row["last"] is None else f"{cast('float', row['last']):+.3g}"
        lines.append(f"  {row['task']} {row['column']}: from epoch {row['first_epoch']} of {row['epochs']}, at the end {ends}")
    return lines
