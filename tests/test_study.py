"""The whole way: bench twice, seeds apart, a training that diverges, real street images, and the reports of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from store.runs import load_entry, load_run
from tests.faults.run_process import log_of, prepare, start

pytestmark = pytest.mark.campaign

ROOT = Path(__file__).parents[1]
SHORT = ["--set", "autoencoder.epochs=1", "--set", "classifier.epochs=1", "--parts", "autoencoders"]
SHORT += ["--set", "reconstruction.noise_sweep=[0.0, 0.5]", "--set", "latent.metric_images=100"]


def command(program: str, *arguments: str, code: int = 0) -> str:
    """Run ``python -m program`` as a user does and return what it printed; the exit code must be ``code``."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BENCH_")}
    line = [sys.executable, "-m", program, *arguments]
    done = subprocess.run(line, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def results(root: Path) -> dict[str, str]:
    """Task id to result digest of the latest run, with every file checked."""
    return {entry.task.id: load_entry(root, entry).record.result_digest for entry in load_run(root).entries}


def test_same_seed_gives_identical_records_and_another_seed_does_not(tmp_path: Path) -> None:
    """Two runs, one with two processes and one with one, agree in every record; seeds differ in every trained one."""
    prepare(tmp_path)
    for name, jobs, seeds in (("a", 2, "0-1"), ("b", 1, "0")):
        run = start(tmp_path, tmp_path / name, jobs, ("--seeds", seeds, "--parts", "autoencoders"))
        assert run.wait() == 0, log_of(tmp_path / name).read_text()
    first, second = results(tmp_path / "a"), results(tmp_path / "b")
    assert {name: first[name] for name in second} == second
    pairs = [(name, name.replace("seed-0", "seed-1")) for name in second if name.endswith("seed-0")]
    assert len(pairs) == 13  # training, reconstruction, latent and classifier of three models, and the cut of the images
    assert all(first[one] != first[other] for one, other in pairs)


def test_diverged_training_is_recorded_and_shown(tmp_path: Path) -> None:
    """A loss that leaves the finite numbers ends that task only; the report says diverged and why, exit code 1 tells CI."""
    arguments = [*SHORT, "--seeds", "0", "--jobs", "1", "--artifacts", str(tmp_path)]
    command("bench", "run", *arguments, "--set", "autoencoder.learning_rate=100", code=1)
    status = {entry.task.id: entry.status for entry in load_run(tmp_path).entries}
    assert status["autoencoder/vae/seed-0"] == "diverged"
    assert status["classifier/vae/seed-0"] == "skipped"
    assert status["latent/pixels/once"] == "ok"
    command("report", "build", "--artifacts", str(tmp_path), "--formats", "html", "--lang", "en")
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "diverged" in page
    assert "autoencoder/vae/seed-0 diverged" in re.sub("<[^>]+>", "", page)


@pytest.mark.real_data
def test_real_detection_goes_from_kitti_to_the_report_and_repeats(tmp_path: Path) -> None:
    """A few real images, one epoch, small: every arm ends well, two arms run again are identical, the report shows them."""
    small = ['dataset="kitti"', "images=16", "image_size=96", "batch_size=4", "epochs=1"]
    arguments = ["--parts", "detection", "--seeds", "0", "--data", os.environ["BENCH_DATA_DIR"]]
    arguments += [word for setting in small for word in ("--set", f"detection.{setting}")]
    arguments += ["--set", "donor.images=16", "--set", "donor.epochs=1"]
    command("bench", "run", *arguments, "--artifacts", str(tmp_path / "a"))
    pair = 'detection.arms=["scratch-3class", "transfer-car"]'  # one of each kind: random and pretrained, both splits
    command("bench", "run", *arguments, "--set", pair, "--jobs", "1", "--artifacts", str(tmp_path / "b"))
    first, again = results(tmp_path / "a"), results(tmp_path / "b")
    assert {name.split("/")[1] for name in again if name.startswith("detector/")} == {"scratch-3class", "transfer-car"}
    assert {name: first[name] for name in again} == again
    arms = {name.split("/")[1] for name in first if name.startswith("detector/")}
    assert arms == {"scratch-car", "transfer-car", "scratch-3class", "transfer-3class"}
    assert {entry.status for entry in load_run(tmp_path / "a").entries} == {"ok"}
    command("report", "build", "--artifacts", str(tmp_path / "a"), "--formats", "html", "--lang", "en")
    assert "anchor-free" in (tmp_path / "a" / "report" / "report.html").read_text(encoding="utf-8")
