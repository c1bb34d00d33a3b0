"""Answers to the questions that reviewers of experiments ask, as far as the run and its records can answer them.

The questions are those of the NeurIPS paper checklist (2025) and of ACM's badges for artifacts (version 1.1), in our own words.
What only authors or reviewers can say is left to them, in as many words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from report.sections import claims, run
from report.tables.costs import JOULES
from store.costs import costs_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from report.evidence.subject import Subject
    from store.costs import Costs

Answer = Literal["yes", "partly", "no", "none", "open"]
_ENOUGH = 2  # seeds, for a spread over them


@dataclass(frozen=True, slots=True)
class _Item:
    """A question's number and name there, and the answer; ``words`` names its text where the answer alone does not."""

    number: str
    name: str
    answer: Answer
    words: str = ""


def facts(subject: Subject) -> dict[str, object]:
    """One line for each question, finished: ``neurips`` and ``acm``."""
    judged, told = claims.facts(subject), {"costs": cost(subject), "departures": len(subject.deviations)}
    values = {**judged, **run.summary(subject), **told}  # both have a total: here it is that of tasks
    return {
        "neurips": [_line(subject, "neurips", item, values) for item in _neurips(subject, judged=bool(judged["total"]))],
        "acm": [_line(subject, "acm", item, values) for item in _acm(subject)],
    }


def cost(subject: Subject) -> str:
    """Computing time of all tasks, largest peak memory, and energy as far as it is known."""
    spent, numbers = _spent(subject), subject.numbers
    words = {"duration": numbers.duration(spent.duration_s), "memory": numbers.size(spent.peak_memory_bytes)}
    told = {"energy": numbers.significant(spent.energy_j / JOULES), "at_most": spent.at_most}
    return subject.strings("checklists.cost", **words, **told, metered=spent.metered, total=spent.records)


def _spent(subject: Subject) -> Costs:
    return costs_of(subject.evidence.everything())


def _neurips(subject: Subject, *, judged: bool) -> Iterable[_Item]:
    seeds = len(run.seeds_of(subject))
    yield _Item("1", "claims", "yes" if judged else "none")
    yield _Item("2", "limitations", "yes", "comparable" if subject.comparable else "")
    yield _Item("3", "theory", "none")
    yield _Item("4", "reproducibility", "yes", "certified" if subject.evidence.certificate else "")
    yield _Item("5", "access", "yes")
    yield _Item("6", "settings", "yes")
    yield _Item("7", "significance", *(("yes", "") if seeds >= _ENOUGH else ("no", "one_seed")))
    yield _Item("8", "compute", "yes" if _spent(subject).metered else "partly")
    yield _Item("9-11", "ethics", "open")
    yield _Item("12", "licences", "partly")
    yield _Item("13", "assets", "yes")
    yield _Item("14-15", "people", "open")
    yield _Item("16", "models", "open")


def _acm(subject: Subject) -> Iterable[_Item]:
    everything = subject.evidence.everything()
    whole = all(stored.record.status == "ok" for stored in everything)
    yield _Item("", "functional", "yes" if whole else "partly")
    yield _Item("", "reusable", "yes")
    yield _Item("", "available", "no")
    yield _Item("", "reproduced", *(("partly", "certified") if subject.evidence.certificate else ("no", "")))
    yield _Item("", "replicated", "open", "" if subject.comparable else "departing")


def _line(subject: Subject, checklist: str, item: _Item, values: dict[str, object]) -> str:
    s = subject.strings
    name = s(f"{checklist}.{item.name}")
    why = s(f"{checklist}.{item.name}_{item.words or 'why'}", **values)
    return s("checklists.line", number=item.number, name=name, answer=s(f"checklists.{item.answer}"), why=why)
