"""Each rule on a run fires on a planted slip and is silent on a clean run."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from report.checks.finding import findings
from report.studies.assignment_2.audit.of_run import RULES
from store.formats import array_bytes, table_bytes
from tests.report.configuration import PUBLISHED_CONFIG, changed_config, with_detection
from tests.report.conftest import subject_of
from tests.report.study import Found, Spec, write_study

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from report.evidence.subject import Subject

    Edit = Callable[[Found], Found]


def outcomes(subject: Subject) -> dict[str, str]:
    """Outcome by rule."""
    return {found.key: found.outcome for found in findings(RULES, subject)}


def table(found: Found, name: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Found:
    """``found`` with a Parquet file rewritten."""
    import pyarrow.parquet as pq

    metrics, facts, files = found
    columns = change(pq.read_table(io.BytesIO(files[name])).to_pydict())
    return metrics, facts, {**files, name: table_bytes(columns)}


def fact(name: str, value: object) -> Edit:
    """An edit that sets one fact."""
    return lambda found: (found[0], {**found[1], name: value}, found[2])


def metric(name: str, value: float) -> Edit:
    """An edit that sets one metric."""
    return lambda found: ({**found[0], name: value}, found[1], found[2])


def drives_apart(found: Found) -> Found:
    """Every tenth image, all of a drive of its own."""
    return table(found, "images.parquet", lambda t: {**t, "drive": [f"d{s}" for s in t["split"]]})


def one_image_twice(found: Found) -> Found:
    """The first training image's content is also that of the first validation image."""

    def change(columns: dict[str, Any]) -> dict[str, Any]:
        digests, split = list(columns["sha256"]), columns["split"]
        digests[split.index("validation")] = digests[split.index("train")]
        return {**columns, "sha256": digests}

    return table(found, "images.parquet", change)


def shorter(found: Found) -> Found:
    """One epoch less."""
    return table(found, "history.parquet", lambda t: {name: column[:-1] for name, column in t.items()})


def standardised(found: Found) -> Found:
    """Originals with their mean taken off."""
    with np.load(io.BytesIO(found[2]["pairs.npz"])) as stored:
        pairs = dict(stored)
    pairs["original"] = pairs["original"] - pairs["original"].mean()
    return found[0], found[1], {**found[2], "pairs.npz": array_bytes(pairs)}


def fewer_points(found: Found) -> Found:
    """A projection without the last image."""
    return table(found, "coordinates.parquet", lambda t: {name: column[:-1] for name, column in t.items()})


def same_weights(found: Found) -> Found:
    """Weights that the seed did not reach."""
    return found[0], found[1], {**found[2], "weights.safetensors": b"always the same"}


def without_best(found: Found) -> Found:
    """The best epoch's recall left out."""
    return {name: value for name, value in found[0].items() if name != "recall_best"}, found[1], found[2]


def transferred(found: Found) -> Found:
    """One tensor taken over."""
    return table(found, "layers.parquet", lambda t: {**t, "transferred": [True, *t["transferred"][1:]]})


PLANTED: dict[str, dict[str, Edit]] = {
    "last_epoch_reported": {"classifier/ae/seed-1": metric("validation_accuracy", 0.99)},
    "same_split": {"autoencoder/vae/seed-0": fact("split_digest", "00" * 32)},
    "parts_of_fashion_apart": {"fashion_data/parts/seed-1": metric("equal_images_train_test", 1)},
    "detection_parts_disjoint": {"detection_data/car/seed-0": one_image_twice},
    "images_as_stored": {"reconstruction/dae/seed-2": standardised},
    "projection_of_test_images": {"latent/vae/seed-0": fewer_points},
    "encoder_frozen": {"classifier/vae/seed-2": fact("encoder_digest_after", "00" * 32)},
    "equal_budgets": {"detector/transfer-car/seed-0": shorter},
    "scratch_from_nothing": {"detector/scratch-car/seed-0": transferred},
    "class_names_agree": {"detection/transfer-3class/seed-0": fact("class_names", ["person", "car", "cyclist"])},
    "accuracy_recomputable": {"classifier/dae/seed-0": metric("test_accuracy", 0.95)},
    "seed_matters": {f"autoencoder/ae/seed-{seed}": same_weights for seed in (0, 1)},
    "both_epochs_given": {"detection/scratch-car/seed-1": without_best},
}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """A study whose detection data is cut by drive, as no other rule needs an edit."""
    root = tmp_path_factory.mktemp("clean")
    write_study(
        root,
        Spec(
            config=with_detection(),
            edits={f"detection_data/{t}/seed-{s}": drives_apart for t in ("car", "3class") for s in range(3)},
        ),
    )
    return subject_of(root)


