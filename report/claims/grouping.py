"""The claims by the place of the source that they stand at; the curves of one model at one place share a line."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from report.inference.verdicts import ClaimVerdict, Judged
    from report.printing.strings import Strings

_NO_NAME = re.compile(r"[^a-z0-9.]+")


def counted_word(strings: Strings, verdict: str, count: str) -> str:
    """A verdict behind the number of claims that have it; one claim may have another word than several."""
    group = "claim_counts_one" if count == "1" else "claim_counts"
    return strings(f"{group}.{verdict}", count=count)


@dataclass(frozen=True, slots=True)
class Line:
    """What one row says: a claim, or the claims on several curves of one model."""

    judged: tuple[Judged, ...]

    @property
    def verdicts(self) -> Counter[ClaimVerdict]:
        """How many of its claims have which verdict."""
        return Counter(one.verdict for one in self.judged)

    @property
    def records(self) -> tuple[str, ...]:
        """The records of all its claims, each once."""
        return tuple(dict.fromkeys(name for one in self.judged for name in one.records))

    @property
    def name(self) -> str:
        """The claim's id, or what the ids of all have in common."""
        first, *others = (one.claim.id.split(".") for one in self.judged)
        if not others:
            return ".".join(first)
        same = [part for part, *rest in zip(first, *others, strict=False) if set(rest) == {part}]
        return ".".join([*same, "*"])


@dataclass(frozen=True, slots=True)
class Group:
    """A table, figure or section of the source, as the source numbers it ("Table 5"), and what it claims."""

    place: str
    lines: tuple[Line, ...]

    @property
    def judged(self) -> tuple[Judged, ...]:
        """All of its claims, line by line."""
        return tuple(one for line in self.lines for one in line.judged)

    @property
    def anchor(self) -> str:
        """Its place in the report, a permalink: ``published-table-5``."""
        return anchor_of(self.place)


def anchor_of(place: str) -> str:
    """The name of a place of the source in the report's addresses."""
    return f"published-{_NO_NAME.sub('-', place.lower()).strip('-')}"


def groups(judged: Iterable[Judged]) -> tuple[Group, ...]:
    """The places in the order in which the claims name them, each with its claims in their order."""
    places: dict[str, dict[tuple[str, ...], list[Judged]]] = {}
    for one in judged:
        places.setdefault(one.claim.source, {}).setdefault(_line_of(one), []).append(one)
    return tuple(Group(place, tuple(Line(tuple(found)) for found in lines.values())) for place, lines in places.items())


def _line_of(judged: Judged) -> tuple[str, ...]:
    """What claims of one line share: the model whose curves they are about; any other claim stands alone."""
    claim = judged.claim
    if claim.named and len(claim.select) == 1 and claim.select[0].curve is not None:
        return ("curves", claim.select[0].experiment, claim.select[0].variant)
    return ("claim", claim.id)
