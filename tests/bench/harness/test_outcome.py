"""The end of a run says how many images of what it used, where the report will stand, and how long that takes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from bench.harness.outcome import images_used, outcome_text, report_to_come
from bench.harness.studies import default_study
from store.canonical import readable_json
from store.reports import last_build_seconds
from tests.store.machines import LEAF, Machine, make

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue

FACTS: dict[str, JsonValue] = {
    "run_id": "quick-1",
    "artifacts": "artifacts",
    "counts": {"ok": 3},
    "reused": 1,
    "not_ok": [],
}


def stamp(root: Path, run: str, content: bytes, age_s: int) -> None:
    """Leave the stamp of a finished report that is ``age_s`` seconds old."""
    path = root / "report" / run / "stamp.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    os.utime(path, (1_000_000 - age_s, 1_000_000 - age_s))


def test_images_are_counted_by_data_set_each_answer_once(tmp_path: Path) -> None:
    """Two seeds with as many images give one answer; experiments that count none are passed over."""
    run = make(tmp_path, Machine())
    experiment = LEAF.partition("/")[0]
    from store.runs import load_entry

    records = [load_entry(tmp_path, entry) for entry in run.entries]
    name = next(iter(next(s for s in records if s.record.task.experiment == experiment).record.result.metrics))
    found = images_used([*records, *records], {experiment: (name, "images_absent")})
    assert len(found) == 1
    assert images_used(records, {}) == []


def test_the_words_name_images_place_and_time() -> None:
    """One line for the images, one for what comes next."""
    images: list[JsonValue] = [
        {"data": "fashion-mnist", "counts": {"train": 1600, "test": 500}},
        {"data": "drawn", "counts": {"train": 64}},
    ]
    text = outcome_text({**FACTS, "images": images, "report": {"path": "artifacts/report/report.html", "seconds": 34.4}})
    assert "images: fashion-mnist 1600 train, 500 test; drawn 64 train" in text.splitlines()
    assert text.endswith(
        "next: nox -s report (writes artifacts/report/report.html and the PDF beside it; the last one took 34 s)"
    )
    slow = outcome_text({**FACTS, "report": {"path": "r", "seconds": 90.0}})
    assert slow.endswith("the last one took 1.5 min)")
    first = outcome_text({**FACTS, "report": {"path": "r", "seconds": None}})
    assert first.endswith("in about half a minute)")


@pytest.mark.parametrize(("study", "place"), [(default_study(), "report/report.html"), ("other", "report/other/report.html")])
def test_the_report_stands_where_the_report_puts_it(tmp_path: Path, study: str, place: str) -> None:
    """The default study's in the folder itself, every other one's in a folder of its name."""
    assert report_to_come(tmp_path, study) == {"path": str(tmp_path / place), "seconds": None}


def test_the_newest_stamp_that_can_be_read_tells_how_long_it_took(tmp_path: Path) -> None:
    """A damaged stamp, and one of a version that did not measure, are passed over."""
    stamp(tmp_path, "old", readable_json({"seconds": 80.0}), age_s=300)
    stamp(tmp_path, "newer", readable_json({"seconds": 40.0}), age_s=200)
    stamp(tmp_path, "unmeasured", readable_json({"inputs": ""}), age_s=100)
    stamp(tmp_path, "damaged", b"{", age_s=0)
    assert last_build_seconds(tmp_path) == 40.0
