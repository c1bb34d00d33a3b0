"""All that a table, a figure or an observation may look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from report.evidence.protocol import Deviation, Protocol
    from report.evidence.published import Published
    from report.evidence.records import Evidence
    from report.printing.formatting import Formatter
    from report.printing.strings import Strings


@dataclass(frozen=True, slots=True)
class Subject:
    """The run's evidence, the published side, and the language that the report is written in."""

    evidence: Evidence
    published: Published
    protocol: Protocol
    deviations: tuple[Deviation, ...]
    strings: Strings
    numbers: Formatter
    perf: Path | None = None

    @property
    def comparable(self) -> bool:
        """Whether the run followed the published protocol in every key."""
        return not self.deviations

    def model(self, variant: str) -> str:
        """The model's name as the report prints it."""
        return self.strings(f"models.{variant}")
