"""How a study of alternative values names its tasks: the variant, a dot, and the value that is not the configuration's."""

from __future__ import annotations

import re

TOGETHER = " & "
_UNUSUAL = re.compile(r"[^a-z0-9._]+")


def alternative_variant(variant: str, alternative: str) -> str:
    """``ae`` and ``autoencoder.batch_size=64`` give ``ae.autoencoder.batch_size-64``."""
    return f"{variant}.{_UNUSUAL.sub('-', alternative.lower()).strip('-')}"


def changes_of(alternative: str) -> tuple[str, ...]:
    """The settings that are changed together: ``vae.beta=1.0 & vae.latent_dim=8`` has two."""
    return tuple(change.strip() for change in alternative.split(TOGETHER))


def key_and_value(alternative: str) -> tuple[str, str]:
    """The dotted key and the value as it was written, without blanks around them or quotes around the value."""
    key, _, value = alternative.partition("=")
    return key.strip(), value.strip().strip("\"'")
