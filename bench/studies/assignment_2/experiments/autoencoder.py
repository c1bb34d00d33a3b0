"""Trains AE, VAE and DAE on FashionMNIST.

Source: sections 2.1 to 2.3.2, Table 4, Figure 1. Command: ``nox -s bench -- --profile paper``; about 4 minutes a
variant on one CPU core. Published: AE 0.0057 train and 0.0058 validation MSE, DAE 0.0140 and 0.0141, VAE 20.45 train loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from bench.harness.task import Outcome, Task
from bench.studies.assignment_2.variants import VARIANTS, training_sections
from store.schema import TaskKey

if TYPE_CHECKING:
    from pydantic import JsonValue

    from bench.harness.task import Context
    from bench.models.autoencoders.images import Split
    from bench.models.autoencoders.networks import Network
    from bench.studies.assignment_2.config import StudyConfig
    from bench.training.loop import Training

PART = "autoencoders"
QUESTIONS = ("main", "sensitivity", "inference")
DATA = "fashion-mnist"


@dataclass(frozen=True, slots=True)
class _Settings:
    epochs: int
    batch_size: int
    learning_rate: float


@dataclass(frozen=True, slots=True)
class _Cut:
    validation_fraction: float


def plan(config: StudyConfig) -> tuple[Task, ...]:
    """One task per variant and seed."""
    return tuple(_task(config, variant, seed) for seed in config.seeds for variant in VARIANTS)


def run(context: Context) -> Outcome:
    """Train one variant; a loss that is not finite gives a ``diverged`` outcome with the history so far."""
    from bench.datasets.fashion.dataset import load
    from bench.models.autoencoders.images import image_tensor, split
    from bench.studies.assignment_2.autoencoders import build, objective_of, read_shape
    from bench.training.determinism import configure
    from bench.training.loop import Examples, Schedule, Surroundings, fit

    device = configure(context.device, context.threads)
    variant, seed = context.task.key.base_variant, _seed(context)
    sections = context.task.config
    settings = TypeAdapter(_Settings).validate_python(sections["autoencoder"])
    fraction = TypeAdapter(_Cut).validate_python(sections["dataset"]).validation_fraction
    own = TypeAdapter(dict[str, float]).validate_python(sections.get(variant, {}))
    raw = load(context.data[DATA]).train_images
    cut = split(len(raw), fraction, seed)
    examples = Examples(*((image_tensor(raw[part.numpy()], device),) for part in (cut.train, cut.validation)))
    network = build(variant, read_shape(context.task.config), seed).to(device)
    objective = objective_of(variant, network, **own)
    schedule = Schedule(settings.epochs, settings.batch_size, settings.learning_rate)
    surroundings = Surroundings(seed, context.scratch, context.progress, context.capture)
    training = fit(network, objective, examples, schedule, surroundings)
    return _outcome(network, training, cut, objective.terms[0])


def _outcome(network: Network, training: Training, cut: Split, objective: str) -> Outcome:
    from bench.models.autoencoders.describe import parameter_count
    from bench.models.autoencoders.networks import frozen_encoder
    from bench.models.autoencoders.weights import WEIGHTS, tensor_digest, weights_of
    from bench.training.history import history_bytes

    parameters = parameter_count(network)
    metrics: dict[str, float | int] = {
        **training.last_row(),
        "train_images": len(cut.train),
        "validation_images": len(cut.validation),
        "parameters": parameters,
    }
    facts: dict[str, JsonValue] = {"objective": objective, "split_digest": cut.digest}
    files = {"history.parquet": history_bytes(training), **training.chain.files()}
    timing: dict[str, JsonValue] = {"epoch_seconds": list(training.epoch_seconds)}
    if training.diverged_in is not None:
        reason = f"the loss is not finite in epoch {training.diverged_in}"
        return Outcome(metrics, facts, files, timing, "diverged", reason)
    metrics["best_epoch"] = training.best_epoch(f"validation_{objective}")
    if objective == "loss_per_image":
        metrics["validation_loss_sum"] = metrics["validation_loss_per_image"] * len(cut.validation)
    facts["encoder_digest"] = tensor_digest(frozen_encoder(network))
    return Outcome(metrics, facts, {**files, WEIGHTS: weights_of(network)}, timing)


def _task(config: StudyConfig, variant: str, seed: int) -> Task:
    key = TaskKey(experiment="autoencoder", variant=variant, seed=seed)
    return Task(key=key, module=__name__, config=training_sections(config, variant), inputs=(DATA,))


def _seed(context: Context) -> int:
    seed = context.task.key.seed
    assert seed is not None  # noqa: S101 - plan gives every task of this experiment one
    return seed
