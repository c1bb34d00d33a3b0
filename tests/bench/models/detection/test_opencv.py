"""A machine without the libraries that OpenCV needs gets the cure, not a crash in the middle of a study."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bench.models.detection.opencv import obstacle

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_missing_system_library_is_named_with_its_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message repeats what the loader said and names the package that helps."""
    text = "raise ImportError('libGL.so.1: cannot open shared object file: No such file or directory')\n"
    (tmp_path / "broken_cv2.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    reason = obstacle("broken_cv2")
    sys.modules.pop("broken_cv2", None)
    assert "libGL.so.1" in reason
    assert "apt-get install libgl1" in reason


def test_loadable_library_is_no_obstacle() -> None:
    """Nothing is said where it loads."""
    assert obstacle("json") == ""
