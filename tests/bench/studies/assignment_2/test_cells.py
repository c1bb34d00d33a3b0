"""A study of leakage trains the car arms on both splits, and shares with the main study what is the same."""

from __future__ import annotations

import pytest

from bench.harness.planner import tasks_of
from bench.harness.profile import load_profile
from bench.studies.assignment_2.cells import cells_of
from bench.studies.assignment_2.config import DetectionConfig, StudyConfig
from store.errors import UsageError

LEAKAGE = StudyConfig(questions=("leakage",))


def ids(config: StudyConfig) -> list[str]:
    """The tasks of a study."""
    return [task.key.id for task in tasks_of(config)]


def test_leakage_alone_has_the_car_pair_on_both_splits() -> None:
    """Nothing else runs: no autoencoder, no three-class arm."""
    arms = [f"{arm}{suffix}/seed-0" for suffix in ("", ".drive") for arm in ("scratch-car", "transfer-car")]
    assert ids(LEAKAGE) == [
        "detection_data/car/seed-0",
        "detection_data/car.drive/seed-0",
        *(f"detector/{arm}" for arm in arms),
        *(f"detection/{arm}" for arm in arms),
    ]


def test_the_split_of_the_configuration_keeps_its_names() -> None:
    """By drive as the main split, the random one gets the suffix."""
    config = StudyConfig(questions=("leakage",), detection=DetectionConfig(split="drive"))
    assert {cell.variant: cell.split for cell in cells_of(config)} == {
        "scratch-car": "drive",
        "transfer-car": "drive",
        "scratch-car.random": "random",
        "transfer-car.random": "random",
    }


def test_what_both_studies_need_is_one_task() -> None:
    """Asked for together, they differ from the main study by the other split's tasks alone; equal names are equal tasks."""
    main, both = ({task.key.id: task for task in tasks_of(StudyConfig(questions=s))} for s in (("main",), ("main", "leakage")))
    assert {name for name in both if name not in main} == {name for name in ids(LEAKAGE) if ".drive" in name}
    assert all(both[name] == task for name, task in main.items())


def test_the_other_split_is_another_configuration_of_the_data() -> None:
    """The split enters the data's fingerprint, and through it the detector's."""
    tasks = {task.key.id: task for task in tasks_of(LEAKAGE)}
    splits = [tasks[f"detection_data/car{suffix}/seed-0"].config["detection"] for suffix in ("", ".drive")]
    assert [isinstance(section, dict) and section["split"] for section in splits] == ["random", "drive"]
    assert tasks["detector/scratch-car.drive/seed-0"].upstream == ("detection_data/car.drive/seed-0",)


def test_an_unknown_question_is_refused_by_its_flag() -> None:
    """The message names the flag and the known questions."""
    with pytest.raises(UsageError, match="main") as caught:
        load_profile("paper", questions=["leakages"])
    assert caught.value.where == "--question"


@pytest.mark.parametrize(
    "override", ["seeds=[0, 0]", 'parts=["detection", "detection"]', 'detection.arms=["scratch-car", "scratch-car"]']
)
def test_a_list_names_each_thing_once(override: str) -> None:
    """A repeated seed would count one run twice."""
    with pytest.raises(UsageError, match="once"):
        load_profile("paper", [override])
