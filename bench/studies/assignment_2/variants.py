"""The autoencoders of Part I, named once: which there are, and which settings each of them reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.sections import Section

if TYPE_CHECKING:
    from pydantic import JsonValue

    from bench.studies.assignment_2.config import StudyConfig

VARIANTS = ("ae", "vae", "dae")
_OWN_NETWORK = frozenset({"vae"})  # Table 2; all others have the network of Table 1, with its mode of upsampling


def own_section(config: StudyConfig, variant: str) -> dict[str, JsonValue]:
    """The section of the configuration that has the variant's name, under that name; empty where there is none."""
    section = getattr(config, variant, None)
    return {variant: section.model_dump(mode="json")} if isinstance(section, Section) else {}


def training_sections(config: StudyConfig, variant: str) -> dict[str, JsonValue]:
    """All that the training of a variant depends on."""
    left_out = {"upsample"} if variant in _OWN_NETWORK else None
    return {
        "dataset": config.dataset.model_dump(mode="json"),
        "autoencoder": config.autoencoder.model_dump(mode="json", exclude=left_out),
        **own_section(config, variant),
    }


def network_section(config: StudyConfig, variant: str) -> dict[str, JsonValue]:
    """Only what shapes the network: an epoch more or less does not change a layer table."""
    if variant in _OWN_NETWORK:
        return {"vae": config.vae.model_dump(mode="json", include={"latent_dim"})}
    return {"autoencoder": config.autoencoder.model_dump(mode="json", include={"upsample"})}
