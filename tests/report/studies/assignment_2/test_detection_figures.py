"""Figures of Part II: what they show of the records, and what they show where there is none."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

import matplotlib as mpl
import pytest

from report.figures.catalogue import draw_all
from report.printing.figure_style import save, styled
from report.studies.assignment_2.figures import detection_curves, detection_quality, detections
from report.studies.assignment_2.figures.catalogue import FIGURES
from tests.report.configuration import changed_config, with_detection
from tests.report.conftest import subject_of
from tests.report.study import Spec, write_study

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from report.evidence.subject import Subject
    from report.printing.figure_style import Drawing


@pytest.fixture(autouse=True)
def style() -> Iterator[None]:
    """The look that the catalogue draws with."""
    with mpl.rc_context(styled()):
        yield


def drawn(drawing: Drawing | None) -> Drawing:
    """The drawing, which must be there."""
    assert drawing is not None
    return drawing


def test_pictures_show_the_boxes_above_the_confidence(whole: Subject) -> None:
    """Ground truth without confidences, then one box a class at 0.80 or more; the ones at 0.1 are left out."""
    alt = drawn(detections.side_by_side(whole, 0)).alt
    assert "Image 000000: ground truth. Boxes: 1 car; 1 cyclist; 1 person." in alt
    assert "scratch, cars. Boxes: 1 car, confidence 0.72." in alt
    assert "transfer, 3 classes. Boxes: 1 car, confidence 0.80; 1 cyclist, confidence 0.80; 1 person, confidence 0.80." in alt
    assert "0.10" not in alt


def test_boxes_are_scaled_to_the_shown_image(whole: Subject) -> None:
    """A box at 100 of 1,242 pixels stands at 100 * 320 / 1242 of 320."""
    axis = drawn(detections.side_by_side(whole, 0)).figure.axes[0]
    lefts = {round(patch.get_x(), 2) for patch in axis.patches}  # type: ignore[attr-defined]
    assert lefts == {round(left * 320 / 1242, 2) for left in (100, 600, 800)}
    assert axis.get_xlim() == (0, 320)


def test_photographs_are_kept_as_jpeg(whole: Subject, tmp_path: Path) -> None:
    """One JPEG a panel and no PNG, of the size that the record has."""
    save(drawn(detections.pretrained(whole)), tmp_path / "figure.svg")
    text = (tmp_path / "figure.svg").read_text(encoding="utf-8")
    found = re.findall(r"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", text)
    assert len(found) == 4
    assert "image/png" not in text
    assert base64.b64decode(found[0])[:2] == b"\xff\xd8"


def test_labels_cover_no_other_label() -> None:
    """In a heap of equal boxes every label that is placed is apart from all others, and inside the picture."""
    taken: list[detections.Place] = []
    for step in range(12):
        box = detections.Box("car", 0.5, 10.0 + step, 20.0 + step, 60.0 + step, 50.0 + step)
        place = detections._place(box, (30.0, 8.0), (320, 97), taken)
        if place is not None:
            taken.append(place)
    assert 3 <= len(taken) < 12
    for one in taken:
        assert 0 <= one[1] <= 97 - one[3]
        assert not any(detections._meets(one, other) for other in taken if other is not one)


def test_published_ends_are_drawn_beside_kittis_images_only(whole: Subject, tmp_path: Path) -> None:
    """The dashed line stands where the images are KITTI's, and in no panel of drawn scenes."""
    write_study(tmp_path, Spec(seeds=(0,), images=20, config=with_detection(changed_config("detection", "dataset", "drawn"))))
    labels = [
        [line.get_label() for axis in drawn(detection_curves.by_epoch(subject, "transfer")).figure.axes for line in axis.lines]
        for subject in (whole, subject_of(tmp_path))
    ]
    assert labels[0].count("Published, last epoch") == 4
    assert "Published, last epoch" not in labels[1]


def test_curves_end_where_the_records_end(whole: Subject) -> None:
    """The alternative text has the last epoch's mean and the published value beside it."""
    alt = drawn(detection_curves.by_epoch(whole, "scratch")).alt
    assert "scratch, cars: after 50 epochs precision is 0.65 (published 0.67)" in alt
    assert "scratch, 3 classes: after 50 epochs precision is 0.53, recall" in alt


def test_missing_arms_have_their_words(broken: Subject, tmp_path: Path) -> None:
    """Skipped arms stand in every figure of Part II by name, with the word for what happened; a figure of them alone is not."""
    names = ("detection-losses", "detection-overlap", "detection-confusion", "detections-1")
    found = draw_all(broken, tmp_path, names=(*names, "epochs-transfer"))
    alts = {name: drawing.alt for name, drawing in found.items()}
    for name in names:
        assert "transfer, cars: no re-run: skipped" in alts[name], name
    assert "epochs-transfer" not in alts


def test_confusion_counts_misses_and_inventions(whole: Subject) -> None:
    """60 of 100 cars found, 40 missed, 15 detections of nothing."""
    alt = drawn(detection_quality.confusion(whole)).alt
    assert "scratch, cars: 60 objects found, 40 missed, 15 detections where nothing is, 0 with another class." in alt


def test_no_detection_no_figure(single: Subject, tmp_path: Path) -> None:
    """A run without Part II has none of its figures."""
    drawn_of_detectors = {name for name in FIGURES if name.startswith(("detection", "epochs"))}
    assert len(drawn_of_detectors) == 9
    assert draw_all(single, tmp_path, names=drawn_of_detectors) == {}