def test_a_clean_run_keeps_every_rule(clean: Subject) -> None:
    """No rule cries wolf."""
    assert outcomes(clean) == {rule.__name__: "clean" for rule in RULES}


def test_a_split_at_random_shares_drives(whole: Subject) -> None:
    """The published kind of split puts frames of a drive on both sides, and the audit says so."""
    assert outcomes(whole)["drives_apart"] == "slip"


@pytest.mark.parametrize("rule", sorted(PLANTED))
def test_a_planted_slip_is_found_by_its_rule_alone(tmp_path: Path, rule: str) -> None:
    """The rule fires, names the record at fault, and no other rule fires with it (drives are shared in this study)."""
    write_study(tmp_path, Spec(config=with_detection(), edits=PLANTED[rule]))
    found = {one.key: one for one in findings(RULES, subject_of(tmp_path))}
    assert {key for key, one in found.items() if one.outcome == "slip"} - {"drives_apart"} == {rule}
    assert next(iter(PLANTED[rule])) in found[rule].values["records"]


def test_a_picture_saved_anew_is_in_both_parts(tmp_path: Path) -> None:
    """Its bytes differ, and its perceptual hash tells."""
    edits = {"detection_data/3class/seed-2": metric("near_copies_train_validation", 1)}
    write_study(tmp_path, Spec(config=with_detection(), edits=edits))
    found = {one.key: one for one in findings(RULES, subject_of(tmp_path))}["detection_parts_disjoint"]
    assert (found.outcome, found.values["wrong"]) == ("slip", "1")


def test_an_image_that_the_donor_was_shown_is_a_slip(tmp_path: Path) -> None:
    """The arms' data is clean beside a donor of other images, and not beside one that has seen one of theirs."""
    config = with_detection(changed_config("detection", "pretrained", "donor"))
    donor = {
        "donor_data/3class/once": lambda found: table(found, "images.parquet", lambda t: {**t, "sha256": [f"{0:064x}"] * 500})
    }
    for name, edits, outcome in (("apart", {}, "clean"), ("shown", donor, "slip")):
        write_study(tmp_path / name, Spec(config=config, edits=edits))
        assert outcomes(subject_of(tmp_path / name))["detection_parts_disjoint"] == outcome


def test_many_near_copies_are_a_slip(tmp_path: Path) -> None:
    """A near-copy for more than one image in a thousand could move an accuracy by a tenth of a point."""
    for count, outcome in ((10, "clean"), (11, "slip")):
        edits = {"fashion_data/parts/seed-0": metric("near_copies_validation_test", count)}
        write_study(tmp_path / str(count), Spec(edits=edits))
        found = {one.key: one for one in findings(RULES, subject_of(tmp_path / str(count)))}["parts_of_fashion_apart"]
        assert found.outcome == outcome
        assert f"validation/test {count}" in found.values["near"]


def test_a_trial_of_other_epochs_is_no_unequal_budget(tmp_path: Path) -> None:
    """A sensitivity study may train longer on purpose."""
    longer = "classifier.epochs=9"
    section = {"seeds": 3, "alternatives": [longer]}
    config = {**PUBLISHED_CONFIG, "questions": ["main", "sensitivity"], "sensitivity": section}
    edits = {f"classifier/ae.classifier.epochs-9/seed-{seed}": shorter for seed in range(3)}
    write_study(tmp_path, Spec(config=config, alternatives={longer: (("classifier", "ae"),)}, edits=edits))
    assert outcomes(subject_of(tmp_path))["equal_budgets"] == "clean"


def test_every_rule_has_its_planted_slip() -> None:
    """A new rule needs a test in which it fires."""
    assert {rule.__name__ for rule in RULES} == {*PLANTED, "drives_apart"}


def test_one_seed_leaves_open_whether_the_seed_matters(tmp_path: Path) -> None:
    """With one seed nothing can be said, and that is what is said."""
    write_study(tmp_path, Spec(seeds=(0,)))
    assert outcomes(subject_of(tmp_path))["seed_matters"] == "unknown"


def test_predictions_that_were_left_out_answer_nothing(tmp_path: Path) -> None:
    """The accuracies of the others are still recomputed; without any, the question stays open."""
    write_study(tmp_path, Spec(seeds=(0,)))
    asked = {}
    for name in ("ae", "vae", "dae"):
        (folder,) = (tmp_path / "records" / "classifier" / name / "seed-0").iterdir()
        (folder / "predictions.parquet").unlink()
        (folder / "withheld.json").write_text('{"files": ["predictions.parquet"]}')
        asked[name] = outcomes(subject_of(tmp_path))["accuracy_recomputable"]
    assert asked == {"ae": "clean", "vae": "clean", "dae": "unknown"}
