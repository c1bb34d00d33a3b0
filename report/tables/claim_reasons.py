"""Why a claim has its verdict, in words; and of a group of claims, what is said once for all of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from string import ascii_lowercase
from typing import TYPE_CHECKING

from report.tables.claim_numbers import limit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from report.claims.schema import Cause
    from report.evidence.subject import Subject
    from report.inference.verdicts import Judged

_LISTED = {"no_result": "tasks", "departs": "keys"}
"""Reasons that differ from claim to claim in what they list alone, which one sentence can list for several."""
_OTHERS = "..."  # what stands for keys that are not named
_OFTEN = 3  # claims from which a reason stands below the table instead of in each row
_MOST = 3  # of what a sentence lists for several claims


@dataclass(frozen=True, slots=True)
class Told:
    """The reasons of a group: one ``shared`` by all, or ``marks`` by claim that the ``notes`` explain."""

    shared: str = ""
    marks: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def reason(subject: Subject, judged: Judged) -> str:
    """Why the verdict is what it is, in a line."""
    values = dict(judged.values)
    if "keys" in values:
        values["keys"] = _settings(subject, str(values["keys"]).split(", "))
    if judged.p is not None:
        number, small = subject.numbers.p_value(judged.p)
        values["p"] = subject.strings("claims.p_below" if small else "claims.p", p=number)
    said = subject.strings(f"claim_reasons.{judged.why}", limit=limit(subject, judged), **values)
    return said if judged.cause is None else f"{said}; {cause(subject, judged.cause)}"


def _settings(subject: Subject, keys: Sequence[str]) -> str:
    """Settings in the study's words for them, and whether there are others."""
    named = ", ".join(subject.strings.named("settings", key) for key in keys if key != _OTHERS)
    return f"{named} {subject.strings('claims.and_others')}" if _OTHERS in keys else named


def cause(subject: Subject, declared: Cause) -> str:
    """What the difference is put down to, and how sure that is."""
    words = subject.strings(f"claim_causes.{declared.key}")
    return subject.strings("claims.cause", cause=words, certainty=subject.strings(f"certainty.{declared.certainty}"))


def told_once(subject: Subject, judged: Sequence[Judged]) -> Told:
    """What several of these claims have for a reason, said once."""
    kinds: dict[str, list[Judged]] = {}
    for one in judged:
        kinds.setdefault(_kind(subject, one), []).append(one)
    if len(kinds) == 1:
        return Told(shared=_of_all(subject, judged))
    often = [found for found in kinds.values() if len(found) >= _OFTEN and found[0].verdict == "not_comparable"]
    marks: dict[str, str] = {}
    notes = []
    for letter, found in zip(ascii_lowercase, often, strict=False):
        mark = f"({letter})"
        marks |= {one.claim.id: mark for one in found}
        notes.append(subject.strings("claims.mark", mark=mark, reason=_of_all(subject, found)))
    return Told(marks=marks, notes=tuple(notes))


def _kind(subject: Subject, judged: Judged) -> str:
    """What reasons that can share a sentence have in common."""
    if judged.why in _LISTED:
        return f"{judged.why} {judged.cause}"
    return reason(subject, judged)


def _of_all(subject: Subject, judged: Sequence[Judged]) -> str:
    """The reason of the first, with what it lists for all."""
    first = judged[0]
    if first.why not in _LISTED:
        return reason(subject, first)
    name = _LISTED[first.why]
    parts = dict.fromkeys(part for one in judged for part in str(one.values[name]).split(", "))
    others = [_OTHERS] if _OTHERS in parts else []  # how many these are no claim says
    named = [part for part in parts if part != _OTHERS]
    more = len(named) - _MOST
    shown = [*named[:_MOST], *(others or ([subject.strings("claims.and_more", count=more)] if more > 0 else []))]
    return reason(subject, replace(first, values={**first.values, name: ", ".join(shown)}))
