"""All that a table, a figure or an observation may look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar, cast

from report.evidence.protocol import departures, load_protocol
from report.evidence.published import load_published
from report.evidence.vocabulary import FILE
from report.printing.formatting import formatter_of
from store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
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


def _hold_decisive(keys: Sequence[str], protocol: Protocol, folder: Path) -> None:
    """Raise UsageError for a decisive setting that the protocol does not have: a slip would let departures from it count."""
    known = [entry.key for entry in protocol.entries]
    for key in keys:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            cure = f"{hint}it names a key of {folder / 'protocol.toml'}"
            raise UsageError(f"decisive names no setting: {key}", where=str(folder / FILE), cure=cure)


def subject_of(study: Study, evidence: Evidence, strings: Strings, perf: Path | None = None) -> Subject:
    """The run beside what its study published; raises UsageError that names the entry at fault in the study's data."""
    protocol = load_protocol(study.data)
    _hold_decisive(study.vocabulary.decisive, protocol, study.data)
    published = load_published(study.data)
    departed = departures(evidence, protocol)
    return Subject(study, evidence, published, protocol, departed, strings, formatter_of(strings), perf)
