"""Part I whole, as one notebook does it and as ``bench run`` does it, each with all cores: ``nox -s perf -- --part-one 5``.

The epochs are a stated part of the published ones, the t-SNE planes are all there; the run's records say where its time goes.
What whole trainings would take is worked out from each side's time for an epoch.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data" / "sample"
EPOCHS = 1
PUBLISHED = {"autoencoder": 25, "classifier": 10}  # epochs

pytestmark = pytest.mark.part_one


def answer(*words: str) -> str:
    """What ``python -m WORDS`` prints; with as many threads as it takes by itself."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("BENCH_", "OMP_"))}
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def unpacked(data: Path, folder: Path) -> Path:
    """FashionMNIST as torchvision leaves it after a download, from the packed files in ``data``."""
    raw = folder / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for packed in (data / "fashion-mnist").glob("*-ubyte.gz"):
        (raw / packed.name).write_bytes(packed.read_bytes())
        (raw / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
    return folder


def test_part_one_beside_the_notebook_way(benchmark: BenchmarkFixture, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """First the notebook, then the run: seconds of both, by kind of work, and what they would be with all published epochs."""
    seeds = pytestconfig.getoption("--part-one")
    data = Path(os.environ.get("BENCH_DATA_DIR") or SAMPLE)
    notebook = json.loads(answer("tests.perf.notebook", str(unpacked(data, tmp_path / "torchvision")), str(seeds), str(EPOCHS)))
    store = tmp_path / "store"
    words = ["bench", "run", "--profile", "paper", "--parts", "autoencoders", "--seeds", ",".join(map(str, range(seeds)))]
    fewer = [word for kind in PUBLISHED for word in ("--set", f"{kind}.epochs={EPOCHS}")]
    begin = time.perf_counter()
    benchmark.pedantic(answer, args=(*words, *fewer, "--offline", "--data", str(data), "--artifacts", str(store)), rounds=1)
    here = time.perf_counter() - begin
    computing: Counter[str] = Counter()
    epochs_s = 0.0
    for timing in store.glob("records/*/*/*/*/timing.json"):
        kind, seconds = timing.parts[-5], json.loads(timing.read_text(encoding="utf-8"))
        computing[kind] += seconds["seconds"]
        if kind in PUBLISHED:
            epochs_s += sum(seconds["epoch_seconds"]) / EPOCHS * (PUBLISHED[kind] - EPOCHS)
    cores = os.cpu_count() or 1
    notebook_whole = notebook["whole"] + sum(notebook[kind] / EPOCHS * (number - EPOCHS) for kind, number in PUBLISHED.items())
    here_whole = here + epochs_s / cores  # tasks of one thread each, side by side
    benchmark.extra_info |= {
        "seeds": seeds,
        "epochs": EPOCHS,
        "cores": cores,
        "notebook_s": notebook,
        "here_s": here,
        "computing_s": dict(computing),
        "notebook_whole_s": notebook_whole,
        "here_whole_s": here_whole,
        "other_over_here": notebook["whole"] / here,
        "whole_other_over_here": notebook_whole / here_whole,
    }
