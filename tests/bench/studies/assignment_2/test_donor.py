"""A donor stands in for COCO weights: one for all seeds, trained as the arms are, on scenes that no arm sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.datasets.kitti.locate import DONOR_SCENES, locate_drawn
from bench.harness.planner import tasks_of
from bench.harness.task import Context
from bench.models.detection.weights import NAME as WEIGHTS
from bench.rechecking.verification.comparison import difference
from bench.studies.assignment_2.config import StudyConfig
from bench.studies.assignment_2.experiments import detection_data as arm_data
from bench.studies.assignment_2.experiments import detector, donor, donor_data
from bench.studies.assignment_2.rechecks.across import agreeing
from bench.studies.assignment_2.rechecks.study import RECORDS
from store.errors import IntegrityError
from store.formats import read_table
from tests.bench.studies.assignment_2.experiments.records import stored

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bench.harness.task import Task
    from store.records import Stored

SMALL = {
    "dataset": "drawn",
    "pretrained": "donor",
    "network": "yolov5n",
    "optimizer": "AdamW",
    "images": 8,
    "image_size": 32,
    "batch_size": 4,
    "epochs": 1,
}


def study(seeds: tuple[int, ...] = (0,), **detection: object) -> StudyConfig:
    """Part II alone, with a donor of eight scenes and one epoch."""
    fields = {"seeds": seeds, "parts": ("detection",), "detection": SMALL | detection, "donor": {"images": 8, "epochs": 1}}
    return StudyConfig.model_validate(fields)


def tasks(config: StudyConfig) -> dict[str, Task]:
    """The tasks by name."""
    return {task.key.id: task for task in tasks_of(config)}


def test_there_is_one_donor_for_all_seeds() -> None:
    """Two tasks more, whatever the number of seeds; each transfer arm reads the donor, and no scratch arm does."""
    found = tasks(study(seeds=(0, 4)))
    assert {name for name in found if name.startswith("donor")} == {"donor_data/3class/once", "donor/3class/once"}
    for name, task in found.items():
        if name.startswith("detector/"):
            assert ("donor/3class/once" in task.upstream) == name.startswith("detector/transfer")
            assert WEIGHTS not in task.inputs
    assert found["donor/3class/once"].inputs == (DONOR_SCENES,)


def test_without_a_transfer_arm_or_with_coco_weights_there_is_none() -> None:
    """The published protocol reads COCO's weights, and arms from scratch need neither."""
    alone = tasks(study(arms=("scratch-car",)))
    published = tasks(StudyConfig(parts=("detection",)))
    assert not any(name.startswith("donor") for name in (*alone, *published))
    assert published["detector/transfer-car/seed-0"].inputs == ("kitti", WEIGHTS)


def test_the_donor_is_trained_as_the_arms_are() -> None:
    """Same network, optimizer and size; the epochs, the seed and the scenes are its own, whatever the arms are shown."""
    found = tasks(study(dataset="kitti", split="drive", ids=tuple(f"{number:06d}" for number in range(5))))
    own, arm = (found[name].config["detection"] for name in ("donor/3class/once", "detector/transfer-car/seed-0"))
    assert isinstance(own, dict)
    assert isinstance(arm, dict)
    assert {key for key in own if own[key] != arm[key]} == {"dataset"}
    data = found["donor_data/3class/once"].config["detection"]
    assert isinstance(data, dict)
    assert (data["images"], data["ids"], data["split"]) == (8, [], "random")


def test_a_setting_of_the_donor_reaches_the_transfer_arms_alone() -> None:
    """What reads the donor's record has another fingerprint by it; the arms from scratch do not know it."""
    longer = study()
    longer = longer.model_copy(update={"donor": longer.donor.model_copy(update={"epochs": 2})})
    before, after = tasks(study()), tasks(longer)
    assert [name for name in before if before[name].config != after[name].config] == ["donor/3class/once"]


