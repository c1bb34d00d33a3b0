"""The detection experiment: from the records of a detector and its data to a record's metrics, facts and files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.harness.task import Context, Outcome
from bench.studies.assignment_2.config import DetectionConfig, StudyConfig
from bench.studies.assignment_2.experiments import detection
from store.canonical import canonical_json
from store.errors import DataError
from store.formats import read_arrays, read_table, table_bytes
from store.records import Draft, Stored, commit
from store.schema import Execution, Ingredients, Result, TaskKey

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import JsonValue

ARM = "transfer-3class"
NAMES = ["car", "person", "cyclist"]
IMAGES = {"image": ["a", "b", "c"], "split": ["validation", "train", "validation"]}
OBJECTS: dict[str, list[object]] = {
    "image": ["c", "a", "a", "b"],
    "class_index": [1, 0, 0, 2],
    "x1": [0.0, 0.0, 50.0, 0.0],
    "y1": [0.0, 0.0, 0.0, 0.0],
    "x2": [10.0, 10.0, 60.0, 10.0],
    "y2": [10.0, 10.0, 10.0, 10.0],
}
LAST: dict[str, list[object]] = {
    "image": ["a", "a", "c"],
    "class_index": [0, 0, 0],
    "score": [0.9, 0.5, 0.4],
    "x1": [0.0, 50.0, 0.0],
    "y1": [0.0, 0.0, 0.0],
    "x2": [10.0, 60.0, 10.0],
    "y2": [8.0, 10.0, 10.0],
}
EMPTY: dict[str, list[object]] = {name: [] for name in LAST}
METRICS = {
    *("precision", "recall", "f1", "confidence_best_f1", "precision_at_25", "recall_at_25", "f1_at_25"),
    *("ap50", "map50", "map50_95"),
}


def record(root: Path, key: TaskKey, names: list[str], files: Mapping[str, Mapping[str, object]]) -> Stored:
    """A committed record with class names and Parquet files."""
    facts: dict[str, JsonValue] = {"class_names": list(names)}
    execution = Execution(
        started_at="", duration_s=0.0, peak_memory_bytes=0, machine={}, packages={}, git_commit=None, git_dirty=None
    )
    return commit(
        root,
        Draft(
            key,
            Ingredients(config={}, code={}, inputs={}, upstream={}, environment={}),
            Result(status="ok", facts=facts),
            {name: table_bytes(columns) for name, columns in files.items()},
            execution,
        ),
    )


def run(
    root: Path,
    last: Mapping[str, object] = LAST,
    best: Mapping[str, object] = EMPTY,
    *,
    images: Mapping[str, object] = IMAGES,
    objects: Mapping[str, object] = OBJECTS,
    learnt: list[str] = NAMES,
) -> Outcome:
    """Run the experiment's task of one arm on upstream records made of the given tables."""
    (task,) = detection.plan(StudyConfig(seeds=(3,), detection=DetectionConfig(arms=(ARM,))))
    predictions = {"predictions_last.parquet": last, "predictions_best.parquet": best}
    data = {"images.parquet": images, "objects.parquet": objects}
    upstream = {
        f"detector/{ARM}/seed-3": record(root, TaskKey(experiment="detector", variant=ARM, seed=3), learnt, predictions),
        "detection_data/3class/seed-3": record(
            root, TaskKey(experiment="detection_data", variant="3class", seed=3), NAMES, data
        ),
    }
    return detection.run(Context(task, "cpu", 1, {}, upstream, root / "scratch", lambda *_, **__: None))


def table(outcome: Outcome, name: str, folder: Path) -> list[dict[str, object]]:
    """The rows of one of the outcome's tables."""
    path = folder / name
    path.write_bytes(outcome.files[name])
    rows: list[dict[str, object]] = read_table(path).to_pylist()
    return rows


def test_plan_has_a_task_for_each_arm_and_seed() -> None:
    """Each reads the detector of its arm and the data of its classes, of its own seed, and no data set."""
    tasks = detection.plan(StudyConfig(seeds=(0, 7), detection=DetectionConfig(arms=("scratch-car", "transfer-3class"))))
    assert [(task.key.id, *task.upstream) for task in tasks] == [
        ("detection/scratch-car/seed-0", "detector/scratch-car/seed-0", "detection_data/car/seed-0"),
        ("detection/transfer-3class/seed-0", "detector/transfer-3class/seed-0", "detection_data/3class/seed-0"),
        ("detection/scratch-car/seed-7", "detector/scratch-car/seed-7", "detection_data/car/seed-7"),
        ("detection/transfer-3class/seed-7", "detector/transfer-3class/seed-7", "detection_data/3class/seed-7"),
    ]
    assert all(not task.inputs and task.module == "bench.studies.assignment_2.experiments.detection" for task in tasks)


def test_both_epochs_are_scored_on_validation_images_only(tmp_path: Path) -> None:
    """Metrics carry the epoch's name; the training image's cyclist counts for nothing."""
    outcome = run(tmp_path, best=LAST)
    assert outcome.metrics.keys() == {f"{name}_{epoch}" for name in METRICS for epoch in ("last", "best")}
    assert outcome.metrics["recall_last"] == outcome.metrics["recall_best"] == 0.5
    assert outcome.metrics["map50_last"] == pytest.approx(0.5)
    assert outcome.metrics["map50_95_last"] == pytest.approx((7 * 1 + 3 * 51 / 101 * 0.5) / 10 / 2)
    assert outcome.facts == {"class_names": NAMES, "classes_without_objects": ["cyclist"], "undefined_metrics": []}


