"""Where a run has both splits, the report sets them side by side; elsewhere it says nothing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.sections import run
from report.studies.assignment_2 import part_two
from report.studies.assignment_2.arms import arms_of
from report.studies.assignment_2.tables import leakage
from report.tables.catalogue import all_tables
from tests.report.configuration import with_detection
from tests.report.conftest import subject_of
from tests.report.study import Spec, write_study

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from report.evidence.subject import Subject

BOTH = {**with_detection(), "questions": ["main", "leakage"]}


def study(root: Path, seeds: tuple[int, ...] = (0, 1, 2), broken: Mapping[str, tuple[str, str]] | None = None) -> Subject:
    """A study of both splits."""
    write_study(root, Spec(seeds=seeds, config=BOTH, broken=broken or {}))
    return subject_of(root)


def rows(subject: Subject, table: str) -> list[list[str]]:
    """The texts of a table."""
    return [[cell.text for cell in row] for row in all_tables(subject)[table].rows]


def test_both_splits_stand_below_each_other(tmp_path: Path) -> None:
    """Every arm has a row a split, with how many validation images have a neighbour in training."""
    found = rows(study(tmp_path), "detection-leakage")
    assert [row[:4] for row in found] == [
        ["scratch, cars", "at random", "100", "97"],
        ["scratch, cars", "by drive", "100", "0"],
        ["transfer, cars", "at random", "100", "97"],
        ["transfer, cars", "by drive", "100", "0"],
    ]
    assert [row[6] for row in found] == ["0.524", "0.434", "0.704", "0.614"]


def test_the_difference_is_taken_seed_by_seed(tmp_path: Path) -> None:
    """Random minus by drive, with the interval of the three paired differences 0.10, 0.09 and 0.08."""
    found = next(row for row in rows(study(tmp_path), "detection-leakage-gaps") if row[1] == "mAP@0.5")
    assert found == ["scratch, cars", "mAP@0.5", "+0.090", "[0.065, 0.115]", "3"]


def test_the_text_says_what_the_intervals_allow(tmp_path: Path) -> None:
    """The differences with their intervals over several seeds, without one for one seed; nothing is judged by them."""
    several = str(part_two.facts(study(tmp_path / "three"))["splits"])
    one = str(part_two.facts(study(tmp_path / "one", (0,)))["splits"])
    assert several.count("{.value") == 2 * len(leakage.ARMS)  # a difference and its interval
    assert one.count("{.value") == len(leakage.ARMS)


def test_an_arm_without_weights_says_so(tmp_path: Path) -> None:
    """The skipped arm keeps its rows; the reason stands once, at the front."""
    broken = {f"detection/transfer-car{suffix}/seed-0": ("skipped", "no weights") for suffix in ("", ".drive")}
    subject = study(tmp_path, (0,), broken)
    assert {row[6] for row in rows(subject, "detection-leakage") if row[0] == "transfer, cars"} == {"skipped"}
    assert any("no weights" in str(reason) for reason in run.left_out(subject)["reasons"])  # type: ignore[attr-defined]


def test_the_other_tables_keep_to_the_configurations_split(tmp_path: Path, whole: Subject) -> None:
    """Arms of the other split are no arms of the main comparison, and a run without them has no such table."""
    subject = study(tmp_path)
    assert arms_of(subject.evidence) == arms_of(whole.evidence)
    assert rows(subject, "detection") == rows(whole, "detection")
    assert not subject.deviations
    assert "detection-leakage" not in all_tables(whole)
