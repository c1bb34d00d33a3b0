"""Which combination of unstated values explains the published curves is told seed by seed, and never from test results."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from report.claims import curves
from report.claims.curves import Fit, fits
from report.evidence.measure import Measurement
from report.evidence.published import Curve, load_published
from report.evidence.studies import study_of
from report.evidence.vocabulary import ShownCurve
from report.printing import cells
from report.tables import inference
from report.tables.catalogue import all_tables
from store.alternatives import alternative_variant
from store.formats import table_bytes
from tests.report.configuration import PUBLISHED_CONFIG
from tests.report.conftest import subject_of
from tests.report.evidence.small_run import stored
from tests.report.study import Spec, write_study

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from report.evidence.subject import Subject
    from tests.report.study import Found

NEAR, FAR = "classifier.hidden_units=[128] & classifier.batch_size=32", "classifier.batch_size=32"
MODELS = ("ae", "vae", "dae")


def shifted(found: Found, by: float, model: str, subject_curves: Mapping[str, tuple[float, ...]]) -> Found:
    """A classifier whose loss curves are the published ones times 1 + ``by``."""
    metrics, facts, files = found
    losses = {
        f"{part}_cross_entropy": [(1 + by) * y for y in subject_curves[f"{model}.{part}"]] for part in ("train", "validation")
    }
    rate = {"learning_rate": [1e-3] * 10}
    accuracies = {f"{part}_accuracy": [0.9] * 10 for part in ("train", "validation")}
    history = {"epoch": list(range(1, 11)), **rate, **losses, **accuracies}
    return metrics, facts, {**files, "history.parquet": table_bytes(history)}


def study(
    root: Path, distances: Mapping[str, tuple[float, ...]], broken: Mapping[str, tuple[str, str]] | None = None
) -> Subject:
    """Three seeds whose classifiers are as far from Figure 6 as ``distances`` has it by combination, "" for the run's own."""
    published = {
        f"{model}.{part}": subject_curve(model, part) for model in MODELS for part in ("train", "validation")
    }  # what the source shows
    edits = {}
    for alternative, by_seed in distances.items():
        for model in MODELS:
            variant = alternative_variant(model, alternative) if alternative else model
            for seed, distance in enumerate(by_seed):
                edits[f"classifier/{variant}/seed-{seed}"] = partial(
                    shifted, by=distance, model=model, subject_curves=published
                )
    tried = [name for name in distances if name]
    section = {"seeds": 3, "alternatives": tried}
    config = {**PUBLISHED_CONFIG, "questions": ["main", "inference"], "sensitivity": section, "inference": section}
    touched = {name: tuple(("classifier", model) for model in MODELS) for name in tried}
    write_study(root, Spec(config=config, alternatives=touched, edits=edits, broken=broken or {}))
    return subject_of(root)


def subject_curve(model: str, part: str) -> tuple[float, ...]:
    """A curve of Figure 6."""
    return load_published(study_of().data).curve(f"figure-6.{model}.{part}_loss").y


SPREAD = {"": (0.05, 0.06, 0.07), NEAR: (0.01, 0.012, 0.011), FAR: (0.20, 0.21, 0.2)}


def test_the_distance_is_the_mean_over_curves_and_epochs(tmp_path: Path) -> None:
    """Curves that lie 1, 1.2 and 1.1 % above the published ones are 1.1 % away, whatever their height."""
    found = fits(study(tmp_path, SPREAD))
    assert [fit.place for fit in found] == ["figure-6"] * 3
    assert [fit.distance.summary.mean for fit in found if fit.distance.summary] == pytest.approx([0.011, 0.06, 0.61 / 3])
    assert [fit.trial.alternative if fit.trial else "" for fit in found] == [NEAR, "", FAR]
    curve, measured = found[0].curves[0]
    assert curve.published == "figure-6.ae.train_loss"
    assert measured.summary is not None
    assert measured.summary.mean == pytest.approx(0.011 * sum(subject_curve("ae", "train")) / 10)


def test_what_is_farther_is_told_from_what_is_not(tmp_path: Path) -> None:
    """A difference that every seed shows is one; seeds that contradict each other leave both standing."""
    clear = fits(study(tmp_path / "clear", SPREAD))
    assert [fit.apart for fit in clear] == [None, True, True]
    mixed = fits(study(tmp_path / "mixed", {**SPREAD, "": (0.005, 0.03, 0.012)}))
    assert [(fit.trial is None, fit.apart) for fit in mixed] == [(False, None), (True, False), (False, True)]


