"""Figures are equal byte for byte when their data are, stay small, and say in words what they show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pytest

from report.figures.catalogue import draw_all
from report.printing.figure_style import Drawing, save, styled
from report.studies.assignment_2.figures import curves, detection_curves, reconstruction
from report.studies.assignment_2.figures.catalogue import FIGURES
from report.studies.assignment_2.figures.confusion import mean_counts, per_thousand
from report.studies.assignment_2.figures.reconstruction import squared_errors
from report.studies.assignment_2.tables.reconstruction import shown_pairs
from tests.report.configuration import PUBLISHED_CONFIG
from tests.report.conftest import subject_of
from tests.report.study import Spec, write_study

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from report.evidence.subject import Subject

THIN = 0.25  # opacity of a single seed's curve


def alts_of(subject: Subject, folder: Path, names: Collection[str] | None = None) -> dict[str, str]:
    """Alternative text of each figure, or of those with these ``names``, drawn into ``folder``."""
    return {name: drawing.alt for name, drawing in draw_all(subject, folder, names=names).items()}


@pytest.fixture(scope="module")
def drawn(whole: Subject, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """All figures of the whole study and their alternative texts."""
    folder = tmp_path_factory.mktemp("figures")
    return folder, alts_of(whole, folder)


def test_second_drawing_is_identical(whole: Subject, drawn: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    """No date, no random identifier."""
    folder, alts = drawn
    assert alts_of(whole, tmp_path) == alts
    for name in FIGURES:
        assert (tmp_path / f"{name}.svg").read_bytes() == (folder / f"{name}.svg").read_bytes(), name


def test_files_are_self_contained_and_small(drawn: tuple[Path, dict[str, str]]) -> None:
    """No outside reference, no date; scatter points are pixels, so that no file passes 1.5 MB."""
    for path in drawn[0].glob("*.svg"):
        text = path.read_text(encoding="utf-8")
        assert len(text) < 1_500_000, path.name
        assert "<dc:date>" not in text
        assert not re.search(r'xlink:href="(?!#|data:)', text), path.name


def test_alternative_texts_carry_the_numbers(whole: Subject, drawn: tuple[Path, dict[str, str]]) -> None:
    """The loss figure's text has the last validation loss, the matrices' the count of the hardest class."""
    alts = drawn[1]
    assert set(alts) == set(FIGURES)
    assert all(len(alt) > 80 for alt in alts.values())
    last = np.mean([s.record.result.metrics["validation_mse_per_pixel"] for s in whole.evidence.complete("autoencoder", "ae")])
    assert f"{last:.4f}" in alts["losses"]
    assert "910" in alts["confusion-ae"]
    assert "88.1" in alts["confusion-ae"] or "831" in alts["confusion-ae"]


def test_missing_results_are_drawn_as_words(broken: Subject, tmp_path: Path) -> None:
    """A model without a classifier has its place and its reason, not a hole."""
    alts = alts_of(broken, tmp_path, {"confusion-dae", "classifiers"})
    assert "failed, skipped" in alts["confusion-dae"]
    assert "failed, skipped" in alts["classifiers"]


@pytest.mark.parametrize("language", ["en", "pt"])
def test_what_a_panel_lacks_is_said_within_it(tmp_path: Path, language: str) -> None:
    """A run of the other part: no text of one panel runs into the one beside it."""
    write_study(tmp_path, Spec(seeds=(0,), config={**PUBLISHED_CONFIG, "parts": ["detection"]}))
    subject = subject_of(tmp_path, language)
    with mpl.rc_context(styled()):
        figure = curves.losses(subject).figure
        save(Drawing(figure, ""), tmp_path / "losses.svg")
        said = [text for axis in figure.axes for text in axis.texts]
        assert len(said) == 3
        for text in said:
            assert text.axes is not None
            inside, outer = text.get_window_extent(), text.axes.get_window_extent()
            assert outer.x0 <= inside.x0 < inside.x1 <= outer.x1, text.get_text()


def test_matrix_is_the_mean_over_seeds(whole: Subject) -> None:
    """Three equal matrices have themselves as mean; rows scale to 1,000."""
    counts = mean_counts(whole, "ae")
    assert counts is not None
    assert per_thousand(counts).sum(axis=1) == pytest.approx(np.full(10, 1000.0))
    assert per_thousand(np.zeros((2, 2))).tolist() == [[0, 0], [0, 0]]


def test_errors_above_the_pairs_are_against_the_original(whole: Subject) -> None:
    """The number above a noisy image is its own squared error."""
    shown = shown_pairs(whole.evidence.complete("reconstruction", "ae")[0])
    expected = np.mean((shown["noisy"].astype(float) - shown["original"]) ** 2, axis=(1, 2))
    assert squared_errors(shown, "noisy") == pytest.approx(expected)
    assert squared_errors(shown, "original") == pytest.approx(np.zeros(10))


@pytest.mark.parametrize(
    ("draw", "bold"),
    [
        (curves.losses, 6),
        (curves.classifiers, 12),
        (reconstruction.robustness, 12),
        (lambda subject: detection_curves.by_epoch(subject, "scratch"), 8),
        (lambda subject: detection_curves.by_epoch(subject, "transfer"), 8),
        (detection_curves.losses, 24),
        (detection_curves.precision_recall, 8),
    ],
    ids=["losses", "classifiers", "robustness", "epochs-scratch", "epochs-transfer", "detection-losses", "detection-curves"],
)
def test_every_seed_stands_faint_under_the_mean(whole: Subject, draw: Callable[[Subject], Drawing], bold: int) -> None:
    """Each re-run curve, the mean of three seeds, has three thin ones beneath it in its panel and colour."""
    found = 0
    for axis in draw(whole).figure.axes:
        thin = [line for line in axis.lines if line.get_alpha() == THIN]
        found += len(thin)
        bold_lines = [line for line in axis.lines if line.get_alpha() is None]
        for start in range(0, len(thin), 3):
            seeds = thin[start : start + 3]
            mean = np.mean([line.get_ydata() for line in seeds], axis=0)
            same = [line for line in bold_lines if line.get_color() == seeds[0].get_color()]
            assert any(
                len(line.get_ydata()) == len(mean) and np.allclose(line.get_ydata(), mean, equal_nan=True) for line in same
            )
    assert found == 3 * bold


def test_one_seed_is_drawn_once(single: Subject) -> None:
    """A thin line under itself would look like a spread."""
    for draw in (curves.losses, curves.classifiers, reconstruction.robustness):
        assert [line for axis in draw(single).figure.axes for line in axis.lines if line.get_alpha() == THIN] == []
