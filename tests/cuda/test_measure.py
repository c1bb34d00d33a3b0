"""The measuring program runs without a GPU too, says what failed or hung, and its figures make a page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cuda import measure, page, trainings
from tests.cuda.subjects import TINY

if TYPE_CHECKING:
    from pathlib import Path


def measured(output: Path, *only: str) -> dict[str, dict[str, object]]:
    """The sections that were asked for, tried on the CPU."""
    measure.main(["--device", "cpu", "--tiny", "--only", ",".join(only), "--output", str(output)])
    content: dict[str, dict[str, dict[str, object]]] = json.loads(output.read_text(encoding="utf-8"))
    return content["sections"]


@pytest.mark.campaign
def test_each_section_says_how_it_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that ends has its figures, one that takes too long and one that fails have their reason; all have their seconds."""
    monkeypatch.setitem(measure.ALONE, "launches", 0.2)
    for name in ("machine", "no-such-section"):  # what ends by itself has time on any machine
        monkeypatch.setitem(measure.ALONE, name, 900)
    sections = measured(tmp_path / "figures.json", "machine", "launches", "no-such-section")
    assert {name: found["status"] for name, found in sections.items()} == {
        "machine": "ok",
        "launches": "timeout",
        "no-such-section": "failed",
    }
    assert "no-such-section" in str(sections["no-such-section"]["error"])
    assert all(float(str(found["seconds"])) > 0 for found in sections.values())


@pytest.mark.campaign
def test_a_killed_training_is_tried_here_too(tmp_path: Path) -> None:
    """What is measured on a GPU is true of the CPU: killed in its second epoch, resumed, and equal."""
    expected = {"killed": True, "resumed_in_epoch": 2, "equal": True}
    assert trainings.resumed("cpu", TINY, tmp_path) == {"dae": expected, "vae": expected}


def test_figures_make_a_page() -> None:
    """The page says of each section what was found, and of one that failed that it did, with its error."""
    lines = page.lines_of(
        {
            "device": "cuda",
            "scale": "full",
            "seconds": 100.0,
            "sections": {
                "machine": {"status": "ok", "seconds": 1.0, "figures": {"name": "A card", "packages": {"torch": "9.9"}}},
                "repeated": {
                    "status": "ok",
                    "seconds": 1.0,
                    "figures": {"ae": {"twice": True, "recorded_as_called": False, "chain": "0" * 64}},
                },
                "losses": {"status": "failed", "seconds": 2.0, "error": "RuntimeError: out of luck"},
            },
        }
    )
    text = "\n".join(lines)
    assert "A card" in text
    assert "| ae | yes | **no** |" in text
    assert "RuntimeError: out of luck" in text


def test_speed_is_given_as_a_ratio() -> None:
    """Of the notebook's epoch to ours, on the same card."""
    figures = {
        "training_images": 48000,
        "validation_images": 12000,
        "notebook": {"epoch_s": 5.0, "epochs_s": [6.0, 5.0], "peak_memory_bytes": 2 << 20},
        "ae_recorded": {"epoch_s": 0.5, "epochs_s": [0.9, 0.5], "wall_s": 2.0, "peak_memory_bytes": 3 << 20},
    }
    text = "\n".join(page.SECTIONS["epochs"](figures))
    assert "| ae_recorded | 0.500 | 10.00 | 3 |" in text
