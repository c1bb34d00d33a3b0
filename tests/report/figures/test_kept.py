"""Figures are drawn once: what is taken instead of drawn has the same bytes, and comes from the same data or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from report.build import KEPT, Options, build
from report.checks.verification import verify_facts
from report.evidence.studies import Declared, Study
from report.figures import helper
from report.figures.ahead import Place, helped
from report.figures.catalogue import draw_all
from tests.report.conftest import subject_of
from tests.report.study import Spec, write_study
from tests.report.tiny_study import NAME

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeAlias

    from report.evidence.subject import Subject
    from report.printing.figure_style import Drawing

    Pen: TypeAlias = Callable[[Subject], Drawing | None]

DRAWN = ("losses", "confusion-ae", "networks", "detections-1")
"""A figure of curves, of a matrix, of facts, and one that a run without detection has not."""


@pytest.fixture
def pens(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the figures that are drawn, one by one."""
    found: list[str] = []
    declared = Study.declared

    def counted(study: Study) -> Declared:
        known = declared(study)

        def pen(name: str) -> Pen:
            def draw(subject: Subject) -> Drawing | None:
                found.append(name)
                return known.figures[name](subject)

            return draw

        return replace(known, figures={name: pen(name) for name in DRAWN})

    monkeypatch.setattr(Study, "declared", counted)
    return found


def folders(root: Path) -> tuple[Path, Path, Path]:
    """Two folders for figures, and one for what is kept."""
    places = (root / "first", root / "second", root / "kept")
    for place in places:
        place.mkdir()
    return places


def contents(folder: Path) -> dict[str, bytes]:
    """Every figure in a folder."""
    return {path.name: path.read_bytes() for path in folder.glob("*.svg")}


def test_a_kept_figure_has_the_bytes_of_a_drawn_one(single: Subject, tmp_path: Path, pens: list[str]) -> None:
    """Picture, words and data are those of a drawing without a folder of kept ones; nothing is drawn a second time."""
    first, second, kept = folders(tmp_path)
    plain = draw_all(single, first)
    watched = draw_all(single, second, kept)
    assert pens == [*DRAWN, *DRAWN]
    assert contents(first) == contents(second)
    for path in second.iterdir():
        path.unlink()
    assert draw_all(single, second, kept) == watched == plain
    assert pens == [*DRAWN, *DRAWN]
    assert contents(first) == contents(second)
    assert "detections-1" not in plain


def test_only_what_was_made_of_other_records_is_drawn_again(single: Subject, tmp_path: Path, pens: list[str]) -> None:
    """Other accuracies of a classifier are another matrix, and the same loss curves."""
    _, second, kept = folders(tmp_path)
    draw_all(single, second, kept)
    write_study(tmp_path / "other", Spec(seeds=(0,), metrics={"classifier/ae/seed-0": {"test_accuracy": 0.5}}))
    pens.clear()
    draw_all(subject_of(tmp_path / "other"), second, kept)
    assert "confusion-ae" in pens
    assert "losses" not in pens


def test_a_damaged_figure_is_drawn_again(single: Subject, tmp_path: Path, pens: list[str]) -> None:
    """A picture with other bytes than its entry says, and an entry that is none."""
    first, second, kept = folders(tmp_path)
    draw_all(single, first, kept)
    pens.clear()
    next(kept.rglob("losses.svg")).write_text("<svg/>", encoding="utf-8")
    next(kept.rglob("networks.json")).write_text("{", encoding="utf-8")
    draw_all(single, second, kept)
    assert pens == ["losses", "networks"]
    assert contents(first) == contents(second)


def test_a_folder_that_cannot_be_written_keeps_nothing(single: Subject, tmp_path: Path, pens: list[str]) -> None:
    """The figures are drawn nevertheless."""
    first, _, _ = folders(tmp_path)
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert len(draw_all(single, first, tmp_path / "file" / "kept")) == len(DRAWN) - 1
    assert pens == list(DRAWN)


def test_helpers_draw_what_the_report_then_finds(single_root: Path, tmp_path: Path, pens: list[str]) -> None:
    """What the other process keeps is what this one would have drawn."""
    first, second, kept = folders(tmp_path)
    subject = subject_of(single_root)
    helper.main([str(single_root), subject.evidence.run.run_id, str(kept), *(f"en/{name}" for name in DRAWN)])
    pens.clear()
    draw_all(subject, first, kept)
    assert pens == []
    draw_all(subject, second)
    assert contents(first) == contents(second)


def test_helpers_end_with_the_caller(single_root: Path, tmp_path: Path) -> None:
    """None outlives the drawing, whatever it was doing; few figures have none."""
    place = Place(single_root, "synthetic-1", tmp_path / "kept")
    with helped(place, ("en", "pt"), [f"figure-{number}" for number in range(20)]) as helpers:
        assert all(one.poll() is None for one in helpers)
    assert all(one.poll() is not None for one in helpers)
    with helped(place, ("en",), ("losses",)) as helpers:
        assert helpers == ()


def test_verify_believes_no_kept_figure(tiny: Path) -> None:
    """A picture that was put among the kept ones, digest and all, gets into a report and is found there."""
    options = Options(formats=("html",), languages=("en",), engine="pandoc")
    build(tiny, options)
    page = tiny / "report" / NAME / "report.html"
    assert verify_facts(page, tiny, options)["sound"] is True
    (entry,) = (tiny / KEPT).rglob("*.json")
    facts = json.loads(entry.read_text(encoding="utf-8"))
    entry.write_text(json.dumps({**facts, "alt": "The estimate is exact."}), encoding="utf-8")
    build(tiny, replace(options, force=True))
    assert "The estimate is exact." in page.read_text(encoding="utf-8")
    assert verify_facts(page, tiny, options)["sound"] is False
