"""Which run is meant: by name, by study, or the latest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from report.evidence.runs import chosen_run, study_name
from report.evidence.studies import default_study
from store.errors import StudyError, UsageError
from store.runs import load_run
from tests.report.tiny_study import NAME, known, write_project, write_run_of
from tests.store.test_archive import write_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """Two runs of the tiny study, the later one written first, and then one that names no study."""
    for _ in known(write_project(tmp_path)):
        write_run_of(tmp_path, created_at="2026-03-01T00:00:00+00:00", run_id="late")
        write_run_of(tmp_path, created_at="2026-01-01T00:00:00+00:00", run_id="early")
        write_store(tmp_path)
        yield tmp_path


def test_a_named_run_is_taken_unless_it_is_of_another_study(root: Path) -> None:
    """The study has to be the one that is asked for; a manifest that names none is of the default one."""
    assert chosen_run(root, "early").run_id == "early"
    assert chosen_run(root, "early", NAME).run_id == "early"
    old = load_run(root)
    assert study_name(old) == default_study() != study_name(load_run(root, "early")) == NAME
    assert chosen_run(root) == chosen_run(root, old.run_id, default_study()) == chosen_run(root, None, default_study()) == old
    with pytest.raises(UsageError, match=f"run {old.run_id} is one of {default_study()}"):
        chosen_run(root, old.run_id, NAME)


def test_the_latest_of_a_study_is_the_one_made_last(root: Path) -> None:
    """Where ``runs/latest`` names another study's run, the date decides; where it names one of this, that one is meant."""
    assert chosen_run(root, None, NAME).run_id == "late"
    (root / "runs" / "latest").write_text("early\n", encoding="utf-8")
    assert chosen_run(root, None, NAME).run_id == "early"


def test_a_study_without_a_run_says_how_to_make_one(tmp_path: Path) -> None:
    """Another study's run is no answer."""
    for _ in known(write_project(tmp_path)):
        write_store(tmp_path)
        with pytest.raises(StudyError, match=f"no run of {NAME}"):
            chosen_run(tmp_path, None, NAME)