def test_undefined_numbers_are_left_out_and_named(tmp_path: Path) -> None:
    """An epoch without predictions has no precision: no metric, but a name among the facts; the JSON holds no NaN."""
    outcome = run(tmp_path)
    assert outcome.facts["undefined_metrics"] == ["precision_best", "precision_at_25_best"]
    assert "precision_best" not in outcome.metrics
    assert outcome.metrics["map50_best"] == outcome.metrics["f1_best"] == 0.0
    assert json.loads(canonical_json(dict(outcome.metrics))) == dict(outcome.metrics)


def test_per_class_rows_have_nulls_where_undefined(tmp_path: Path) -> None:
    """Every class has a row for both epochs; one without objects has only its count."""
    rows = table(run(tmp_path), "per_class.parquet", tmp_path)
    assert [(row["epoch"], row["class_index"], row["objects"]) for row in rows] == [
        *(("last", 0, 2), ("last", 1, 1), ("last", 2, 0)),
        *(("best", 0, 2), ("best", 1, 1), ("best", 2, 0)),
    ]
    assert {value for name, value in rows[2].items() if name not in {"epoch", "class_index", "objects"}} == {None}
    assert (rows[0]["recall"], rows[0]["ap50"]) == (1.0, 1.0)
    assert (rows[1]["precision"], rows[1]["recall"], rows[1]["f1"], rows[1]["ap50"]) == (None, 0.0, 0.0, 0.0)


def test_curves_matches_and_confusion_are_stored(tmp_path: Path) -> None:
    """101 points a class with objects and epoch; the matches' IoU; both confusion matrices with background."""
    outcome = run(tmp_path)
    curves = table(outcome, "curves.parquet", tmp_path)
    assert len(curves) == 2 * 2 * 101
    assert {row["iou"] for row in curves} == {0.5}
    assert table(outcome, "matched_iou.parquet", tmp_path) == [
        {"epoch": "last", "class_index": 0, "score": 0.9, "iou": 0.8},
        {"epoch": "last", "class_index": 0, "score": 0.5, "iou": 1.0},
    ]
    (tmp_path / "confusion.npz").write_bytes(outcome.files["confusion.npz"])
    confusion = read_arrays(tmp_path / "confusion.npz")
    assert confusion["last"].tolist() == [[2, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert confusion["best"].tolist() == [[0, 0, 0, 2], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]]


def test_no_images_at_all_give_an_outcome_without_metrics(tmp_path: Path) -> None:
    """Empty tables everywhere: nothing is defined, all is named, the tables keep their column types."""
    empty_objects = {name: [] for name in OBJECTS}
    outcome = run(tmp_path, EMPTY, images={"image": [], "split": []}, objects=empty_objects)
    assert outcome.metrics == {}
    assert len(outcome.facts["undefined_metrics"]) == 2 * len(METRICS)
    (tmp_path / "curves.parquet").write_bytes(outcome.files["curves.parquet"])
    assert [str(kind) for kind in read_table(tmp_path / "curves.parquet").schema.types] == [
        *("string", "int64", "double", "double", "double")
    ]


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    """Rows in another order change neither a metric nor a byte of a file."""
    turned = {name: values[::-1] for name, values in LAST.items()}
    first, second = run(tmp_path / "first"), run(tmp_path / "second", turned)
    assert (first.metrics, first.facts, first.files) == (second.metrics, second.facts, second.files)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"image": ["a", "b", "c"]}, "image b, which is no validation image"),
        ({"class_index": [0, 3, 0]}, "names class 3, but the classes are 0 to 2"),
        ({"score": [0.9, 1.5, 0.4]}, "score"),
        ({"score": [0.9, None, 0.4]}, "rows without score"),
        ({"x2": [10.0, float("nan"), 10.0]}, "finite"),
    ],
)
def test_predictions_that_cannot_be_scored_are_named(tmp_path: Path, change: dict[str, object], problem: str) -> None:
    """A foreign image, an unknown class, a bad score and a bad box each raise DataError that names the file."""
    with pytest.raises(DataError, match=problem) as caught:
        run(tmp_path, LAST | change)
    assert caught.value.where.endswith("predictions_last.parquet")
    assert caught.value.cure


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    """A predictions file without scores raises DataError that names the column."""
    with pytest.raises(DataError, match="no column score"):
        run(tmp_path, {name: values for name, values in LAST.items() if name != "score"})


def test_a_detector_of_other_classes_is_refused(tmp_path: Path) -> None:
    """Class numbers mean nothing where the detector learnt another list of names."""
    with pytest.raises(DataError, match="are not those of its data"):
        run(tmp_path, learnt=["person", "car", "cyclist"])


def test_scores_stored_in_single_precision_are_scored(tmp_path: Path) -> None:
    """The detector may store float32 and int32 columns."""
    narrow = {
        name: np.array(values, np.int32 if name == "class_index" else np.float32) if name != "image" else values
        for name, values in LAST.items()
    }
    assert run(tmp_path / "narrow", narrow).metrics == run(tmp_path / "wide").metrics
