"""Whether trainings repeat on a device: twice, recorded or not, killed and resumed, and beside those of the CPU."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import torch

from bench.training import loop, steps
from bench.training.determinism import configure, stream
from bench.training.loop import EVALUATION_BATCH
from tests.cuda.subjects import BATCH_SIZE, FULL, NAMES, ROOT, TINY, Scale, batch_of, fingerprint, subject, train

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic import JsonValue

GRADIENT_TOLERANCE = 1e-4  # relative, of one step from the same weights: both round every float32 sum in another order
# Relative, for an epoch's losses: an AE starts on a plateau, and how soon it leaves multiplies the rounding of the first steps.
# One H200 lay 2.2 % from the CPU within three epochs (AE), 0.3 % (VAE), 0.02 % (DAE) and 1e-7 (classifier).
LOSS_TOLERANCE = 0.05
ACCURACY_TOLERANCE = 0.01  # absolute: of 790 images, seven that lie on the border of two classes


def repeated(device: str, scale: Scale, folder: Path) -> dict[str, JsonValue]:
    """Each network twice with recorded steps and once without."""
    chosen = configure(device, threads=1)

    def look(name: str) -> dict[str, JsonValue]:
        first, again, eager = (
            fingerprint(*train(name, chosen, folder / f"{name}-{turn}", scale, capture=turn != "eager"))
            for turn in ("first", "again", "eager")
        )
        return {"twice": first == again, "recorded_as_called": first == eager, "chain": first["chain"]}

    return {name: _or_error(look, name) for name in NAMES}


def branched(device: str, scale: Scale, folder: Path) -> dict[str, JsonValue]:
    """The same with the other setting of ``steps.BRANCHING``: gradients of weights computed beside those of activations."""
    with patch.object(steps, "BRANCHING", not steps.BRANCHING):
        return {"branching": steps.BRANCHING, **repeated(device, scale, folder)}


def unwaiting(device: str, scale: Scale, folder: Path) -> dict[str, JsonValue]:
    """Each network, recorded and not, where a host that waits for its device within a pass is an error."""
    chosen = configure(device, threads=1)

    def look(name: str) -> dict[str, JsonValue]:
        for capture in (True, False):
            with never_waiting(chosen):
                train(name, chosen, folder / f"{name}-{capture}", scale, capture=capture)
        return {"never_waited": True}

    return {name: _or_error(look, name) for name in NAMES}


def _or_error(look: Callable[[str], dict[str, JsonValue]], name: str) -> dict[str, JsonValue]:
    """What ``look`` finds of a network, or why it cannot, so that the others have their turn."""
    try:
        return look(name)
    except RuntimeError as error:
        return {"error": f"{type(error).__name__}: {error}"[:1000]}


def resumed(device: str, scale: Scale, folder: Path) -> dict[str, JsonValue]:
    """Networks that draw random numbers, killed in the midst of the second epoch and resumed in another process."""
    chosen = configure(device, threads=1)
    found: dict[str, JsonValue] = {}
    for name in ("dae", "vae"):
        deadly = scale.train // BATCH_SIZE * 3 // 2 + scale.validation // EVALUATION_BATCH  # whole batches alone are counted
        command = [sys.executable, "-m", "tests.cuda.trainings", name, device, str(folder / f"{name}-cut"), str(deadly)]
        child = subprocess.run([*command, "tiny" if scale == TINY else "full"], cwd=ROOT, check=False)
        steps_seen: list[int] = []
        after = train(name, chosen, folder / f"{name}-cut", scale, progress=lambda step, *_, s=steps_seen, **__: s.append(step))
        whole = train(name, chosen, folder / f"{name}-whole", scale)
        equal = fingerprint(*after) == fingerprint(*whole)
        found[name] = {"killed": child.returncode == -signal.SIGKILL, "resumed_in_epoch": steps_seen[0], "equal": equal}
    return found


def beside_the_cpu(device: str, scale: Scale, folder: Path) -> dict[str, JsonValue]:
    """The largest difference between any epoch's losses here and on the CPU, both with the CPU's random numbers."""
    chosen = configure(device, threads=1)
    found: dict[str, JsonValue] = {}
    for name in NAMES:
        histories = []
        for place in (torch.device("cpu"), chosen):
            with numbers_of_the_cpu():
                _, training = train(name, place, folder / f"{name}-{len(histories)}", scale, capture=False)
            histories.append(training.history)
        relative, absolute = 0.0, 0.0
        gradient = _gradient_apart(name, chosen, scale)
        for column, ours in histories[0].items():
            for one, other in zip(ours, histories[1][column], strict=True):
                assert one is not None
                assert other is not None
                if column.endswith("accuracy"):
                    absolute = max(absolute, abs(one - other))
                else:
                    relative = max(relative, abs(one - other) / abs(one))
        within = gradient <= GRADIENT_TOLERANCE and relative <= LOSS_TOLERANCE and absolute <= ACCURACY_TOLERANCE
        found[name] = {
            "gradient_relative": gradient,
            "largest_relative": relative,
            "largest_absolute_accuracy": absolute,
            "within": within,
        }
    tolerances = {"gradient_tolerance": GRADIENT_TOLERANCE, "loss_tolerance": LOSS_TOLERANCE}
    return {**tolerances, "accuracy_tolerance": ACCURACY_TOLERANCE, "networks": found}


def _gradient_apart(name: str, device: torch.device, scale: Scale) -> float:
    """Norm of the difference of the first batch's gradients on both devices, over the norm of the CPU's."""
    found = []
    for place in (torch.device("cpu"), device):
        network, objective, tensors = subject(name, *batch_of(place, scale))
        with numbers_of_the_cpu():
            loss, _ = objective.evaluate(tuple(tensor[:BATCH_SIZE] for tensor in tensors), stream(0, "gradient", place))
        torch.autograd.backward(loss)
        gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
        found.append(torch.cat([gradient.flatten().cpu().double() for gradient in gradients]))
    return float((found[0] - found[1]).norm() / found[0].norm())


@contextmanager
def never_waiting(device: torch.device) -> Iterator[None]:
    """Inside the block, a pass over the examples in which the host waits for a CUDA device raises RuntimeError."""
    run = steps.Pass.run

    def guarded(self: steps.Pass) -> None:
        torch.cuda.set_sync_debug_mode("error")
        try:
            run(self)
        finally:
            torch.cuda.set_sync_debug_mode("default")

    with patch.object(steps.Pass, "run", guarded if device.type == "cuda" else run):
        yield


@contextmanager
def numbers_of_the_cpu() -> Iterator[None]:
    """Inside the block, normal numbers for any device come from one stream on the CPU: devices draw different ones."""
    real, draw = torch.randn, stream(0, "cpu-numbers")

    def drawn(shape: torch.Size, *, generator: torch.Generator, device: torch.device) -> torch.Tensor:
        del generator
        return real(shape, generator=draw).to(device)

    with patch.object(torch, "randn", drawn):
        yield


def _dying_in(call: int) -> Callable[[steps.Step], None]:
    """A step that is the process's last."""
    original, count = steps.Step.__call__, [0]

    def step(self: steps.Step) -> None:
        count[0] += 1
        if count[0] == call:
            os.kill(os.getpid(), signal.SIGKILL)
        original(self)

    return step


if __name__ == "__main__":
    NAME, DEVICE, SCRATCH, CALL, SCALE = sys.argv[1:]
    loop.SAVE_EVERY_S = 0.0  # these epochs are shorter than any wait between checkpoints
    steps.Step.__call__ = _dying_in(int(CALL))  # type: ignore[method-assign]
    train(NAME, configure(DEVICE, threads=1), Path(SCRATCH), TINY if SCALE == "tiny" else FULL)