class Records:
    """Runs tasks one by one, each on the records of those before it."""

    def __init__(self, root: Path, config: StudyConfig) -> None:
        """Draw the scenes into ``root``."""
        self.root = root
        self.tasks = tasks(config)
        self.data = {DONOR_SCENES: locate_drawn(root, DONOR_SCENES), "drawn": locate_drawn(root)}
        self.found: dict[str, Stored] = {}

    def run(self, name: str) -> Stored:
        """The record of the task, whose upstream records are there."""
        task = self.tasks[name]
        module = {"donor_data": donor_data, "donor": donor, "detection_data": arm_data, "detector": detector}
        scratch = self.root / "scratch" / name
        scratch.mkdir(parents=True)
        upstream = {each: self.found[each] for each in task.upstream}
        context = Context(task, "cpu", 1, self.data, upstream, scratch, lambda *_, **__: None)
        self.found[name] = stored(task, module[task.key.experiment].run(context), self.root / "artifacts")
        return self.found[name]


def wrong(record: Stored, upstream: Mapping[str, Stored]) -> list[str]:
    """What a recomputation of the record finds to be otherwise."""
    found = RECORDS[record.record.task.experiment](record, upstream)
    return [comparison.name for comparison in found if difference(comparison)]


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Records:
    """A donor, and an arm that starts from it."""
    made = Records(tmp_path_factory.mktemp("donor"), study())
    for name in ("donor_data/3class/once", "donor/3class/once", "detection_data/car/seed-0", "detector/transfer-car/seed-0"):
        made.run(name)
    return made


def test_an_arm_starts_from_the_donors_own_tensors(records: Records) -> None:
    """The record names the donor and the checksum of its file; all tensors fit but those that depend on the classes."""
    arm, own = records.found["detector/transfer-car/seed-0"].record, records.found["donor/3class/once"].record
    sha256 = next(entry.sha256 for entry in own.files if entry.name == "weights.safetensors")
    assert arm.result.facts["pretrained"] == {"source": "donor/3class/once", "sha256": sha256}
    assert own.result.facts["pretrained"] is None
    assert arm.result.facts["initial_digest"] != arm.result.facts["seeded_digest"]
    assert own.result.facts["initial_digest"] == own.result.facts["seeded_digest"]
    layers = read_table(records.found["detector/transfer-car/seed-0"].file("layers.parquet")).to_pylist()
    kept = {row["tensor"] for row in layers if not row["transferred"]}
    assert kept == {f"model.24.cv3.{scale}.2.{tensor}" for scale in range(3) for tensor in ("weight", "bias")}


def test_the_records_say_what_was_asked_for(records: Records) -> None:
    """The trainer's own arguments hold the network, the optimizer, its rate and the images a step."""
    arguments = records.found["donor/3class/once"].record.result.facts["arguments"]
    assert isinstance(arguments, dict)
    assert (arguments["optimizer"], arguments["lr0"], arguments["nbs"], arguments["warmup_bias_lr"]) == ("AdamW", 0.01, 64, 0.0)
    assert records.found["donor/3class/once"].record.result.metrics["parameters"] < 3_000_000  # yolov5s has 9 million


def test_the_records_are_recomputed(records: Records) -> None:
    """Nothing differs in the donor's records and the arm's, whose start is held against the donor's file."""
    for record in records.found.values():
        upstream = {name: records.found[name] for name in records.tasks[record.record.task.id].upstream}
        assert wrong(record, upstream) == []
    assert [comparison.name for _, comparison in agreeing(records.found) if difference(comparison)] == []


def test_another_donor_is_noticed(records: Records) -> None:
    """An arm's record beside a donor that it did not start from is wrong, and so are images that both were shown."""
    arm, data = records.found["detector/transfer-car/seed-0"], records.found["detection_data/car/seed-0"]
    upstream = {"detection_data/car/seed-0": data, "donor/3class/once": arm}
    arm_as_donor = arm.record.model_copy(update={"task": records.found["donor/3class/once"].record.task})
    upstream["donor/3class/once"] = type(arm)(arm_as_donor, arm.folder)
    assert "fact pretrained" in wrong(arm, upstream)
    mixed = {"donor_data/3class/once": data, "detection_data/car/seed-0": data}
    assert "images that the donor was shown" in [each.name for _, each in agreeing(mixed) if difference(each)]


def test_altered_weights_are_no_start(records: Records, tmp_path: Path) -> None:
    """The trainer checks the file that it reads against the donor's record."""
    from bench.models.detection.tensors import load_tensors

    path = tmp_path / "weights.safetensors"
    path.write_bytes(records.found["donor/3class/once"].file("weights.safetensors").read_bytes())
    with pytest.raises(IntegrityError, match="not those of their record"):
        load_tensors(path, "0" * 64)
