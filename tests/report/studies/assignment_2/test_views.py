"""The views of the page hold what the records hold, and no more than a page can carry."""

from __future__ import annotations

import base64
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from report.evidence.records import arrays, frame
from report.figures.catalogue import draw_all
from report.sections.views import views_text
from report.studies.assignment_2.views import VIEWS
from report.studies.assignment_2.views.images import FILE, sheet

if TYPE_CHECKING:
    from pathlib import Path

    from report.evidence.subject import Subject


def data_of(subject: Subject, name: str) -> dict[str, Any]:
    """One view's data, which the run has."""
    found = VIEWS[name](subject)
    assert isinstance(found, dict)
    return found


def test_the_sheet_has_every_stored_image(whole: Subject) -> None:
    """Row by row, dark on light, without loss."""
    found = data_of(whole, "images")
    stored = arrays(whole.evidence.complete("fashion_data", "parts")[0], FILE)
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(found["png"].split(",")[1]))))
    for place, image in enumerate(stored["pixels"]):
        row, column = divmod(place, found["columns"])
        shown = pixels[28 * row : 28 * row + 28, 28 * column : 28 * column + 28]
        assert (shown == 255 - image).all()
    assert found["index"] == stored["index"].tolist()


def test_points_are_linked_across_the_spaces(whole: Subject) -> None:
    """Every panel has each image once, in one order, and each classifier's prediction beside it."""
    found = data_of(whole, "latent")
    count = len(found["index"])
    assert {len(panel[axis]) for panel in found["panels"] for axis in "xy"} == {count}
    assert all(0 <= place <= 1000 for panel in found["panels"] for axis in "xy" for place in panel[axis])
    table = frame(whole.evidence.complete("classifier", "vae")[0], "predictions.parquet").set_index("index")["predicted"]
    model = whole.model("vae")
    assert found["predicted"][model] == [int(table[index]) for index in found["index"]]
    assert found["pictured"] == len(set(found["index"]) & set(data_of(whole, "images")["index"]))


def test_cells_hold_the_images_that_fell_into_them(whole: Subject) -> None:
    """Counts are those of the record, and an image stands in its own cell only."""
    found = data_of(whole, "confusion-dae")
    stored = whole.evidence.complete("classifier", "dae")[0]
    table = frame(stored, "predictions.parquet").set_index("index")
    for label, row in enumerate(found["counts"]):
        predicted = table[table["label"] == label]["predicted"]
        assert row == [int((predicted == column).sum()) for column in range(10)]
    assert found["cells"]
    for place, images in found["cells"].items():
        for index, _ in images:
            assert place == f"{table.loc[index, 'label']},{table.loc[index, 'predicted']}"


def test_boxes_are_there_below_the_confidence_that_the_figure_shows(whole: Subject) -> None:
    """The slider reaches predictions that the static figure leaves out."""
    found = data_of(whole, "detections-1")
    scores = [box[4] for arm in found["arms"] for box in arm["boxes"]]
    assert found["truth"]
    assert scores
    assert min(scores) < 0.25


def test_a_run_without_results_has_no_views(broken: Subject, single: Subject) -> None:
    """What is missing is left out: no arm, no boxes; the rest stays."""
    assert VIEWS["detections-1"](single) is None
    assert sheet(broken) is not None


@pytest.mark.usefixtures("unwritten")
def test_every_curve_gives_its_numbers(whole: Subject, tmp_path: Path) -> None:
    """Each figure with lines or bars has rows for a spreadsheet; the JSON has no NaN."""
    found = json.loads(views_text(whole, draw_all(whole, tmp_path)))
    for name in ("losses", "classifiers", "robustness", "distributions", "latent", "confusion-ae"):
        assert len(found[name]["data"]) > 10
    assert all(len(row) == len(view["data"][0]) for view in found.values() if "data" in view for row in view["data"])
