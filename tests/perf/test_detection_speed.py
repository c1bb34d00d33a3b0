"""A training step of the detector here against a plain ``YOLO.train`` with equal arguments, in the same process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

ROOT = Path(__file__).parents[2]
IMAGES = 32

# Both trainings see the same batches, as seeds and arguments are equal: each step is compared with its twin, by the
# fastest of the rounds. Callbacks of the package take the times on both sides.
PROGRAM = """
import json, os, sys, time
from dataclasses import replace
from pathlib import Path
from bench.models.detection import isolation
from bench.models.detection.training import Request
folder = Path(sys.argv[1])
rounds, epochs = int(sys.argv[2]), 3
home = folder / isolation.HOME
home.mkdir()
os.environ.update(isolation.environment_of(folder))
from bench.models import vision_compat
vision_compat.enable()
from bench.models.detection import engine
from bench.models.detection.arguments import arguments_of
from ultralytics import YOLO
from ultralytics.utils import NUM_THREADS
from ultralytics.utils.callbacks.base import default_callbacks
from tests.bench.models.detection.conftest import expected_in

expected = {part: expected_in(folder, part) for part in ("train", "val")}
request = Request(folder / "data.yaml", folder, None, 160, 8, epochs, 0, "cpu", NUM_THREADS, expected)
clock = {}

def stamp(event):
    return lambda trainer: clock.setdefault(event, []).append(time.perf_counter())

for event in ("on_train_epoch_start", "on_train_batch_end"):
    default_callbacks[event].append(stamp(event))

def ours(place):
    engine.train(replace(request, folder=place), lambda *_, **__: None)

def plain(place):
    arguments = arguments_of(replace(request, folder=place))
    YOLO("yolov5s.yaml").train(**{name: value for name, value in arguments.items() if name not in ("task", "mode", "model")})

def measured(train, place):
    clock.clear()
    place.mkdir()
    train(place)
    starts, ends = clock["on_train_epoch_start"], clock["on_train_batch_end"]
    steps = len(ends) // epochs
    marks = [[start, *ends[index * steps : (index + 1) * steps]] for index, start in enumerate(starts)]
    return {
        "steps": [after - before for epoch in marks for before, after in zip(epoch, epoch[1:])],
        "epochs": [after - before for before, after in zip(starts, starts[1:])],
    }

found = {"ours": [], "plain": []}
for index in range(rounds):
    order = (("plain", plain), ("ours", ours))
    for name, train in order if index % 2 else reversed(order):
        found[name].append(measured(train, folder / f"{name}-{index}"))
(folder / "times.json").write_text(json.dumps(found))
"""


def write_data(folder: Path) -> None:
    """Noise images with one bright box each; the same for training and validation part."""
    generator = np.random.default_rng(0)
    for part, count in (("train", IMAGES), ("val", 8)):
        for kind in ("images", "labels"):
            (folder / kind / part).mkdir(parents=True)
        for index in range(count):
            pixels = generator.integers(0, 80, (120, 400, 3), dtype=np.uint8)
            pixels[30:90, 100:220] = 200
            Image.fromarray(pixels).save(folder / "images" / part / f"{index:03d}.png")
            (folder / "labels" / part / f"{index:03d}.txt").write_text("0 0.4 0.5 0.3 0.5\n")
    (folder / "data.yaml").write_text("train: images/train\nval: images/val\nnames:\n  0: car\n")


def fastest(rounds: list[dict[str, list[float]]], kind: str) -> float:
    """Seconds of all steps or epochs, each taken from the round in which it was fastest."""
    return sum(min(times) for times in zip(*(found[kind] for found in rounds), strict=True))


def measure(folder: Path, rounds: int) -> dict[str, list[dict[str, list[float]]]]:
    """Run both trainings in turn in a fresh process; returns their times by side and round."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROGRAM, str(folder), str(rounds)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    times: dict[str, list[dict[str, list[float]]]] = json.loads((folder / "times.json").read_text())
    return times


LOADING = """
import json, sys, time
from dataclasses import replace
from pathlib import Path
import os
from bench.models.detection import isolation
from bench.models.detection.training import Request
folder = Path(sys.argv[1])
home = folder / isolation.HOME
home.mkdir()
os.environ.update(isolation.environment_of(folder))
from bench.models import vision_compat
vision_compat.enable()
from types import SimpleNamespace
import cv2
import torch
from bench.models.detection import engine
from bench.models.detection.arguments import arguments_of
from ultralytics.models.yolo.detect import DetectionTrainer

request = Request(folder / "data.yaml", folder, None, 160, 8, 1, 0, "cpu", 1, {})
files = sorted((folder / "images" / "train").iterdir())

def loader(trainer):
    trainer.model = SimpleNamespace(stride=torch.tensor([32.0]))  # all that the loader asks of the network
    return trainer.get_dataloader(trainer.data["train"], batch_size=8, rank=-1, mode="train")

def ours():
    return loader(engine._Arm(request, lambda *_, **__: None))

def plain():
    arguments = arguments_of(replace(request, folder=folder))
    return loader(DetectionTrainer(overrides={name: value for name, value in arguments.items() if name != "mode"}))

def seconds(batches):
    begin = time.perf_counter()
    for _ in batches:
        pass
    return time.perf_counter() - begin

def decode():
    begin = time.perf_counter()
    for path in files:
        cv2.imread(str(path))
    return time.perf_counter() - begin

loaders = {"ours": ours(), "plain": plain()}
found = {"ours": [], "plain": [], "decode": []}
for _ in range(int(sys.argv[2])):
    for name, batches in loaders.items():
        found[name].append(seconds(batches))
    found["decode"].append(decode())
(folder / "times.json").write_text(json.dumps(found))
"""


def measure_loading(folder: Path, rounds: int) -> dict[str, list[float]]:
    """Read every training image through both loaders, and decode it alone, in a fresh process."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", LOADING, str(folder), str(rounds)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    times: dict[str, list[float]] = json.loads((folder / "times.json").read_text())
    return times


def test_images_load_as_fast_as_in_the_package(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Reading, augmenting (mosaic) and batching the training images costs what it costs in a plain trainer."""
    write_data(tmp_path)
    times = benchmark.pedantic(measure_loading, args=(tmp_path, 5), rounds=1)
    benchmark.extra_info["other_over_here"] = min(times["plain"]) / min(times["ours"])
    benchmark.extra_info["load_ms_per_image"] = 1000 * min(times["ours"]) / IMAGES
    benchmark.extra_info["decode_ms_per_image"] = 1000 * min(times["decode"]) / IMAGES


def test_a_training_step_costs_what_it_costs_in_the_package(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Holding steps, counting batches and our way of resuming add nothing that can be felt to a step."""
    write_data(tmp_path)
    times = benchmark.pedantic(measure, args=(tmp_path, 3), rounds=1)
    ratio = fastest(times["ours"], "steps") / fastest(times["plain"], "steps")
    benchmark.extra_info["other_over_here"] = 1 / ratio
    benchmark.extra_info["step_ratio"] = ratio
    # Between two epochs lie validation and checkpoint: full precision and on the disk here, half precision there.
    benchmark.extra_info["epoch_ratio"] = fastest(times["ours"], "epochs") / fastest(times["plain"], "epochs")
    benchmark.extra_info["step_s"] = fastest(times["ours"], "steps") / len(times["ours"][0]["steps"])
