"""Label lines: what a good one becomes, and how every kind of bad one is named."""

from __future__ import annotations

import pytest

from bench.datasets.kitti.classes import KITTI_CLASSES, OWN_CLASSES
from bench.datasets.kitti.labels import BadLine, LabelRules, SourceBox, ids_of, looks_like, parse_labels

KITTI = LabelRules("kitti", KITTI_CLASSES)
YOLO = LabelRules("yolo", OWN_CLASSES)
TAIL = "1.5 1.6 4.0 1.0 1.7 20.0 -1.5"


def parsed(line: str, rules: LabelRules) -> tuple[tuple[SourceBox, ...], tuple[BadLine, ...]]:
    """The line in an image of 100 x 40 pixels."""
    return parse_labels(line.encode(), rules, 100, 40)


def test_kitti_text_gives_corners_in_pixels() -> None:
    """Columns five to eight are left, top, right, bottom; a 16th column, the score of results, is allowed."""
    line = f"Person_sitting 0.00 0 -1.57 10.5 11 30.25 20 {TAIL}"
    assert parsed(line, KITTI) == ((SourceBox("Person_sitting", 10.5, 11, 30.25, 20),), ())
    assert parsed(line + " 0.9", KITTI) == parsed(line, KITTI)


def test_yolo_text_gives_corners_in_pixels() -> None:
    """Centre and size are fractions of the image."""
    (box,), bad = parsed("2 0.5 0.5 0.2 0.25", YOLO)
    assert box == SourceBox("cyclist", 40.0, 15.0, 60.0, 25.0)
    assert bad == ()


def test_lines_are_counted_with_blank_ones_and_any_line_end() -> None:
    """A bad line is named by its number in the file, whatever editor wrote it."""
    _, bad = parsed(f"\ufeff\r\nCar 0 0 0 10 10 20 20 {TAIL}\r\n\r\n  Car 1  \r\n", KITTI)
    assert bad == (BadLine(4, "malformed-line", "Car 1"),)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("Car 0.00 0 -1.57 10 10 30 20", "malformed-line"),
        (f"Car 0.00 0 -1.57 10 ten 30 20 {TAIL}", "malformed-line"),
        (f"Car 0.00 0 -1.57 10 nan 30 20 {TAIL}", "malformed-line"),
        (f"Car 0.00 0 -1.57 10 10 inf 20 {TAIL}", "malformed-line"),
        (f"Bus 0.00 0 -1.57 10 10 30 20 {TAIL}", "unknown-class"),
        (f"person 0.00 0 -1.57 10 10 30 20 {TAIL}", "unknown-class"),
        (f"Car 0.00 0 -1.57 1_0 10 30 20 {TAIL}", "malformed-line"),
        (f"Car 0.00 0 -1.57 \u0661\u0660 10 30 20 {TAIL}", "malformed-line"),
        (f"Car 0.00 0 -1.57 10 10 10.0001 20 {TAIL}", "degenerate-box"),
        ("1" * 5000 + " 0.5 0.5 0.2 0.2", "malformed-line"),
        (f"Car 0.00 0 -1.57 30 10 30 20 {TAIL}", "degenerate-box"),
        (f"Van 0.00 0 -1.57 10 20 30 10 {TAIL}", "degenerate-box"),
        (f"Car 0.00 0 -1.57 -1.5 10 30 20 {TAIL}", "box-outside-image"),
        (f"Car 0.00 0 -1.57 10 10 101.5 20 {TAIL}", "box-outside-image"),
        (f"Car 0.00 0 -1.57 10 10 30 41.5 {TAIL}", "box-outside-image"),
        (f"Car 0.00 0 -1.57 100.2 10 100.8 20 {TAIL}", "box-outside-image"),
        ("0 0.5 0.5 0.2", "malformed-line"),
        ("0.0 0.5 0.5 0.2 0.2", "malformed-line"),
        ("-1 0.5 0.5 0.2 0.2", "malformed-line"),
        ("0 0.5 0.5 nan 0.2", "malformed-line"),
        ("3 0.5 0.5 0.2 0.2", "unknown-class"),
        ("0 0.5 0.5 0 0.2", "degenerate-box"),
        ("0 0.99 0.5 0.2 0.2", "box-outside-image"),
    ],
)
def test_a_bad_line_is_named(line: str, problem: str) -> None:
    """Every kind of unusable line gives no box and its own problem, with the line as it stands, cut where it is long."""
    assert parsed(line, YOLO if line[0] in "-0123456789" else KITTI) == ((), (BadLine(1, problem, line[:200]),))


@pytest.mark.parametrize("name", ["car", "CAR", "Car"])
def test_kitti_text_names_classes_in_any_case(name: str) -> None:
    """A tool that wrote its names in lower case loses no object."""
    (box,), bad = parsed(f"{name} 0.00 0 -1.57 10 10 30 20 {TAIL}", KITTI)
    assert (box.source, bad) == ("Car", ())


def test_text_of_another_encoding_is_no_label() -> None:
    """Nobody can say what stands in it: the reader leaves its image out."""
    with pytest.raises(UnicodeDecodeError):
        parse_labels("Fußgänger".encode("latin-1"), KITTI, 100, 40)


def test_rounding_over_the_border_is_moved_onto_it() -> None:
    """Less than a pixel outside is how tools round, and no error."""
    (box,), bad = parsed(f"Car 0.00 0 -1.57 -0.5 0 100.9 40.5 {TAIL}", KITTI)
    assert box == SourceBox("Car", 0.0, 0.0, 100.0, 40.0)
    assert bad == ()


def test_the_box_of_a_region_is_not_checked() -> None:
    """DontCare marks no object: whatever its box, it is counted and no error."""
    boxes, bad = parsed(f"DontCare -1 -1 -10 -5 0 300 0 {TAIL}", KITTI)
    assert [box.source for box in boxes] == ["DontCare"]
    assert bad == ()


def test_the_format_shows_in_the_first_line_that_fits_one() -> None:
    """Five columns behind a class number are YOLO text, fifteen behind a name KITTI text, anything else says nothing."""
    assert looks_like(b"\nnonsense\n0 0.5 0.5 0.2 0.2\n") == "yolo"
    assert looks_like(f"Car 0.00 0 -1.57 10 10 30 20 {TAIL}".encode()) == "kitti"
    assert looks_like(b"") is None
    assert ids_of(b"3 0.5 0.5 0.2 0.2\n\n1 0.5 0.5 0.2 0.2\n3 0 0 0 0\nCar\n") == {1, 3}
    assert looks_like(b"\x89PNG\x00\xff\n") is None
