"""Layer tables of the networks and classifiers, read from the real modules.

Source: Tables 1 and 2, section 2.4, Figures 8 and 9. Command: ``nox -s bench``; under a second. Expected: AE and DAE
86,801 parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from bench.harness.task import ON_CPU, Outcome, Task
from bench.studies.assignment_2.variants import VARIANTS, network_section
from store.schema import TaskKey

if TYPE_CHECKING:
    from pydantic import JsonValue
    from torch import nn

    from bench.harness.task import Context
    from bench.studies.assignment_2.config import StudyConfig

PART = "autoencoders"
QUESTIONS = ("main", "sensitivity")
_CLASSIFIER = "classifier-"


@dataclass(frozen=True, slots=True)
class _Head:
    hidden_units: tuple[int, ...]


def plan(config: StudyConfig) -> tuple[Task, ...]:
    """One task per network; nothing is random, so none has a seed, and none reads data."""
    head: dict[str, JsonValue] = {"classifier": config.classifier.model_dump(mode="json", include={"hidden_units"})}
    networks = [_task(variant, network_section(config, variant)) for variant in VARIANTS]
    classifiers = [_task(f"{_CLASSIFIER}{variant}", network_section(config, variant) | head) for variant in VARIANTS]
    return (*networks, *classifiers)


def run(context: Context) -> Outcome:
    """Build the network, run one blank image through it and record each stage's shapes."""
    from bench.models.autoencoders.describe import layer_rows, parameter_count
    from bench.models.autoencoders.networks import frozen_encoder, latent_values
    from bench.models.classifier.network import Classifier, build_head
    from bench.studies.assignment_2.autoencoders import build, read_shape
    from bench.training.determinism import configure
    from store.formats import document_bytes

    configure("cpu", context.threads)
    variant = context.task.key.variant
    autoencoder = build(variant.removeprefix(_CLASSIFIER), read_shape(context.task.config), seed=0)
    latents = latent_values(autoencoder)
    network: nn.Module = autoencoder
    if variant.startswith(_CLASSIFIER):
        head = TypeAdapter(_Head).validate_python(context.task.config["classifier"])
        network = Classifier(frozen_encoder(autoencoder), build_head(latents, head.hidden_units, seed=0))
    metrics = {
        "parameters": parameter_count(network),
        "trainable_parameters": parameter_count(network, trainable_only=True),
        "latent_values": latents,
    }
    return Outcome(metrics=metrics, files={"layers.json": document_bytes(list(layer_rows(network)))})


def _task(variant: str, config: dict[str, JsonValue]) -> Task:
    return Task(key=TaskKey(experiment="architecture", variant=variant), module=__name__, config=config, needs=ON_CPU)
