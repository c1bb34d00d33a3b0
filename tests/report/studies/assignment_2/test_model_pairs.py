"""Models in pairs: what is counted image by image, what varies over seeds, and what has no result, each in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from report.evidence.records import frame, reference
from report.inference.statistics import Summary, summarise
from report.inference.testing import difference_p
from report.printing import cells
from report.studies.assignment_2.per_image import discordances, error_gaps
from report.tables.catalogue import all_tables
from store.errors import IntegrityError
from store.formats import table_bytes
from tests.report.conftest import subject_of
from tests.report.study import Spec, write_study

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from report.evidence.subject import Subject
    from tests.report.study import Found

IMAGES = 1000
RIGHT = {"ae": (0, 900), "vae": (8, 890), "dae": (8, 891)}  # of 1,000 images, which are right: from, to


def answers(found: Found, model: str, more: int) -> Found:
    """A classifier's record with the right answers of ``RIGHT``, and so many more."""
    low, high = RIGHT[model]
    index = np.arange(IMAGES)
    right = (index >= low) & (index < high + more)
    table = {"index": index, "label": index % 10, "predicted": np.where(right, index, index + 1) % 10}
    metrics = {**found[0], "test_accuracy": float(right.mean()), "test_images": IMAGES}
    return metrics, found[1], {**found[2], "predictions.parquet": table_bytes(table)}


def study(root: Path, seeds: tuple[int, ...], broken: Mapping[str, tuple[str, str]] | None = None) -> Subject:
    """A study with the answers of ``RIGHT``; the AE has as many more as its seed says."""
    edits = {
        f"classifier/{model}/seed-{seed}": lambda found, model=model, seed=seed: answers(found, model, seed * (model == "ae"))
        for model in RIGHT
        for seed in seeds
    }
    write_study(root, Spec(seeds=seeds, edits=edits, broken=broken or {}))
    return subject_of(root)


def rows(subject: Subject, table: str) -> list[list[str]]:
    """The texts of a table."""
    return [[cell.text for cell in row] for row in all_tables(subject)[table].rows]


def notes(subject: Subject, table: str) -> str:
    """What stands below a table."""
    return "\n".join(all_tables(subject)[table].notes)


def test_images_that_one_alone_gets_right_are_counted(tmp_path: Path) -> None:
    """The AE has the first 8 and 10 at the end for itself, the DAE one more than the VAE; p and Holm follow by hand."""
    subject = study(tmp_path, (0,))
    found = {duel.pair: test for duel, test in discordances(subject.evidence)}
    ae_vae, vae_dae, ae_dae = found["ae", "vae"], found["vae", "dae"], found["ae", "dae"]
    assert ae_vae is not None
    assert vae_dae is not None
    assert ae_dae is not None
    assert (ae_vae.first_only, ae_vae.second_only, ae_vae.p) == (18, 0, pytest.approx(2 * 0.5**18))
    assert (vae_dae.first_only, vae_dae.second_only, vae_dae.p) == (0, 1, 1.0)
    assert (ae_vae.adjusted, ae_dae.adjusted, vae_dae.adjusted) == (
        pytest.approx(6 * 0.5**18),
        pytest.approx(4 * 0.5**17),
        1.0,
    )
    assert rows(subject, "classifier-images")[:2] == [
        ["AE\N{MINUS SIGN}VAE", "0", "+1.80", "18", "0", "< 0.001", "< 0.001"],
        ["VAE\N{MINUS SIGN}DAE", "0", "\N{MINUS SIGN}0.10", "0", "1", "1.000", "1.000"],
    ]
    assert "3 tests" in notes(subject, "classifier-images")


def test_pairs_over_seeds_stand_beside_the_published_gaps(tmp_path: Path) -> None:
    """Differences 1.8, 1.9 and 2.0 points have the paired t interval, its p over the family, and their count by image."""
    subject = study(tmp_path, (0, 1, 2))
    first, second, third = rows(subject, "classifier-pairs")
    assert first[:4] == ["AE\N{MINUS SIGN}VAE", "+0.87", "+1.90", "[1.65, 2.15]"]
    assert first[5:] == ["3", "3 of 3"]
    p = stats.ttest_1samp([1.8, 1.9, 2.0], 0).pvalue
    other = stats.ttest_1samp([1.7, 1.8, 1.9], 0).pvalue
    assert float(first[4]) == pytest.approx(2 * p, abs=5e-4)
    assert float(third[4]) == pytest.approx(max(2 * p, other), abs=5e-4)
    assert second[4:] == [cells.DASH, "3", "0 of 3"]
    assert "the 2 tests" in notes(subject, "classifier-pairs")


