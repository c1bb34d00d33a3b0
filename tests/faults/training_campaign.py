"""Kills a training in each batch and at each change of the disk: ``python -m tests.faults.training_campaign DIR``."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from bench.studies.assignment_2.autoencoders import Shape, build, objective_of
from bench.training import loop
from bench.training.loop import Examples, Objective, Schedule, Surroundings, fit
from store.canonical import canonical_json
from store.formats import weight_bytes
from store.records import discard_partials, write_atomic
from tests.faults.kill_points import killed_at, snapshot, undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

_IMAGES = torch.rand(40, 1, 28, 28, generator=torch.Generator().manual_seed(3))
_EXAMPLES = Examples((_IMAGES[:32],), (_IMAGES[32:],))
_SCHEDULE = Schedule(epochs=2, batch_size=8, learning_rate=1e-3)  # 4 batches and one of validation an epoch


def train(variant: str, root: Path, dies_in: int = 0) -> None:
    """Train a real network and write down weights and history; with ``dies_in`` the process is killed in that batch."""
    torch.set_num_threads(1)
    loop.SAVE_EVERY_S = 0.0  # these epochs are shorter than any wait between checkpoints
    network = build(variant, Shape(), 0)
    objective = objective_of(variant, network, noise_factor=0.5, beta=0.5)
    scratch = root / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    watched = Objective(objective.terms, _mortal(objective.evaluate, dies_in))
    training = fit(network, watched, _EXAMPLES, _SCHEDULE, Surroundings(0, scratch, lambda *_a, **_k: None))
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    for name in ("weights.safetensors", "history.json"):
        discard_partials(root / "result" / name)
    write_atomic(root / "result" / "weights.safetensors", weight_bytes(weights))
    write_atomic(root / "result" / "history.json", canonical_json(training.history))


def _mortal(evaluate: Callable[..., tuple[Tensor, Tensor]], dies_in: int) -> Callable[..., tuple[Tensor, Tensor]]:
    count = 0

    def counted(batch: tuple[Tensor, ...], draw: torch.Generator) -> tuple[Tensor, Tensor]:
        nonlocal count
        count += 1
        if count == dies_in:
            os.kill(os.getpid(), signal.SIGKILL)
        return evaluate(batch, draw)

    return counted


def campaign(base: Path, variant: str) -> dict[str, object]:
    """Kill in every batch and at every change of the disk; resume each time and compare weights and history."""
    train(variant, base / f"{variant}-here")  # what torch sets up at first takes 1.6 s, which each fork would repeat
    whole = base / f"{variant}-whole"
    undisturbed(partial(train, variant, whole))
    expected = snapshot(whole / "result")
    points = 0
    differing: list[str] = []

    def resumed(root: Path, what: str) -> None:
        undisturbed(partial(train, variant, root))
        if snapshot(root / "result") != expected:
            differing.append(f"{variant}, {what}")
        shutil.rmtree(root)

    batches = _SCHEDULE.epochs * 5
    for batch in range(1, batches + 1):
        root = base / f"{variant}-batch-{batch}"
        assert killed_at(0, partial(train, variant, root, batch))
        points += 1
        resumed(root, f"batch {batch}")
    moment = 1
    while variant == "vae" and killed_at(
        moment, partial(train, variant, root := base / f"{variant}-{moment}"), torn=moment % 2 == 0
    ):
        points += 1
        resumed(root, f"moment {moment}")
        moment += 1
    return {"points": points, "differing": differing}


if __name__ == "__main__":
    print(json.dumps({variant: campaign(Path(sys.argv[1]), variant) for variant in ("ae", "vae")}))  # noqa: T201 - its answer
