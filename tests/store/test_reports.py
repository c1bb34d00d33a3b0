"""Where a study's latest report stands, and how long the newest one took."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from store.reports import last_build_seconds, latest_folder

if TYPE_CHECKING:
    from pathlib import Path


def stamp(root: Path, name: str, content: str, made: int) -> None:
    """A report's stamp of that age."""
    path = root / "report" / name / "stamp.json"
    path.parent.mkdir(parents=True)
    path.write_text(content, encoding="utf-8")
    os.utime(path, (made, made))


def test_the_default_study_has_the_folder_itself(tmp_path: Path) -> None:
    """Any other study has one of its name in it."""
    assert latest_folder(tmp_path, "one", "one") == tmp_path
    assert latest_folder(tmp_path, "two", "one") == tmp_path / "two"


def test_the_newest_stamp_that_can_be_read_counts(tmp_path: Path) -> None:
    """Damaged ones and those of an earlier version are passed over; no stamp tells nothing."""
    assert last_build_seconds(tmp_path) is None
    stamp(tmp_path, "a", '{"seconds": 7}', 1000)
    assert last_build_seconds(tmp_path) == 7.0
    stamp(tmp_path, "b", '{"seconds": 2.5}', 2000)
    assert last_build_seconds(tmp_path) == 2.5
    for number, content in enumerate(("no JSON", "{}", "[]", '{"seconds": null}')):
        stamp(tmp_path, f"c{number}", content, 3000 + number)
    assert last_build_seconds(tmp_path) == 2.5
