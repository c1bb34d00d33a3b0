"""Tests of the detector's experiment: its tasks, and a run from the record of the split to the record of the arm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from bench.harness.task import Context
from bench.models.detection.training import HISTORY
from bench.models.detection.weights import NAME as WEIGHTS
from bench.studies.assignment_2.config import StudyConfig
from bench.studies.assignment_2.experiments import detection_data, detector
from store.errors import DataError
from store.formats import read_table, read_weights
from tests.bench.studies.assignment_2.experiments.records import stored

if TYPE_CHECKING:
    from pathlib import Path

    from bench.harness.task import Task
    from store.records import Stored

WIDTH, HEIGHT = 124, 60


def silent(*_: object, **__: float) -> None:
    """Hear progress and say nothing."""


@pytest.fixture
def config() -> StudyConfig:
    """Ten images, one epoch."""
    detection = {"images": 10, "image_size": 64, "batch_size": 4, "epochs": 1}
    return StudyConfig.model_validate({"seeds": (0,), "detection": detection})


@pytest.fixture
def kitti(tmp_path: Path) -> Path:
    """Ten images in KITTI's own layout, a car and a pedestrian in each."""
    folder = tmp_path / "kitti"
    for name in ("training/image_2", "training/label_2"):
        (folder / name).mkdir(parents=True)
    generator = np.random.default_rng(0)
    for index in range(10):
        pixels = generator.integers(0, 60, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        lines = []
        for kind, x in (("Car", 5 + index), ("Pedestrian", 70 + index)):
            pixels[15:45, x : x + 30] = 220 if kind == "Car" else 120
            lines.append(f"{kind} 0.00 0 0.00 {x}.00 15.00 {x + 30}.00 45.00 1.5 1.6 3.9 0.0 1.5 20.0 0.0\n")
        Image.fromarray(pixels).save(folder / "training/image_2" / f"{index:06d}.png")
        (folder / "training/label_2" / f"{index:06d}.txt").write_text("".join(lines))
    return folder


def context_of(task: Task, folders: dict[str, Path], upstream: dict[str, Stored], scratch: Path) -> Context:
    """What the worker gives a task."""
    scratch.mkdir(parents=True, exist_ok=True)
    return Context(task, "cpu", 1, folders, upstream, scratch, silent)


def split_record(config: StudyConfig, arm: Task, kitti: Path, root: Path) -> dict[str, Stored]:
    """The record of the split that the arm's task names as its upstream."""
    task = next(task for task in detection_data.plan(config) if task.key.id == arm.upstream[0])
    outcome = detection_data.run(context_of(task, {"kitti": kitti}, {}, root / "split"))
    return {task.key.id: stored(task, outcome, root)}


def arm_of(config: StudyConfig, name: str) -> Task:
    """The task of one arm."""
    return next(task for task in detector.plan(config) if task.key.variant == name)


def test_each_arm_reads_the_split_of_its_own_classes_and_only_transfer_reads_weights() -> None:
    """The study has a task for each arm and seed, and each names what its fingerprint must cover."""
    config = StudyConfig.model_validate({"seeds": (0, 3)})
    tasks = {task.key.id: task for task in detector.plan(config)}
    assert set(tasks) == {f"detector/{arm}/seed-{seed}" for seed in (0, 3) for arm in config.detection.arms}
    assert tasks["detector/transfer-3class/seed-3"].upstream == ("detection_data/3class/seed-3",)
    assert tasks["detector/scratch-car/seed-0"].upstream == ("detection_data/car/seed-0",)
    assert tasks["detector/transfer-car/seed-0"].inputs == ("kitti", WEIGHTS)
    assert tasks["detector/scratch-3class/seed-0"].inputs == ("kitti",)


def test_a_change_of_the_split_leaves_the_arms_own_config_alone() -> None:
    """What only the data depends on comes in through the upstream record."""
    plain = detector.plan(StudyConfig())[0]
    cut = detector.plan(StudyConfig.model_validate({"detection": {"split": "drive", "images": 7}}))[0]
    longer = detector.plan(StudyConfig.model_validate({"detection": {"epochs": 51}}))[0]
    assert plain.config == cut.config != longer.config


@pytest.mark.campaign
def test_an_arm_runs_from_the_split_to_all_files_of_its_record(config: StudyConfig, kitti: Path, tmp_path: Path) -> None:
    """Every file and number that the records' description names is there, and the data folder is left alone."""
    arm = arm_of(config, "scratch-3class")
    upstream = split_record(config, arm, kitti, tmp_path / "artifacts")
    before = {path: path.stat().st_mtime_ns for path in kitti.rglob("*")}
    outcome = detector.run(context_of(arm, {"kitti": kitti}, upstream, tmp_path / "scratch"))
    assert {path: path.stat().st_mtime_ns for path in kitti.rglob("*")} == before
    record = stored(arm, outcome, tmp_path / "artifacts")
    assert outcome.status == "ok"
    assert set(outcome.metrics) == {"best_epoch", "epochs", "parameters", "gflops"}
    assert outcome.metrics["gflops"] > 0
    assert outcome.facts["pretrained"] is None
    assert outcome.facts["class_names"] == ["car", "person", "cyclist"]
    assert outcome.facts["initial_digest"] == outcome.facts["seeded_digest"]
    assert outcome.facts["arguments"]["imgsz"] == 64
    assert str(tmp_path) not in record.folder.joinpath("record.json").read_text()
    assert read_table(record.file("history.parquet")).column_names == list(HISTORY)
    layers = read_table(record.file("layers.parquet")).to_pydict()
    assert set(layers["tensor"]) == set(read_weights(record.file("weights.safetensors")))
    assert not any(layers["transferred"])
    validation = read_table(next(iter(upstream.values())).file("images.parquet")).to_pylist()
    names = {row["image"] for row in validation if row["split"] == "validation"}
    for name in ("predictions_last.parquet", "predictions_best.parquet"):
        assert set(read_table(record.file(name)).to_pydict()["image"]) <= names
    assert {f"milliseconds_{stage}" for stage in ("preprocess", "inference", "postprocess")} <= outcome.timing.keys()


def test_an_image_that_has_gone_is_named(config: StudyConfig, kitti: Path, tmp_path: Path) -> None:
    """The split is the record's: no other image takes the place of a missing one."""
    arm = arm_of(config, "scratch-car")
    upstream = split_record(config, arm, kitti, tmp_path / "artifacts")
    (kitti / "training/image_2/000004.png").unlink()
    with pytest.raises(DataError, match="000004"):
        detector.run(context_of(arm, {"kitti": kitti}, upstream, tmp_path / "scratch"))