def test_the_table_names_the_values_that_are_changed_together(tmp_path: Path) -> None:
    """Each row says all that differs from the run's own values, and what its distance amounts to."""
    subject = study(tmp_path, SPREAD)
    rows = [[cell.text for cell in row] for row in all_tables(subject)["inference"].rows]
    both = "dense layers of the classifiers: 256, 128 to 128; batch size of the classifiers: 64 to 32"
    assert rows[0][:4] == ["Figure 6", both, "1.10", cells.DASH]
    assert rows[1][:4] == ["Figure 6", "the values of this run", "6.00", "+4.90"]
    assert [row[-1] for row in rows] == ["nearest", "farther", "farther"]
    assert {row[-2] for row in rows} == {"3"}
    heads = [column.title for column in all_tables(subject)["inference-curves"].columns]
    assert heads[2:4] == ["AE, training", "AE, validation"]
    (line,) = inference.lines(subject)
    assert line.startswith(f"Figure 6: nearest is {both}, 1.1 % from the curves on average over 3 seeds.")
    assert line.endswith("All 2 others are shown to be farther.")


def test_a_seed_without_every_curve_is_left_out(tmp_path: Path) -> None:
    """A combination is compared on the seeds that it finished; one that failed altogether has its words."""
    lost = {f"classifier/{alternative_variant('ae', FAR)}/seed-0": ("failed", "out of memory")}
    found = fits(study(tmp_path / "one", SPREAD, lost))
    assert [len(fit.distance.values) for fit in found] == [3, 3, 2]
    all_lost = {f"classifier/{alternative_variant('ae', FAR)}/seed-{seed}": ("failed", "out of memory") for seed in range(3)}
    table = all_tables(study(tmp_path / "all", SPREAD, all_lost))["inference"]
    assert [cell.text for cell in table.rows[-1]][2:] == ["failed", *(cells.DASH,) * 4]
    assert any("out of memory" in note for note in table.notes)


def test_a_run_without_the_question_has_no_such_tables(whole: Subject) -> None:
    """Nothing was tried, and nothing is said."""
    assert fits(whole) == ()
    assert not {"inference", "inference-curves"} & set(all_tables(whole))


def test_every_declared_curve_is_published_and_none_is_of_test_images() -> None:
    """The schema refuses a column that is neither of training nor of validation."""
    for curve in study_of().vocabulary.curves:
        assert curve.part in {"train", "validation"}
    with pytest.raises(ValueError, match="column"):
        ShownCurve(published="figure-6.ae.test", experiment="classifier", variant="ae", column="test_accuracy")


def test_the_vaes_printed_validation_loss_is_on_its_own_scale(whole: Subject) -> None:
    """A sum over 12,000 images divided by 48,000 is a quarter of the mean: the curve is compared as it was printed."""
    (curve,) = (curve for curve in whole.study.vocabulary.curves if curve.published == "figure-1.vae.validation")
    images = whole.published.count("validation_images") / whole.published.count("train_images")
    assert curve.scale == images


SHOWN = ShownCurve(published="figure.a", experiment="fit", variant="a", column="train_loss", scale=2.0)


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([9.0, 1.0, 2.0, 9.0], (0.5, 1 / 7)),  # 2 and 4 beside 3 and 4, which are 3.5 high
        ([9.0, float("nan"), 2.0, 9.0], None),
        ([9.0, float("inf"), 2.0, 9.0], None),
        ([9.0], None),
    ],
)
def test_a_curve_is_as_far_as_the_epochs_that_both_have(
    monkeypatch: pytest.MonkeyPatch, losses: list[float], expected: tuple[float, float] | None
) -> None:
    """In the printed unit, and as a part of the mean height; a loss that is no number, or no common epoch, gives none."""
    history = pd.DataFrame({"epoch": range(1, len(losses) + 1), "train_loss": losses})
    monkeypatch.setattr(curves, "frame", lambda _stored, _name: history)
    gap = curves._gap(stored("a", 0), SHOWN, Curve(x=(2, 3, 7), y=(3.0, 4.0, 100.0)))
    assert (gap and (gap.absolute, gap.relative)) == (expected and pytest.approx(expected))


def test_what_shares_no_seed_is_not_tested() -> None:
    """Nothing is behind by a known amount then; with one common seed there is an amount, and still no test."""
    fitted = [Fit(None, "figure", Measurement(None, (), (), ()), ()) for _ in range(3)]
    near, none, one = fitted
    by_seed = {id(near): {0: 0.5, 1: 0.25}, id(none): {2: 0.75}, id(one): {1: 1.0, 2: 0.5}}
    first, second, third = curves._held_against(fitted, by_seed)
    assert (first.behind, first.apart) == (None, None)
    assert second.behind is not None
    assert (second.behind.summary, second.apart) == (None, None)
    assert third.behind is not None
    assert third.behind.summary is not None
    assert (third.behind.summary.mean, third.behind.summary.n, third.apart) == (0.75, 1, None)


def test_what_was_lost_is_named_where_nothing_is_left() -> None:
    """A curve that some seed has is measured by it; one that none has keeps the records that say why."""
    record, failed = stored("a", 0), stored("a", 1, status="failed")
    some = curves._measured({0: curves._Gap(record, 0.5, 0.25)}, (failed,))
    assert (some.summary and some.summary.mean, some.records, some.incomplete) == (0.5, (record,), ())
    none = curves._measured({}, (failed,))
    assert (none.summary, none.records, none.incomplete) == (None, (), (failed,))