def test_a_discordance_counts_from_the_level_on(tmp_path: Path) -> None:
    """Seven images to none are p = 0.016, and 0.047 in a family of three: below the level; six, with 0.094, are not."""
    shown = []
    for ahead in (6, 7):
        edits = {
            f"classifier/{model}/seed-0": lambda found, more=more: answers(found, "vae", more)
            for model, more in (("ae", ahead), ("vae", 0), ("dae", 0))
        }
        root = tmp_path / str(ahead)
        write_study(root, Spec(seeds=(0,), edits=edits))
        shown.append(rows(subject_of(root), "classifier-pairs")[0][-1])
    assert shown == ["0 of 1", "1 of 1"]


def test_one_seed_says_that_seeds_are_unknown(single: Subject) -> None:
    """No interval and no p over seeds, but those over images; the note says what is not known."""
    for table in ("classifier-pairs", "error-pairs"):
        assert {(row[-4] if table == "classifier-pairs" else row[-3]) for row in rows(single, table)} == {cells.DASH}
        assert "seed to seed is unknown" in notes(single, table)
        assert "paired by seed" not in notes(single, table)
    assert len(rows(single, "classifier-images")) == len(rows(single, "error-images")) == 3
    assert all(row[3].startswith("[") for row in rows(single, "error-images"))


def test_a_failed_side_keeps_its_row_and_its_reason(tmp_path: Path) -> None:
    """The planted failure of one seed takes that seed from both of its pairs and from no other, and says so."""
    subject = study(tmp_path, (0, 1, 2), {"classifier/dae/seed-1": ("failed", "ValueError: no encoder")})
    lines = rows(subject, "classifier-images")
    assert len(lines) == 9
    assert [line[:3] for line in lines if line[2] == "failed"] == [
        ["VAE\N{MINUS SIGN}DAE", "1", "failed"],
        ["AE\N{MINUS SIGN}DAE", "1", "failed"],
    ]
    assert [row[5:] for row in rows(subject, "classifier-pairs")] == [
        ["3", "3 of 3"],
        ["2 of 3", "0 of 2"],
        ["2 of 3", "2 of 2"],
    ]
    for table in ("classifier-images", "classifier-pairs"):
        assert "no encoder" in notes(subject, table)
    assert "7 tests" in notes(subject, "classifier-images")


def test_a_model_without_any_result_has_words(broken: Subject) -> None:
    """No DAE classifier finished: its pairs say so over seeds and image by image, and the AE and VAE are still compared."""
    pairs = rows(broken, "classifier-pairs")
    assert [row[2] for row in pairs] == ["+0.90", "failed, skipped", "failed, skipped"]
    assert [row[-1] for row in pairs] == ["3 of 3", cells.DASH, cells.DASH]


def test_error_differences_are_those_of_the_images(whole: Subject) -> None:
    """Mean and interval by image come from the two records named on the cell, clean before noisy."""
    table = all_tables(whole)["error-images"]
    row = next(line for line in table.rows if (line[0].text, line[1].text) == ("VAE\N{MINUS SIGN}DAE", "1"))
    vae, dae = (whole.evidence.complete("reconstruction", model)[1] for model in ("vae", "dae"))
    assert row[2].records == row[5].records == (reference(vae), reference(dae))
    for column, which in ((2, "clean"), (4, "noisy")):
        name = f"mse_per_pixel_{which}_input"
        differences = frame(vae, "errors.parquet")[name] - frame(dae, "errors.parquet")[name]
        assert float(row[column].text) == pytest.approx(differences.mean(), abs=5e-7)
        low, high = (float(number) for number in row[column + 1].text.strip("[]").split(", "))
        half = 1.96 * differences.sem()
        assert (low, high) == (
            pytest.approx(differences.mean() - half, abs=half / 5),
            pytest.approx(differences.mean() + half, abs=half / 5),
        )


def test_other_test_images_are_not_compared(tmp_path: Path) -> None:
    """Rows in another order are another list of images: an error instead of a wrong count."""

    def reordered(found: Found) -> Found:
        table = {"index": np.arange(200)[::-1], "label": np.zeros(200, dtype=int)}
        table |= {f"mse_per_pixel_{which}_input": np.full(200, 0.1) for which in ("clean", "noisy")}
        return found[0], found[1], {**found[2], "errors.parquet": table_bytes(table)}

    write_study(tmp_path, Spec(seeds=(0,), edits={"reconstruction/vae/seed-0": reordered}))
    with pytest.raises(IntegrityError, match="reconstruction/ae/seed-0 and reconstruction/vae/seed-0"):
        error_gaps(subject_of(tmp_path).evidence)


def test_p_of_a_difference_is_that_of_scipy() -> None:
    """Two-sided, whichever sign; unknown for one seed and for differences that are all the same."""
    values = (0.3, -0.1, 0.4, 0.2)
    assert difference_p(summarise(values)) == pytest.approx(stats.ttest_1samp(values, 0).pvalue)
    assert difference_p(summarise([-value for value in values])) == pytest.approx(stats.ttest_1samp(values, 0).pvalue)
    assert difference_p(Summary(0.3, 1)) is None
    assert difference_p(summarise((0.1 + 0.2, 0.3, 0.3))) is None
