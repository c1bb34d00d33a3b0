"""Reconstructs the test images, clean and noisy, with the trained networks.

Source: sections 2.3.3, 2.3.4 and 2.3.6, Figures 2 and 3. Command: ``nox -s bench -- --profile paper``; under a minute
a network on one CPU core. Expected: the DAE removes most of the noise, the AE reproduces it, the VAE is smoother.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from bench.harness.task import ON_CPU, Outcome, Task
from bench.studies.assignment_2.variants import VARIANTS
from store.errors import UsageError
from store.schema import TaskKey

if TYPE_CHECKING:
    from bench.harness.task import Context
    from bench.studies.assignment_2.config import StudyConfig

PART = "autoencoders"
QUESTIONS = ("main", "sensitivity")
DATA = "fashion-mnist"


@dataclass(frozen=True, slots=True)
class _Settings:
    pairs: tuple[int, ...]
    noise_factor: float
    noise_sweep: tuple[float, ...]


def plan(config: StudyConfig) -> tuple[Task, ...]:
    """One task per trained network."""
    return tuple(_task(config, variant, seed) for seed in config.seeds for variant in VARIANTS)


def run(context: Context) -> Outcome:
    """Errors of every test image, the chosen pairs and the noise sweep; raises UsageError on a pair beyond the images."""
    from bench.datasets.fashion.dataset import load
    from bench.models.autoencoders.images import image_tensor
    from bench.models.autoencoders.reconstruction import Subject, error_metrics, pairs, reconstruct, robustness, unit_noise
    from bench.studies.assignment_2.autoencoders import stored_network
    from bench.training.determinism import configure
    from store.formats import array_bytes, table_bytes

    device = configure(context.device, context.threads)
    settings = TypeAdapter(_Settings).validate_python(context.task.config["reconstruction"])
    data = load(context.data[DATA])
    labels = data.test_labels
    _check_pairs(settings.pairs, len(labels))
    clean = image_tensor(data.test_images, device)
    (upstream,) = context.upstream.values()
    subject = Subject(stored_network(upstream, device), clean, unit_noise(clean, context.task.key.seed or 0))
    plain, noisy = reconstruct(subject, 0.0), reconstruct(subject, settings.noise_factor)
    sweep = robustness(subject, settings.noise_sweep, lambda step: context.progress(step, len(settings.noise_sweep)))
    errors = {
        "index": list(range(len(labels))),
        "label": labels.astype("int64"),
        "mse_per_pixel_clean_input": plain.mse.cpu().numpy(),
        "mse_per_pixel_noisy_input": noisy.mse.cpu().numpy(),
    }
    files = {
        "errors.parquet": table_bytes(errors),
        "pairs.npz": array_bytes(pairs(subject, labels, settings.pairs, plain, noisy)),
        "robustness.parquet": table_bytes(sweep),
    }
    return Outcome(metrics=error_metrics(subject, plain, noisy), files=files)


def _task(config: StudyConfig, variant: str, seed: int) -> Task:
    return Task(
        key=TaskKey(experiment="reconstruction", variant=variant, seed=seed),
        module=__name__,
        config={
            "dataset": config.dataset.model_dump(mode="json", include={"source"}),
            "reconstruction": config.reconstruction.model_dump(mode="json"),
        },
        inputs=(DATA,),
        upstream=(f"autoencoder/{variant}/seed-{seed}",),
        needs=ON_CPU,  # nine passes over the test images; SSIM, on the CPU anyway, takes most of the time
    )


def _check_pairs(index: tuple[int, ...], images: int) -> None:
    beyond = [number for number in index if number >= images]
    if beyond:
        message = f"reconstruction.pairs names test image {beyond[0]}, but there are {images} (0 to {images - 1})"
        raise UsageError(message, where="reconstruction.pairs", cure="set reconstruction.pairs to indices that exist")
