"""The ``detection_data`` experiment: its tasks, and what its record holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.harness.task import Context, Outcome
from bench.studies.assignment_2.config import DetectionConfig, StudyConfig
from bench.studies.assignment_2.experiments import detection_data
from store.errors import DataError
from store.formats import read_table
from store.records import Draft, Stored, commit
from store.schema import Execution, Ingredients, Result
from tests.bench.datasets.kitti.conftest import kitti_line

if TYPE_CHECKING:
    from pathlib import Path

    from bench.harness.task import Task
    from tests.bench.datasets.kitti.conftest import DataFolder

CONFIG = StudyConfig(seeds=(3,), detection=DetectionConfig(split="drive", validation_fraction=0.4))


@pytest.fixture
def data(flat: DataFolder) -> DataFolder:
    """Six images of three drives; one has no drive, one no label, one a bad line."""
    label = kitti_line("Car") + kitti_line("Pedestrian") + kitti_line("Van")
    rows = ["stem,drive,frame\n"]
    for number in range(6):
        flat.add(f"{number:06d}", label if number < 5 else None)
        rows.append(f"{number:06d},d{number // 2},{number}\n")
    flat.put("labels/000004.txt", (label + "Car 1\n").encode())
    return flat.put("manifest.csv", "".join(rows).encode())


def run(data: DataFolder, tmp_path: Path, config: StudyConfig = CONFIG, variant: str = "3class") -> tuple[Task, Outcome]:
    """Run one task on the folder."""
    task = next(task for task in detection_data.plan(config) if task.key.variant == variant)
    context = Context(task, "cpu", 1, {"kitti": data.folder}, {}, tmp_path / "scratch", lambda *_, **__: None)
    return task, detection_data.run(context)


def stored(data: DataFolder, tmp_path: Path) -> Stored:
    """The record of that task in a store."""
    task, outcome = run(data, tmp_path)
    execution = Execution(
        started_at="", duration_s=0, peak_memory_bytes=0, machine={}, packages={}, git_commit=None, git_dirty=None
    )
    ingredients = Ingredients(config=dict(task.config), code={}, inputs={}, upstream={}, environment={})
    result = Result(status="ok", metrics=dict(outcome.metrics), facts=dict(outcome.facts))
    return commit(tmp_path / "store", Draft(task.key, ingredients, result, outcome.files, execution))


def test_each_class_task_and_seed_is_planned_once() -> None:
    """Both arms of a task share it; nothing is planned for tasks that no arm has."""
    config = StudyConfig(seeds=(0, 1), detection=DetectionConfig(arms=("scratch-car", "transfer-car", "scratch-3class")))
    assert [task.key.id for task in detection_data.plan(config)] == [
        f"detection_data/{variant}/seed-{seed}" for seed in (0, 1) for variant in ("car", "3class")
    ]
    (task,) = detection_data.plan(StudyConfig(detection=DetectionConfig(dataset="drawn", arms=("scratch-car",))))
    assert (task.key.id, task.inputs, task.module) == (
        "detection_data/car/seed-0",
        ("drawn",),
        "bench.studies.assignment_2.experiments.detection_data",
    )


def test_training_settings_are_no_part_of_it() -> None:
    """More epochs do not read the data again."""
    fewer, more = (detection_data.plan(StudyConfig(detection=DetectionConfig(epochs=epochs))) for epochs in (1, 50))
    assert fewer == more
    assert fewer != detection_data.plan(StudyConfig(detection=DetectionConfig(split="drive")))


def test_the_record_says_what_was_used(data: DataFolder, tmp_path: Path) -> None:
    """Numbers and facts as docs/records.md lists them."""
    _, outcome = run(data, tmp_path)
    metrics, facts = dict(outcome.metrics), dict(outcome.facts)
    assert metrics["images_train"] + metrics["images_validation"] == 6
    assert metrics["objects_train"] + metrics["objects_validation"] == 10
    assert (metrics["dropped_lines"], metrics["ignored_objects"], metrics["images_without_label"]) == (1, 5, 1)
    assert outcome.notes == (
        "1 label lines were dropped: 1 malformed-line, first labels/000004.txt:4",
        "1 images have no label file: they count as without object",
    )
    assert (metrics["images_requested"], metrics["images_available"]) == (500, 6)
    assert metrics["validation_images_with_train_neighbour"] == 0
    assert metrics["drives_train"] + metrics["drives_validation"] == 3
    assert facts["class_names"] == ["car", "person", "cyclist"]
    assert facts["class_map"]["Person_sitting"] == "person"
    assert facts["class_map"]["Tram"] is None
    assert facts["ignored_classes"] == {"Van": 5}
    assert (facts["dataset"], facts["split"], facts["label_format"]) == ("kitti", "drive", "kitti")


def test_a_random_cut_records_its_neighbours(data: DataFolder, tmp_path: Path) -> None:
    """With their distance in frames, which a cut by drive does not have."""
    detection = CONFIG.detection.model_copy(update={"split": "random"})
    _, outcome = run(data, tmp_path, CONFIG.model_copy(update={"detection": detection}))
    assert outcome.metrics["validation_images_with_train_neighbour"] == 2
    assert outcome.metrics["neighbour_frame_distance_minimum"] == 1
    assert outcome.metrics["neighbour_frame_distance_median"] == 1.0
    _, apart = run(data, tmp_path)
    assert "neighbour_frame_distance_minimum" not in apart.metrics


def test_the_tables_have_the_columns_of_the_contract(data: DataFolder, tmp_path: Path) -> None:
    """A row an image, a box, a problem."""
    record = stored(data, tmp_path)
    images = read_table(record.file("images.parquet"))
    assert images.column_names == [
        "image",
        "split",
        "drive",
        "frame",
        "width",
        "height",
        "sha256",
        "objects",
        "difference_hash",
    ]
    assert images["image"].to_pylist() == [f"{number:06d}" for number in range(6)]
    assert images["drive"].to_pylist() == ["d0", "d0", "d1", "d1", "d2", "d2"]
    assert images["objects"].to_pylist() == [2, 2, 2, 2, 2, 0]
    objects = read_table(record.file("objects.parquet"))
    assert objects.column_names == ["image", "class_index", "x1", "y1", "x2", "y2"]
    assert objects.slice(1, 1).to_pylist() == [{"image": "000000", "class_index": 1, "x1": 10, "y1": 10, "x2": 30, "y2": 20}]
    assert read_table(record.file("problems.parquet")).to_pylist() == [
        {"file": "labels/000004.txt", "line": 4, "problem": "malformed-line", "text": "Car 1"}
    ]


def test_equal_input_gives_equal_bytes(data: DataFolder, tmp_path: Path) -> None:
    """Files, metrics and facts."""
    assert run(data, tmp_path) == run(data, tmp_path)


def test_a_validation_part_without_objects_has_typed_tables(flat: DataFolder, tmp_path: Path) -> None:
    """Readers find the same columns and types as ever, and unknown drives are null."""
    for number in range(5):
        flat.add(f"{number:06d}", kitti_line() if number != 1 else "")
    random = CONFIG.model_copy(update={"detection": DetectionConfig(validation_fraction=0.2)})
    _, outcome = run(flat, tmp_path, random)
    for name, types in (("objects", ["string", "int64", *["double"] * 4]), ("problems", ["string", "int64", *["string"] * 2])):
        path = tmp_path / f"{name}.parquet"
        path.write_bytes(outcome.files[path.name])
        assert [str(kind) for kind in read_table(path).schema.types] == types
    (tmp_path / "images.parquet").write_bytes(outcome.files["images.parquet"])
    assert read_table(tmp_path / "images.parquet")["drive"].to_pylist() == [None] * 5


def test_unknown_drives_are_no_evidence_of_no_neighbour(flat: DataFolder, tmp_path: Path) -> None:
    """The counts are left out, what is unknown is counted and told."""
    for number in range(5):
        flat.add(f"{number:06d}", kitti_line())
    flat.put("object_to_raw.csv", b"object_id,drive,frame\n000000,a,1\n")
    _, outcome = run(flat, tmp_path, CONFIG.model_copy(update={"detection": DetectionConfig()}))
    assert outcome.metrics["validation_images_of_unknown_neighbourhood"] == 1
    undefined = ["validation_images_with_train_neighbour", "validation_images_within_10_frames"]
    assert outcome.facts["undefined_metrics"] == undefined
    assert not {*undefined} & outcome.metrics.keys()
    assert outcome.notes == ("whether 1 validation images have a training neighbour is not known: drives are missing",)


@pytest.mark.parametrize(
    ("label", "said"),
    [
        (None, r"6 of 6 images have no label file"),
        ("", "an object of car, person, cyclist"),
        (kitti_line("Van"), r"objects of classes that the task ignores: Van 6"),
        (kitti_line("Bus"), r"labels/000000\.txt:1: unknown-class: Bus"),
        (kitti_line().replace(".", ","), r"labels/000000\.txt:1: malformed-line"),
    ],
)
def test_nothing_to_train_on_is_an_error(flat: DataFolder, tmp_path: Path, label: str | None, said: str) -> None:
    """It says what the labels hold instead: a study of nothing would end well."""
    for number in range(6):
        flat.add(f"{number:06d}", label)
    with pytest.raises(DataError, match=rf"none of the 5 training images shows[^\0]*{said}[^\0]*data verify kitti"):
        run(flat, tmp_path, CONFIG.model_copy(update={"detection": DetectionConfig()}))
