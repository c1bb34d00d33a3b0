"""t-SNE of the test latents, and of the raw pixels that an encoder should beat.

Source: section 2.3.5, Figure 4; the assignment gives two components and random state 42. Command:
``nox -s bench -- --profile paper``; about a minute a network on one CPU core. Expected: kNN accuracy near 0.8 in the plane.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.harness.task import ON_CPU, Outcome, Task
from bench.studies.assignment_2.variants import VARIANTS
from store.schema import TaskKey

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from bench.harness.task import Context
    from bench.studies.assignment_2.config import StudyConfig

PART = "autoencoders"
QUESTIONS = ("main", "sensitivity")
PIXELS = "pixels"
DATA = "fashion-mnist"


def plan(config: StudyConfig) -> tuple[Task, ...]:
    """One task per trained network, and one for the pixels, which no seed changes."""
    networks = [
        _task(config, TaskKey(experiment="latent", variant=variant, seed=seed), (f"autoencoder/{variant}/seed-{seed}",))
        for seed in config.seeds
        for variant in VARIANTS
    ]
    return (_task(config, TaskKey(experiment="latent", variant=PIXELS), ()), *networks)


def run(context: Context) -> Outcome:
    """Encode the test images, lay them out in the plane, and measure how separated the classes are in both."""
    from pydantic import TypeAdapter
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    from bench.datasets.fashion.dataset import load
    from bench.models.autoencoders.latent import Settings, embed, separation
    from bench.training.determinism import configure
    from store.formats import table_bytes

    device = configure(context.device, context.threads)
    settings = TypeAdapter(Settings).validate_python(context.task.config["latent"])
    data = load(context.data[DATA])
    latents = _latents(context, data.test_images, device)
    with threadpool_limits(limits=context.threads):  # scikit-learn's OpenMP and BLAS, which torch's setting does not reach
        plane = embed(latents, settings)
        metrics = separation(latents, plane, data.test_labels, settings)
    columns = {
        "index": list(range(len(latents))),
        "label": data.test_labels.astype("int64"),
        "x": plane.coordinates[:, 0],
        "y": plane.coordinates[:, 1],
    }
    return Outcome(metrics=metrics, files={"coordinates.parquet": table_bytes(columns)})


def _latents(context: Context, images: NDArray[np.uint8], device: torch.device) -> NDArray[np.float32]:
    from bench.models.autoencoders.images import image_tensor
    from bench.models.autoencoders.networks import encode, frozen_encoder
    from bench.studies.assignment_2.autoencoders import stored_network

    pixels = image_tensor(images, device)
    if context.task.key.variant == PIXELS:
        flat: NDArray[np.float32] = pixels.flatten(1).cpu().numpy()
        return flat
    (upstream,) = context.upstream.values()
    encoded: NDArray[np.float32] = encode(frozen_encoder(stored_network(upstream, device)), pixels).cpu().numpy()
    return encoded


def _task(config: StudyConfig, key: TaskKey, upstream: tuple[str, ...]) -> Task:
    sections = {
        "dataset": config.dataset.model_dump(mode="json", include={"source"}),
        "latent": config.latent.model_dump(mode="json"),
    }
    return Task(key=key, module=__name__, config=sections, inputs=(DATA,), upstream=upstream, needs=ON_CPU)
