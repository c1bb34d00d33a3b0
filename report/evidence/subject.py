"""All that a table, a figure or an observation may look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

from report.evidence.protocol import departures, load_protocol
from report.evidence.published import load_published
from report.printing.formatting import formatter_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from report.evidence.protocol import Deviation, Protocol
    from report.evidence.published import Published
    from report.evidence.records import Evidence
    from report.evidence.studies import Study
    from report.printing.formatting import Formatter
    from report.printing.strings import Strings

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Subject:
    """The run's evidence, its study, the published side, and the language that the report is written in.

    ``up`` leads from the folder of the study's latest report to the artifacts folder, for links to records.
    """

    study: Study
    evidence: Evidence
    published: Published
    protocol: Protocol
    deviations: tuple[Deviation, ...]
    strings: Strings
    numbers: Formatter
    perf: Path | None = None
    up: str = ".."
    _worked_out: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def comparable(self) -> bool:
        """Whether the run followed the published protocol in every key."""
        return not self.deviations

    def once(self, name: str, work_out: Callable[[], _Found]) -> _Found:
        """What ``work_out`` gives, kept under ``name`` from the first time on: many places of a report ask for the same."""
        if name not in self._worked_out:
            self._worked_out[name] = work_out()
        return cast("_Found", self._worked_out[name])

    def model(self, variant: str) -> str:
        """The model's name as the report prints it."""
        return self.strings(f"models.{variant}")


def subject_of(study: Study, evidence: Evidence, strings: Strings, perf: Path | None = None) -> Subject:
    """The run beside what its study published; raises UsageError that names the entry at fault in the study's data."""
    protocol = load_protocol(study.data)
    published = load_published(study.data)
    departed = departures(evidence, protocol)
    return Subject(study, evidence, published, protocol, departed, strings, formatter_of(strings), perf)
