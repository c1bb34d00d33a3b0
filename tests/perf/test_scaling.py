"""How time and memory grow with seeds, images, street images and records: ``nox -s perf -- --scaling``.

Each measure is a process of its own; its memory is that of the largest process that it started or was. The figures of one run
belong together: the report draws them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.datasets.drawn.scenes import FRAMES, write_drawn

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

ROOT = Path(__file__).parents[2]
SEEDS = (1, 2, 5, 10, 20)
IMAGES = (1_000, 8_000, 60_000)
STREET_IMAGES = (16, 64, 252)
RECORDS = (10, 100, 1_000, 10_000)
ONE_EPOCH = ("autoencoder.epochs=1", "classifier.epochs=1", "detection.epochs=1", "donor.epochs=1", "donor.images=8")

pytestmark = pytest.mark.scaling


def peak_of(*words: str) -> int:
    """Run ``python -m WORDS`` to its end; the most memory in bytes that it or a process below it held at a time."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BENCH_")}
    command = [sys.executable, "-m", "tests.perf.peak", *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, words
    return int(done.stdout)


def measure(benchmark: BenchmarkFixture, axis: str, size: int, *words: str) -> None:
    """One run of it, with what it is a point of."""
    begin = time.perf_counter()
    peak = benchmark.pedantic(peak_of, args=words, rounds=1)
    benchmark.extra_info |= {"axis": axis, "size": size, "peak_bytes": peak, "seconds": time.perf_counter() - begin}


def study(part: str, folder: Path, seeds: int, *settings: str) -> list[str]:
    """The command that runs a part of the quick profile with one epoch of everything."""
    words = ["bench", "run", "--parts", part, "--seeds", f"0-{seeds - 1}" if seeds > 1 else "0", "--jobs", "2", "--offline"]
    return [*words, *(word for one in (*ONE_EPOCH, *settings) for word in ("--set", one)), "--artifacts", str(folder)]


@pytest.mark.parametrize("seeds", SEEDS)
def test_seeds(benchmark: BenchmarkFixture, tmp_path: Path, seeds: int) -> None:
    """Part I on the embedded sample, two tasks at a time."""
    measure(benchmark, "seeds", seeds, *study("autoencoders", tmp_path, seeds))


@pytest.mark.parametrize("images", IMAGES)
def test_images(benchmark: BenchmarkFixture, images: int) -> None:
    """An epoch of the autoencoder."""
    measure(benchmark, "images", images, "tests.perf.grown", "epoch", str(images))


@pytest.mark.parametrize("images", STREET_IMAGES)
def test_street_images(benchmark: BenchmarkFixture, tmp_path: Path, images: int) -> None:
    """The four arms on so many drawn scenes, in a folder as KITTI's, and their donor, an epoch each."""
    write_drawn(tmp_path / "data" / "kitti", range(-(-images // FRAMES)))
    settings = ('detection.dataset="kitti"', f"detection.images={images}")
    words = study("detection", tmp_path / "store", 1, *settings)
    measure(benchmark, "street_images", images, *words, "--data", str(tmp_path / "data"))
    (record,) = (tmp_path / "store").glob("records/detection_data/car/seed-0/*/record.json")
    found = json.loads(record.read_text(encoding="utf-8"))["result"]["metrics"]
    assert found["images_train"] + found["images_validation"] == images


@pytest.mark.parametrize("records", RECORDS)
def test_records(benchmark: BenchmarkFixture, tmp_path: Path, records: int) -> None:
    """The plan of a study whose records all stand."""
    peak_of("tests.perf.grown", "fill", str(records), str(tmp_path))
    measure(benchmark, "records", records, "tests.perf.grown", "plan", str(records), str(tmp_path))
