"""Whether a run may be held against a claim at all: which departures from the published protocol touch it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from report.claims.schema import Claim, Selector
    from report.evidence.protocol import Deviation

# What a task's result depends on; the settings of a model's own section count for that model alone.
_SECTIONS = {
    "architecture": (),
    "autoencoder": ("dataset", "autoencoder"),
    "reconstruction": ("dataset", "autoencoder", "reconstruction"),
    "latent": ("dataset", "autoencoder", "latent"),
    "classifier": ("dataset", "autoencoder", "classifier"),
    "detection_data": ("detection",),
    "detector": ("detection",),
    "detection": ("detection",),
}
_MODEL_SECTIONS = ("vae", "dae")
# A published number needs the published protocol in every key. A published tendency (which of two is better, whether
# a bound is kept) is about the same data trained as long; fewer images of the same set qualify it and do not void it.
_DECISIVE = frozenset(
    {
        "dataset.source",
        "autoencoder.epochs",
        "classifier.epochs",
        "detection.dataset",
        "detection.epochs",
        "detection.image_size",
    }
)


def departures_of(claim: Claim, deviations: Sequence[Deviation]) -> tuple[str, ...]:
    """The keys in which the run departs from the protocol and on which the claim's quantities depend."""
    sections = {section for selector in claim.select for section in _sections(selector)}
    return tuple(deviation.key for deviation in deviations if deviation.key.partition(".")[0] in sections)


def blocking(claim: Claim, keys: Sequence[str]) -> tuple[str, ...]:
    """Those of ``keys`` that void the comparison: all for a number, the decisive ones for a tendency."""
    return tuple(keys) if claim.kind in {"value", "exact"} else tuple(key for key in keys if key in _DECISIVE)


def _sections(selector: Selector) -> tuple[str, ...]:
    shared = _SECTIONS.get(selector.experiment, ())
    own = (selector.variant,) if shared and selector.variant in _MODEL_SECTIONS else ()
    return (*shared, *own)
