"""Trains a dense classifier on each frozen encoder and scores it on the test images.

Source: section 2.4, Table 5, Figures 5 and 6. Command: ``nox -s bench -- --profile paper``; about half a minute a
network on one CPU core. Published test accuracy: AE 88.04 %, VAE 87.17 %, DAE 86.81 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from bench.harness.task import Outcome, Task
from bench.studies.assignment_2.variants import VARIANTS
from store.schema import TaskKey

if TYPE_CHECKING:
    from pydantic import JsonValue
    from torch import Tensor, nn

    from bench.datasets.fashion.dataset import FashionMnist
    from bench.harness.task import Context
    from bench.studies.assignment_2.config import StudyConfig
    from bench.training.loop import Examples, Training

PART = "autoencoders"
QUESTIONS = ("main", "sensitivity", "inference")
DATA = "fashion-mnist"


@dataclass(frozen=True, slots=True)
class _Settings:
    epochs: int
    batch_size: int
    learning_rate: float
    hidden_units: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Cut:
    validation_fraction: float


def plan(config: StudyConfig) -> tuple[Task, ...]:
    """One task per trained network."""
    return tuple(_task(config, variant, seed) for seed in config.seeds for variant in VARIANTS)


def run(context: Context) -> Outcome:
    """Encode all images once, train the head on the features, classify the test images."""
    from bench.datasets.fashion.dataset import load
    from bench.models.autoencoders.networks import frozen_encoder
    from bench.models.autoencoders.weights import tensor_digest
    from bench.models.classifier.network import build_head
    from bench.models.classifier.objective import classification
    from bench.studies.assignment_2.autoencoders import stored_network
    from bench.training.determinism import configure
    from bench.training.loop import Schedule, Surroundings, fit

    device = configure(context.device, context.threads)
    settings = TypeAdapter(_Settings).validate_python(context.task.config["classifier"])
    (upstream,) = context.upstream.values()
    encoder = frozen_encoder(stored_network(upstream, device))
    digest_before = tensor_digest(encoder)
    data, seed = load(context.data[DATA]), context.task.key.seed or 0
    examples, test_features = _features(context, encoder, data, seed)
    head = build_head(test_features.shape[1], settings.hidden_units, seed).to(device)
    schedule = Schedule(settings.epochs, settings.batch_size, settings.learning_rate)
    surroundings = Surroundings(seed, context.scratch, context.progress, context.capture)
    training = fit(head, classification(head), examples, schedule, surroundings)
    facts: dict[str, JsonValue] = {"encoder_digest_before": digest_before, "encoder_digest_after": tensor_digest(encoder)}
    return _outcome(head, training, (test_features, data), facts)


def _features(context: Context, encoder: nn.Module, data: FashionMnist, seed: int) -> tuple[Examples, Tensor]:
    """Features and labels of training and validation images (the autoencoder's own cut), and the test features."""
    import torch

    from bench.models.autoencoders.images import image_tensor, split
    from bench.models.autoencoders.networks import encode
    from bench.training.loop import Examples

    device = next(encoder.parameters()).device
    fraction = TypeAdapter(_Cut).validate_python(context.task.config["dataset"]).validation_fraction
    cut = split(len(data.train_images), fraction, seed)
    parts = []
    for part in (cut.train.numpy(), cut.validation.numpy()):
        labels = torch.tensor(data.train_labels[part], dtype=torch.int64, device=device)
        parts.append((encode(encoder, image_tensor(data.train_images[part], device)), labels))
    return Examples(*parts), encode(encoder, image_tensor(data.test_images, device))


def _outcome(head: nn.Module, training: Training, test: tuple[Tensor, FashionMnist], facts: dict[str, JsonValue]) -> Outcome:
    from bench.models.autoencoders.describe import parameter_count
    from bench.models.autoencoders.weights import WEIGHTS, weights_of
    from bench.scoring.classification import confusion, per_class, predict, table_metrics
    from bench.training.history import history_bytes
    from store.formats import array_bytes, table_bytes

    metrics: dict[str, float | int] = {**training.last_row(), "trainable_parameters": parameter_count(head)}
    files = {"history.parquet": history_bytes(training), **training.chain.files()}
    timing: dict[str, JsonValue] = {"epoch_seconds": list(training.epoch_seconds)}
    if training.diverged_in is not None:
        reason = f"the loss is not finite in epoch {training.diverged_in}"
        return Outcome(metrics, facts, files, timing, "diverged", reason)
    features, data = test
    found = predict(head, features, data.test_labels)
    columns = {
        "index": list(range(len(found.labels))),
        "label": found.labels,
        "predicted": found.predicted,
        "probability": found.probability,
    }
    files |= {
        WEIGHTS: weights_of(head),
        "predictions.parquet": table_bytes(columns),
        "confusion.npz": array_bytes({"counts": confusion(found)}),
        "per_class.parquet": table_bytes(per_class(found)),
    }
    return Outcome({**metrics, **table_metrics(found)}, facts, files, timing)


def _task(config: StudyConfig, variant: str, seed: int) -> Task:
    return Task(
        key=TaskKey(experiment="classifier", variant=variant, seed=seed),
        module=__name__,
        config={
            "dataset": config.dataset.model_dump(mode="json"),
            "classifier": config.classifier.model_dump(mode="json"),
        },
        inputs=(DATA,),
        upstream=(f"autoencoder/{variant}/seed-{seed}",),
    )
