"""Part II in tables and words: published and equal tasks, last and best epoch, and everything that can be missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from report.evidence.protocol import Deviation
from report.evidence.records import reference
from report.inference.verdicts import judge_all
from report.printing import cells
from report.sections import run
from report.studies.assignment_2 import arms, part_two
from report.studies.assignment_2.arms import DONOR, PAIRS
from report.studies.assignment_2.tables import arms as arm_tables
from report.studies.assignment_2.tables import detection, detection_data, training
from report.tables import provenance
from report.tables.catalogue import all_tables
from tests.report.configuration import changed_config, with_detection
from tests.report.conftest import NO_WEIGHTS, subject_of
from tests.report.study import Spec, write_study

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from report.evidence.subject import Subject
    from report.printing.table import Cell, Table
    from tests.report.study import Found


def row(table: Table, *labels: str) -> tuple[Cell, ...]:
    """The first row whose first cells read ``labels``."""
    return next(line for line in table.rows if tuple(cell.text for cell in line[: len(labels)]) == labels)


def values(subject: Subject, arm: str, name: str) -> list[float]:
    """A metric of an arm's detection records."""
    return [float(stored.record.result.metrics[name]) for stored in subject.evidence.complete("detection", arm)]


def study(root: Path, **fields: object) -> Subject:
    """A study of both parts with other fields of ``Spec``."""
    config = fields.pop("config", with_detection())
    write_study(root, Spec(config=config, images=20, **fields))  # type: ignore[arg-type]
    return subject_of(root)


def test_table_6_has_printed_last_and_best_of_both_arms(whole: Subject) -> None:
    """Each re-run number is the mean of its arm's records, each printed one Table 6's."""
    line = row(detection.transfer(whole), "mAP@0.5")
    assert (line[1].text, line[4].text) == ("0.55", "0.5")
    for place, arm, epoch in ((2, "transfer-3class", "last"), (3, "transfer-3class", "best"), (5, "scratch-car", "last")):
        assert float(line[place].text) == pytest.approx(np.mean(values(whole, arm, f"map50_{epoch}")), abs=6e-4)
        assert line[place].records == tuple(reference(s) for s in whole.evidence.complete("detection", arm))


def test_observation_quotes_the_source_and_speaks_the_claim(whole: Subject) -> None:
    """The sentence has the published words, the verdict on equal tasks, and the published pair's difference in both epochs."""
    text = row(detection.transfer(whole), "Precision")[-1].text
    assert "reduces false positives" in text
    verdict = next(one.verdict for one in judge_all(whole) if one.claim.id == "transfer.precision")
    assert f"On equal tasks (cars): {verdict.replace('_', ' ')}." in text
    assert text.count("+0.080") == 2


def test_one_seed_is_said_to_have_no_interval(tmp_path: Path) -> None:
    """A difference of one seed is shown, and decides nothing."""
    subject = study(tmp_path, seeds=(0,))
    assert "One seed has no interval" in row(detection.transfer(subject), "Recall")[-1].text
    words = {word for line in detection.statements(subject).rows for word in line[2].text.split("; ")}
    assert words <= {"consistent", "inconclusive"}


def test_differences_are_taken_seed_by_seed(tmp_path: Path) -> None:
    """Seeds that move both arms alike leave the difference sharp; n counts the pairs."""
    shift = {0: 0.0, 1: 0.1, 2: 0.2}
    metrics = {
        f"detection/{arm}/seed-{seed}": {"map50_last": base + shift[seed] + (1e-3 * seed if arm == "transfer-car" else 0)}
        for arm, base in (("scratch-car", 0.3), ("transfer-car", 0.35))
        for seed in shift
    }
    gap = arms.gap(study(tmp_path, metrics=metrics).evidence, "detection", PAIRS[1], arms.score("map50", "last"))
    assert gap.summary is not None
    assert (gap.summary.n, gap.summary.mean) == (3, pytest.approx(0.051))
    assert gap.interval is not None
    assert gap.interval.high - gap.interval.low < 0.01


