"""Whether a run may be held against a claim at all: which departures from the published protocol touch it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from report.claims.schema import Claim
    from report.evidence.protocol import Deviation
    from report.evidence.vocabulary import Vocabulary


def departures_of(claim: Claim, deviations: Sequence[Deviation], vocabulary: Vocabulary) -> tuple[str, ...]:
    """The keys in which the run departs from the protocol and on which the claim's quantities depend.

    The settings of a model's own section count for that model alone. An experiment that the study does not describe depends
    on everything.
    """
    cells = [(one.experiment, variant) for one in claim.select for variant in (one.variant, one.other) if variant]
    sections = [vocabulary.sections(*cell) for cell in cells]
    if None in sections:
        return tuple(deviation.key for deviation in deviations)
    known = {name for found in sections for name in found or ()}
    return tuple(deviation.key for deviation in deviations if deviation.key.partition(".")[0] in known)


def blocking(claim: Claim, keys: Sequence[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    """Those of ``keys`` that void the comparison.

    A published number needs the published protocol in every key. A published tendency (which of two is better, whether a
    bound is kept) is about the same data trained as long: only the keys that the study calls decisive void it.
    """
    return tuple(keys) if claim.kind in {"value", "exact"} else tuple(key for key in keys if key in vocabulary.decisive)
