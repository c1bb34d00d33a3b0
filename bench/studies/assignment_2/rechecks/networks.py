"""Makes anew what follows from a seed or from stored weights alone: cuts, noise, outputs on the pairs, tables of layers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import TypeAdapter

from bench.rechecking.verification.comparison import Comparison
from bench.rechecking.verification.source import same_source
from store.doors import parse_json
from store.formats import read_arrays

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray
    from pydantic import JsonValue

    from store.records import Stored

# Outputs of a network in float32 on another processor or GPU; an error that shows in a picture is a thousand times as large.
_OUTPUT = 1e-3
_MAKERS = (
    "bench.models.autoencoders.networks",
    "bench.models.autoencoders.reconstruction",
    "bench.studies.assignment_2.autoencoders",
    "bench.training.determinism",
)


def cut_of(count: int, fraction: float, seed: int) -> tuple[frozenset[int], frozenset[int], str]:
    """The numbers of the training and of the validation images, and the digest of both."""
    from bench.models.autoencoders.images import split

    cut = split(count, fraction, seed)
    return frozenset(cut.train.tolist()), frozenset(cut.validation.tolist()), cut.digest


def noise_and_outputs(stored: Stored, upstream: Mapping[str, Stored], factor: JsonValue, images: int) -> Iterator[Comparison]:
    """The noisy pairs from the originals and the seed, and what the stored network makes of both."""
    if not isinstance(factor, int | float):
        raise TypeError("reconstruction.noise_factor of the record's configuration is no number")
    if not same_source(stored.record, *_MAKERS):
        return
    import torch

    from bench.models.autoencoders.networks import in_batches
    from bench.models.autoencoders.reconstruction import unit_noise
    from bench.studies.assignment_2.autoencoders import stored_network

    pairs = read_arrays(stored.file("pairs.npz"))
    original = torch.from_numpy(pairs["original"]).reshape(-1, 1, 28, 28)
    if stored.record.ingredients.environment.get("device") == "cpu":  # a GPU draws other numbers from the same seed
        noise = unit_noise(torch.empty(images, 1, 28, 28), stored.record.task.seed or 0)[torch.from_numpy(pairs["index"])]
        yield _close("noisy of pairs.npz", pairs["noisy"], (original + factor * noise).clamp_(0.0, 1.0))
    (network,) = upstream.values()
    reconstruct = stored_network(network, torch.device("cpu")).reconstruct
    for source, name in (("original", "reconstruction"), ("noisy", "reconstruction_of_noisy")):
        inputs = torch.from_numpy(pairs[source]).reshape(-1, 1, 28, 28)
        yield _close(f"{name} of pairs.npz", pairs[name], in_batches(reconstruct, inputs))


def plane_silhouette(stored: Stored, points: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """As ``bench/models/autoencoders/latent.py`` takes it."""
    import torch
    from sklearn.metrics import silhouette_score

    from bench.models.autoencoders.latent import Settings
    from bench.training.determinism import stream

    settings = TypeAdapter(Settings).validate_python(stored.record.ingredients.config["latent"])
    order = torch.randperm(len(labels), generator=stream(settings.random_state, "latent/metric-images"))
    some = order[: settings.metric_images].numpy()
    return float(silhouette_score(points[some], labels[some]))


def layers_again(stored: Stored) -> JsonValue:
    """The table of layers as the experiment makes it: it takes no data and no seed."""
    from bench.harness.task import Context, Task
    from bench.studies.assignment_2.experiments import architecture

    task = Task(key=stored.record.task, module=architecture.__name__, config=stored.record.ingredients.config)
    context = Context(task, device="cpu", threads=1, data={}, upstream={}, scratch=Path(), progress=lambda *_, **__: None)
    outcome = architecture.run(context)
    return parse_json(outcome.files["layers.json"])


def _close(name: str, stored: NDArray[np.generic], again: object) -> Comparison:
    """Pixels lie in [0, 1]: within a thousandth of that scale, on whatever processor."""
    found = np.asarray(again, np.float64).reshape(stored.shape)
    distance = float(np.abs(stored.astype(np.float64) - found).max(initial=0.0))
    return Comparison(f"largest distance of {name} from what is made again", distance, 0.0, absolute=_OUTPUT)
