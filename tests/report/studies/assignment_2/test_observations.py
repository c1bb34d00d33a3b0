"""Statements are judged by the data: other numbers, another verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from report.studies.assignment_2.observations import classifier_observations, training_observations
from report.studies.assignment_2.sections import sentence
from store.formats import table_bytes
from tests.report.conftest import subject_of
from tests.report.study import Spec, write_study

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from report.evidence.subject import Subject
    from report.studies.assignment_2.ordering import Verdict
    from tests.report.study import Found


def verdicts(subject: Subject) -> dict[str, Verdict]:
    """Verdict by statement."""
    return {one.key: one.verdict for one in (*training_observations(subject), *classifier_observations(subject))}


def study_with(root: Path, metrics: dict[str, float], task: str, seeds: tuple[int, ...] = (0, 1, 2)) -> Subject:
    """A study whose ``task`` (without seed) has other numbers, a little different from seed to seed."""
    changed = {f"{task}/seed-{seed}": {key: value + 1e-4 * seed for key, value in metrics.items()} for seed in seeds}
    write_study(root, Spec(seeds=seeds, metrics=changed))
    return subject_of(root)


def test_synthetic_study_supports_what_it_was_made_for(whole: Subject) -> None:
    """The invented numbers follow the source, but for the silhouettes."""
    found = verdicts(whole)
    assert found["dae_filters_best"] == found["vae_errors_higher"] == "supported"
    assert found["vae_blur"] == found["class_separation"] == found["ae_best_everywhere"] == "supported"
    assert found["dae_classes_apart"] == "not_supported"
    assert found["ae_noise"] == "undecided"
    assert found["vae_wrong_class"] == "not_measured"


def test_accuracies_decide_the_order(tmp_path: Path) -> None:
    """With the DAE far ahead the published order is not supported."""
    found = verdicts(study_with(tmp_path, {"test_accuracy": 0.95, "macro_f1": 0.95}, "classifier/dae"))
    assert found["accuracy_order"] == found["ae_best_everywhere"] == "not_supported"


def test_a_difference_around_zero_leaves_the_order_open(tmp_path: Path) -> None:
    """With the DAE at the VAE's accuracy nothing separates them."""
    assert verdicts(study_with(tmp_path, {"test_accuracy": 0.8722}, "classifier/dae"))["accuracy_order"] == "undecided"


def test_models_are_compared_seed_by_seed(tmp_path: Path) -> None:
    """Seeds that move both models alike by points do not hide a gap of a fifth of a point."""
    metrics = {
        f"classifier/{model}/seed-{seed}": {"test_accuracy": level + 0.01 * seed + 1e-4 * (seed == rank)}
        for seed in range(3)
        for rank, (model, level) in enumerate((("ae", 0.864), ("vae", 0.862), ("dae", 0.860)))
    }
    write_study(tmp_path, Spec(metrics=metrics))
    assert verdicts(subject_of(tmp_path))["accuracy_order"] == "supported"


@pytest.mark.parametrize(("ahead", "verdict"), [(40, "supported"), (3, "undecided")])
def test_one_seed_is_compared_image_by_image(tmp_path: Path, ahead: int, verdict: Verdict) -> None:
    """40 images to none are shown though each accuracy alone is uncertain by 65; 3 to none are not (p = 0.25)."""

    def answering(right: int) -> Callable[[Found], Found]:
        index = np.arange(10000)
        table = {"index": index, "label": index % 10, "predicted": np.where(index < right, index, index + 1) % 10}

        def edit(found: Found) -> Found:
            metrics = {**found[0], "test_accuracy": right / 10000}
            return metrics, found[1], {**found[2], "predictions.parquet": table_bytes(table)}

        return edit

    right = {"ae": 8700 + 2 * ahead, "vae": 8700 + ahead, "dae": 8700}
    write_study(tmp_path, Spec(seeds=(0,), edits={f"classifier/{m}/seed-0": answering(n) for m, n in right.items()}))
    assert verdicts(subject_of(tmp_path))["accuracy_order"] == verdict


@pytest.mark.parametrize(("removed", "verdict"), [(0.05, "supported"), (0.5, "undecided"), (0.95, "not_supported")])
def test_noise_is_reproduced_where_little_of_it_is_removed(tmp_path: Path, removed: float, verdict: Verdict) -> None:
    """The share of the noise that the AE removes decides, not its rank among the models."""
    study = study_with(tmp_path, {"noise_removed_fraction": removed}, "reconstruction/ae")
    assert verdicts(study)["ae_noise"] == verdict


def test_a_gap_between_losses_is_called_by_its_size(tmp_path: Path) -> None:
    """Validation 20 % above training is not small."""
    metrics = {"train_mse_per_pixel": 0.005, "validation_mse_per_pixel": 0.006}
    assert verdicts(study_with(tmp_path, metrics, "autoencoder/ae"))["small_gap"] == "not_supported"


def test_single_seed_leaves_open_what_images_cannot_decide(single: Subject) -> None:
    """Silhouette and sharpness have no interval in one run; errors have one over test images."""
    found = verdicts(single)
    assert found["dae_classes_apart"] == found["vae_blur"] == "undecided"
    assert found["dae_filters_best"] == "supported"


def test_missing_results_give_no_verdict(broken: Subject) -> None:
    """No DAE classifier, no judgement on the order; the sentence says so."""
    observation = next(one for one in classifier_observations(broken) if one.key == "accuracy_order")
    assert observation.verdict == "not_measured"
    assert "no result" in sentence(broken, observation)


@pytest.mark.parametrize("which", ["whole", "broken", "single"])
def test_every_observation_has_its_sentence(which: str, request: pytest.FixtureRequest) -> None:
    """Each verdict that the rules can reach here has a text, and its numbers carry their records."""
    subject = request.getfixturevalue(which)
    for observation in (*training_observations(subject), *classifier_observations(subject)):
        text = sentence(subject, observation)
        assert subject.strings(f"observations.{observation.key}.statement") in text
        assert observation.verdict == "not_measured" or 'record="' in text
