"""``python -m bench.datasets.fashion.sample`` without real data: its failures leave a message and an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.datasets.fashion.dataset import TRAIN_LABELS
from bench.datasets.fashion.sample import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_folder_without_the_files_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback: the missing file and the cure on standard error, nothing written."""
    assert main(["--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "train-images-idx3-ubyte.gz is missing" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_damaged_files_make_no_sample(tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A sample is cut from the published bytes only: exit code 3."""
    (tiny_folder / TRAIN_LABELS).write_bytes(b"other")
    assert main(["--data", str(tiny_folder), "--out", str(tmp_path / "out")]) == 3
    assert f"{TRAIN_LABELS} is damaged" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