def test_equal_tasks_stand_beside_the_published_pair(whole: Subject) -> None:
    """Three comparisons with five scores each; the difference of equal tasks is that of their own arms."""
    table = detection.pairs(whole)
    assert len(table.rows) == 15
    line = row(table, "Cars", "mAP@0.5")
    wanted = np.mean(values(whole, "transfer-car", "map50_last")) - np.mean(values(whole, "scratch-car", "map50_last"))
    assert float(line[4].text) == pytest.approx(wanted, abs=6e-4)
    assert "cars" in str(part_two.facts(whole)["equal_tasks"])


def test_every_statement_has_one_verdict_and_a_difference_on_every_pair(whole: Subject) -> None:
    """Eight statements, the verdict of their claims, and three differences each, all with records."""
    table = detection.statements(whole)
    assert len(table.rows) == 8
    assert all(len(line) == 6 and all(cell.records for cell in line[2:]) and line[2].tone for line in table.rows)


def test_skipped_arms_are_named_and_explained_once(broken: Subject) -> None:
    """The word stands in the place of the number; the reason with its cure stands at the front, and tables point there."""
    table = detection.transfer(broken)
    assert row(table, "mAP@0.5")[2].text == "skipped"
    assert row(table, "mAP@0.5")[2].missing
    assert "no result (skipped)" in row(table, "mAP@0.5")[-1].text
    assert sum("@sec-summary says why" in note for note in table.notes) == 1
    assert not any(NO_WEIGHTS in note for one in all_tables(broken).values() if one.id != "tasks" for note in one.notes)
    reasons = " ".join(str(reason) for reason in run.left_out(broken)["reasons"])  # type: ignore[attr-defined]
    assert "`detector/transfer-3class/seed-0,1,2`" in reasons
    assert NO_WEIGHTS in reasons
    assert part_two.facts(broken)["missing"] == "transfer, cars, scratch, 3 classes, transfer, 3 classes"


def test_a_diverged_seed_is_counted_out(broken: Subject) -> None:
    """The arm with one diverged seed has the mean of the two others, and n says 2 of 3."""
    line = row(arm_tables.training(broken), "scratch, 3 classes")
    assert line[-1].text == "2 of 3"
    assert any("the loss of epoch 7 is no number" in note for note in arm_tables.training(broken).notes)


def test_undefined_scores_are_words_and_are_left_out_of_means(whole: Subject, tmp_path: Path) -> None:
    """A class that one seed's cut leaves without objects has the other seeds' mean; with that seed alone, a word and a note."""
    label = "transfer, 3 classes: cyclist"
    assert row(arm_tables.classes(whole), label, "last")[-1].text == "0.506"
    alone = arm_tables.classes(study(tmp_path, seeds=(0,)))
    assert row(alone, label, "last")[-1].text == "undefined"
    assert any(note.startswith("Undefined") for note in alone.notes)


def test_undefined_metrics_of_a_record_are_words(tmp_path: Path) -> None:
    """A metric that the record lists as undefined is no number of the table."""
    undefined = {"detection/scratch-car/seed-0": ("precision_last", "precision_best")}
    subject = study(tmp_path, seeds=(0,), undefined=undefined)
    line = row(detection.transfer(subject), "Precision")
    assert [line[5].text, line[6].text] == ["undefined", "undefined"]
    assert row(detection.transfer(subject), "Recall")[5].text != "undefined"


def test_data_table_says_what_became_of_each_class(whole: Subject) -> None:
    """Class map, ignored classes with counts, the cut and its leakage."""
    table = detection_data.data(whole)
    assert "car (Car); person (Pedestrian)" in row(table, "Classes (and the labels that count as them)")[2].text
    assert row(table, "Ignored objects, by class")[1].text == "DontCare 420, Van 200, Truck 80"
    assert row(table, "Validation images with a training neighbour of the same drive")[1].text == "97"
    assert "97" in str(part_two.facts(whole)["leakage"])
    problems = detection_data.problems(whole)
    assert problems is not None
    assert [cell.text for cell in problems.rows[0]] == ["degenerate", "1", "000003.txt:2"]


def test_layers_are_counted_by_what_became_of_them(whole: Subject) -> None:
    """The transfer arms take 48 of 50 tensors over, the arms from scratch none."""
    table = arm_tables.layers(whole)
    assert table is not None
    assert [cell.text for cell in row(table, "yes")[3:]] == [cells.DASH, "48", cells.DASH, "48"]
    assert [cell.text for cell in row(table, "no", "trained from scratch")[3:]] == ["50", cells.DASH, "50", cells.DASH]


