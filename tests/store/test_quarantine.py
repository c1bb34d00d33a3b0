"""A result whose origin is unknown lies apart from the records, whole, with the reason beside it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from store.errors import StoreError
from store.quarantine import NOTE, Quarantined, quarantine_name, set_aside
from store.records import Draft
from store.schema import Execution, Ingredients, Result, TaskKey

if TYPE_CHECKING:
    from pathlib import Path

TASK = TaskKey(experiment="stand-in", variant="ae", seed=0)
INGREDIENTS = Ingredients(config={}, code={}, inputs={}, upstream={}, environment={})
FINGERPRINT = INGREDIENTS.fingerprint(TASK)
DRAFT = Draft(
    TASK,
    INGREDIENTS,
    Result(status="failed", reason="its data changed"),
    {},
    Execution(started_at="", duration_s=0, peak_memory_bytes=0, machine={}, packages={}, git_commit=None, git_dirty=None),
    quarantined=Quarantined(Result(status="ok", metrics={"value": 1.5}), {"weights.bin": b"12"}),
)


def test_the_result_lies_apart_with_its_reason(tmp_path: Path) -> None:
    """Files as they were, what was found, and why it is no record; a second one takes the place of the first."""
    folder = set_aside(tmp_path, DRAFT)
    assert folder == tmp_path / quarantine_name(TASK, FINGERPRINT)
    assert folder.name == FINGERPRINT[:16]
    assert (folder / "weights.bin").read_bytes() == b"12"
    note = json.loads((folder / NOTE).read_bytes())
    assert (note["fingerprint"], note["reason"], note["result"]["metrics"]) == (FINGERPRINT, "its data changed", {"value": 1.5})
    set_aside(tmp_path, replace(DRAFT, quarantined=Quarantined(Result(status="ok"), {"other.bin": b"3"})))
    assert sorted(path.name for path in folder.iterdir()) == ["other.bin", NOTE]
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_nothing_half_written_stays(tmp_path: Path) -> None:
    """Where it cannot be written, that is said and nothing is left; a draft without such a result is a slip of the caller."""
    (tmp_path / "quarantine").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot set the result of stand-in/ae/seed-0 aside"):
        set_aside(tmp_path, DRAFT)
    assert [path.name for path in tmp_path.iterdir()] == ["quarantine"]
    with pytest.raises(ValueError, match="nothing to set aside"):
        set_aside(tmp_path, replace(DRAFT, quarantined=None))
