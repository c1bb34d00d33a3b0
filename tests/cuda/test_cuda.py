"""The study's training and evaluation on a GPU: equal bits twice, recorded or called, killed and resumed, near the CPU's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.cuda import evaluations, study, trainings
from tests.cuda.subjects import NAMES, TINY

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.cuda


@pytest.fixture(autouse=True)
def fixed_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a task of the study finds it: set before CUDA starts, which another test may have done already."""
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", os.environ.get("CUBLAS_WORKSPACE_CONFIG", ":4096:8"))


def test_trainings_repeat_recorded_or_not(tmp_path: Path) -> None:
    """AE, VAE, DAE, the AE with bilinear upsampling and the classifier's head: chain, history and weights are the same bits."""
    found = trainings.repeated("cuda", TINY, tmp_path)
    kept = ("twice", "recorded_as_called", "error")
    seen = {name: {key: figures[key] for key in kept if key in figures} for name, figures in found.items()}
    assert seen == {name: {"twice": True, "recorded_as_called": True} for name in NAMES}


@pytest.mark.filterwarnings("ignore:Synchronization debug mode is a prototype:UserWarning")
def test_no_pass_waits_for_the_device(tmp_path: Path) -> None:
    """Within an epoch the host queues work and never asks for a value."""
    assert trainings.unwaiting("cuda", TINY, tmp_path) == {name: {"never_waited": True} for name in NAMES}


def test_a_killed_training_resumes_to_the_same_bits(tmp_path: Path) -> None:
    """SIGKILL in the midst of the second epoch; another process goes on from the checkpoint."""
    expected = {"killed": True, "resumed_in_epoch": 2, "equal": True}
    assert trainings.resumed("cuda", TINY, tmp_path) == {"dae": expected, "vae": expected}


def test_losses_are_those_of_the_cpu(tmp_path: Path) -> None:
    """With the same random numbers the first gradient and each epoch's losses agree within the stated tolerances."""
    networks = trainings.beside_the_cpu("cuda", TINY, tmp_path)["networks"]
    assert {name: figures["within"] for name, figures in networks.items()} == dict.fromkeys(NAMES, True)


def test_evaluations_are_those_of_the_cpu(tmp_path: Path) -> None:
    """Latents, reconstructions and their errors agree within the stated tolerances, and repeat bit for bit."""
    found = evaluations.beside_the_cpu("cuda", TINY, tmp_path)
    assert [(found[name]["within"], found[name]["twice"]) for name in ("ae", "vae")] == [(True, True)] * 2


def test_part_one_runs_and_repeats(tmp_path: Path) -> None:
    """Every record of Part I is there, and is the same with recorded steps and without."""
    found = study.part_one("cuda", TINY, tmp_path)
    assert (found["differing"], found["exit"], list(found["status"])) == ([], [0, 0], ["ok"])


def test_a_detector_trains(tmp_path: Path) -> None:
    """One arm on drawn scenes ends with a record; whether a GPU repeats its bits is a figure and no promise."""
    pytest.importorskip("ultralytics")
    found = study.detector("cuda", TINY, tmp_path)
    assert (found["exit"], list(found["status"])) == ([0, 0], ["ok"])