def test_speed_adds_up_its_stages(whole: Subject) -> None:
    """Means over seeds of the record's timing: 0.4, 31 and 1.2 ms."""
    line = row(arm_tables.speed(whole), "scratch, cars")
    assert [cell.text for cell in line[3:7]] == ["0.40", "31.00", "1.20", "32.60"]


def test_headline_gains_detection_where_it_was_run(whole: Subject, single: Subject) -> None:
    """Four rows of mAP with the caveat on the heads; none of it without Part II."""
    label = "Detector, scratch, cars: mAP@0.5"
    assert row(training.headline(whole), label)[1].text == "0.5"
    assert any("anchor-free" in note for note in training.headline(whole).notes)
    assert all(line[0].text != label for line in training.headline(single).rows)


def test_part_that_is_not_run_stays_marked(single: Subject) -> None:
    """Table 6 says so in every re-run cell; tables that only records can fill are not there."""
    words = [cell.text for line in detection.transfer(single).rows for cell in (line[2], line[3], line[5], line[6])]
    assert set(words) == {"not run"}
    assert {"detection-pairs", "detection-data", "detection-speed"} & set(all_tables(single)) == set()
    assert part_two.facts(single)["run"] is False


def test_fewer_images_than_asked_for_are_a_deviation(tmp_path: Path) -> None:
    """The configuration asks for the published 500; a folder with fewer makes the run not comparable, and says how many."""
    subject = study(tmp_path, seeds=(0,), metrics={"detection_data/car/seed-0": {"images_train": 201, "images_validation": 50}})
    assert subject.deviations == (Deviation("detection.images", 500, 251),)
    assert [cell.text for cell in row(provenance.deviations(subject), "Number of street images")[2:]] == [
        "251",
        "detection.images",
    ]


def test_drawn_images_are_named_as_such(tmp_path: Path) -> None:
    """Another data set than KITTI departs from the protocol, and the text knows it."""
    subject = study(tmp_path, seeds=(0,), config=with_detection(changed_config("detection", "dataset", "drawn")))
    assert [deviation.key for deviation in subject.deviations] == ["detection.dataset"]
    assert part_two.facts(subject)["drawn"] is True
    assert "synthetic" in row(detection_data.data(subject), "Images")[1].text


def with_donor(root: Path, broken: Mapping[str, tuple[str, str]] | None = None) -> Subject:
    """A study whose transfer arms start from a donor that it trained itself."""

    def started(found: Found) -> Found:
        metrics, facts, files = found
        return metrics, {**facts, "pretrained": {"source": DONOR, "sha256": "ef" * 32}}, files

    arms = [f"detector/transfer-{task}/seed-{seed}" for task in ("car", "3class") for seed in range(3)]
    config = with_detection(changed_config("detection", "pretrained", "donor"))
    write_study(root, Spec(config=config, edits=dict.fromkeys(arms, started), broken=broken or {}))
    return subject_of(root)


def test_a_donor_is_named_for_what_it_is(tmp_path: Path) -> None:
    """The text says that drawn scenes stand in for COCO, how many and how long, and how good the donor is."""
    subject = with_donor(tmp_path)
    text = str(part_two.facts(subject)["weights"])
    assert "stands in for COCO weights: drawn scenes, not photographs" in text
    for part in ("50", "400", "100", "SHA-256 `efefefefefefefef"):
        assert part in text
    assert [deviation.key for deviation in subject.deviations] == ["detection.pretrained"]


def test_arms_without_a_donor_blame_it(tmp_path: Path) -> None:
    """Both arms are named where they are missing, and at the front the task that failed, with its reason."""
    broken = {DONOR: ("failed", "out of memory")}
    for task in ("car", "3class"):
        for seed in range(3):
            broken[f"detector/transfer-{task}/seed-{seed}"] = ("skipped", f"upstream {DONOR} failed")
            broken[f"detection/transfer-{task}/seed-{seed}"] = ("skipped", f"upstream detector/transfer-{task} skipped")
    subject = with_donor(tmp_path, broken)
    assert part_two.facts(subject)["missing"] == "transfer, cars, transfer, 3 classes"
    reasons = [str(reason) for reason in run.left_out(subject)["reasons"]]  # type: ignore[attr-defined]
    assert [reason for reason in reasons if DONOR in reason and "out of memory" in reason]
