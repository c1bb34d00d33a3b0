"""Programs of a given size whose time and memory are measured from outside: ``python -m tests.perf.grown KIND SIZE [DIR]``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.perf.many import fill, planned


def epoch(images: int) -> None:
    """One epoch of the autoencoder over so many images of noise, a fifth of them for validation; one thread."""
    import torch

    from bench.studies.assignment_2.autoencoders import Shape, build, objective_of
    from bench.training.determinism import configure
    from bench.training.loop import Examples, Schedule, Surroundings, fit

    configure("cpu", 1)
    pictures = torch.rand(images, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    held_out = images // 5
    examples = Examples((pictures[held_out:],), (pictures[:held_out],))
    network = build("ae", Shape(), 0)
    objective = objective_of("ae", network, noise_factor=0.5, beta=0.5)
    with TemporaryDirectory() as folder:
        schedule = Schedule(epochs=1, batch_size=32, learning_rate=1e-3)
        fit(network, objective, examples, schedule, Surroundings(0, Path(folder), lambda *_a, **_k: None))


def main(kind: str, size: int, folder: Path | None) -> None:
    """Do it."""
    if kind == "epoch":
        epoch(size)
        return
    assert folder is not None
    if kind == "fill":
        os.fsync = lambda _handle: None  # type: ignore[assignment]  # the store is thrown away
        fill(folder, size)
    else:
        assert planned(folder, size) == 0


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
