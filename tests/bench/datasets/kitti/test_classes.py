"""The class map: the study's three classes, what is ignored, and configurations that cannot be meant."""

from __future__ import annotations

import pytest

from bench.datasets.kitti.classes import KITTI_CLASSES, class_map
from bench.datasets.kitti.manifest import read_manifest
from bench.datasets.kitti.settings import KittiSettings
from store.errors import UsageError


def test_the_paper_profile_maps_three_classes() -> None:
    """Sitting people are persons; Van, Truck, Tram, Misc and DontCare become nothing."""
    targets = class_map(KittiSettings(), "3class").targets
    kept = {source: target for source, target in targets.items() if target}
    assert kept == {"Car": "car", "Pedestrian": "person", "Person_sitting": "person", "Cyclist": "cyclist"}
    assert set(targets) - set(kept) == {"Van", "Truck", "Tram", "Misc", "DontCare"}


def test_the_car_task_ignores_the_others() -> None:
    """The car-only task has one class, index 0, and no other."""
    mapping = class_map(KittiSettings(car=("Car", "Van")), "car")
    assert mapping.names == ("car",)
    assert (mapping.index_of("Van"), mapping.index_of("Cyclist")) == (0, None)
    with pytest.raises(KeyError):
        mapping.index_of("Bus")


def test_classes_of_yolo_lists_are_known_by_either_name() -> None:
    """A YOLO list may name KITTI's classes or the study's, in any case; a class of someone's own is ignored."""
    mapping = class_map(KittiSettings(), "3class", ("pedestrian", "CAR", "cyclist", "dog", "Person", "person_SITTING", "van"))
    assert mapping.targets == {
        "pedestrian": "person",
        "CAR": "car",
        "cyclist": "cyclist",
        "dog": None,
        "Person": "person",
        "person_SITTING": "person",
        "van": None,
    }


def test_the_configuration_names_classes_in_any_case() -> None:
    """One rule for names everywhere; a class in two spellings is still one class."""
    assert class_map(KittiSettings(car=("car", "VAN")), "car").index_of("Van") == 0
    with pytest.raises(UsageError, match="class Car is given to both car and person"):
        class_map(KittiSettings(person=("CAR",)), "3class")


def test_a_misspelt_class_offers_the_nearest() -> None:
    """It would otherwise silently lose every object of that class."""
    with pytest.raises(UsageError, match="did you mean Pedestrian"):
        class_map(KittiSettings(person=("Pedestrain",)), "3class")


def test_a_class_cannot_become_two() -> None:
    """One object cannot be a car and a person."""
    with pytest.raises(UsageError, match="both car and person"):
        class_map(KittiSettings(person=("Car",)), "3class")


def test_the_notes_on_classes_agree_with_the_default_map() -> None:
    """What data/kitti.toml tells people is what the configuration does."""
    notes = {entry.name: entry.becomes or None for entry in read_manifest().classes}
    assert tuple(notes) == KITTI_CLASSES
    assert notes == class_map(KittiSettings(), "3class").targets
