"""A machine without the libraries that OpenCV needs gets the cure, not a crash in the middle of a study."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench.models.detection.opencv import obstacle

if TYPE_CHECKING:
    import pytest


def test_missing_system_library_is_named_with_its_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message repeats what the loader said and names the build that helps."""
    text = "raise ImportError('libGL.so.1: cannot open shared object file: No such file or directory')\n"
    (tmp_path / "broken_cv2.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    reason = obstacle("broken_cv2")
    sys.modules.pop("broken_cv2", None)
    assert "libGL.so.1" in reason
    assert "opencv-python-headless" in reason


def test_the_installed_build_asks_for_no_desktop_library() -> None:
    """Wherever the sessions' environment is made, the detectors run without a system package."""
    headless = importlib.metadata.distribution("opencv-python-headless")
    found = [Path(str(headless.locate_file(file))) for file in headless.files or () if file.name.endswith(".so")]
    libraries = [path for path in found if path.is_file()]
    assert libraries
    assert [path.name for path in libraries if b"libGL.so" in path.read_bytes() or b"libgthread" in path.read_bytes()] == []
    import cv2

    assert Path(str(cv2.__file__)).parent == Path(str(headless.locate_file("cv2")))


def test_loadable_library_is_no_obstacle() -> None:
    """Nothing is said where it loads."""
    assert obstacle("json") == ""
