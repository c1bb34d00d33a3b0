"""Rules on this run: each reads records alone and says whether the study was done as a fair comparison asks.

A rule names the records at fault. What no record tells (no such task, one seed) is ``unknown``, never clean.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from report.checks.finding import Finding
from report.claims import curves, sensitivity
from report.claims.sensitivity import trials
from report.evidence.records import arrays, frame, reference
from report.studies.assignment_2 import arms
from store.withheld import absent_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from report.checks.finding import Outcome
    from report.evidence.records import Evidence
    from report.evidence.subject import Subject
    from store.records import Stored

_TRIED = (sensitivity.QUESTION, curves.QUESTION)
_TRAINED = ("autoencoder", "classifier", "detector")
_PREDICTIONS = "predictions.parquet"
_GREY_LEVELS = 255
_PARTS = ("train_validation", "train_test", "validation_test")
_FEW_COPIES = 0.001  # of a part: more could move an accuracy by a tenth of a point
_MOST_NAMED = 6  # records at fault that a finding lists by name; it counts the rest


def last_epoch_reported(subject: Subject) -> Finding:
    """No selection on test data: the scores are those of the last epoch, and no history was kept on test images."""
    records = _complete(subject.evidence, ("autoencoder", "classifier"))
    return _judged("last_epoch_reported", records, [stored for stored in records if not _reports_last_epoch(stored)])


def same_split(subject: Subject) -> Finding:
    """AE, VAE and DAE of a seed were trained and validated on the same images."""
    records = _complete(subject.evidence, ("autoencoder",))
    by_seed: dict[int | None, set[object]] = {}
    for stored in records:
        by_seed.setdefault(stored.record.task.seed, set()).add(stored.record.result.facts["split_digest"])
    return _judged("same_split", records, [stored for stored in records if len(by_seed[stored.record.task.seed]) > 1])


def parts_of_fashion_apart(subject: Subject) -> Finding:
    """No image of the validation or test part is, pixel by pixel, also a training image, and few are nearly one."""
    records = _complete(subject.evidence, ("fashion_data",))
    found = _judged("parts_of_fashion_apart", records, [stored for stored in records if not _parts_apart(stored)])
    most = {pair: max((int(s.record.result.metrics[f"near_copies_{pair}"]) for s in records), default=0) for pair in _PARTS}
    near = ", ".join(f"{pair.replace('_', '/')} {subject.numbers.integer(count)}" for pair, count in most.items())
    return replace(found, values={**found.values, "near": near})


def detection_parts_disjoint(subject: Subject) -> Finding:
    """No image is in both parts of the detection data, by name, by content or, saved anew, by its looks; a donor saw none."""
    records = _complete(subject.evidence, ("detection_data",))
    shown = {sha256 for stored in _complete(subject.evidence, ("donor_data",)) for sha256 in _images(stored)}
    wrong = [stored for stored in records if _shared_images(stored) or shown & _images(stored)]
    return _judged("detection_parts_disjoint", records, wrong)


def drives_apart(subject: Subject) -> Finding:
    """No drive has frames in both parts: neighbouring frames of a video are nearly the same picture."""
    records = [stored for stored in _complete(subject.evidence, ("detection_data",)) if _has_drives(stored)]
    return _judged("drives_apart", records, [stored for stored in records if _shared_drives(stored)])


def images_as_stored(subject: Subject) -> Finding:
    """No normalisation was fitted: the images shown are grey levels over 255, whatever the data set's mean."""
    records = _complete(subject.evidence, ("reconstruction",))
    return _judged("images_as_stored", records, [stored for stored in records if not _grey_levels(stored)])


def projection_of_test_images(subject: Subject) -> Finding:
    """t-SNE was fitted to the test images alone: every space has the same points, the test images."""
    tested = {len(frame(stored, "errors.parquet")) for stored in _complete(subject.evidence, ("reconstruction",))}
    records = _complete(subject.evidence, ("latent",)) if len(tested) == 1 else []
    wrong = [stored for stored in records if len(frame(stored, "coordinates.parquet")) not in tested]
    return _judged("projection_of_test_images", records, wrong)


def encoder_frozen(subject: Subject) -> Finding:
    """Training a classifier left its encoder as it was."""
    records = _complete(subject.evidence, ("classifier",))
    return _judged("encoder_frozen", records, [stored for stored in records if not _frozen(stored)])


def equal_budgets(subject: Subject) -> Finding:
    """Whatever is compared was trained for as many epochs: the autoencoders, the classifiers, the arms.

    The trials of a sensitivity study are compared with the assumed value, which may be a number of epochs.
    """
    tried = {stored.folder for question in _TRIED for trial in trials(subject, question) for stored in trial.tasks}
    records = [stored for stored in _complete(subject.evidence, _TRAINED) if stored.folder not in tried]
    lengths: dict[str, Counter[int]] = {}
    for stored in records:
        lengths.setdefault(stored.record.task.experiment, Counter())[_epochs(stored)] += 1
    usual = {experiment: counts.most_common(1)[0][0] for experiment, counts in lengths.items()}
    return _judged("equal_budgets", records, [one for one in records if _epochs(one) != usual[one.record.task.experiment]])


def scratch_from_nothing(subject: Subject) -> Finding:
    """A scratch arm started from no pretrained tensor."""
    records = [
        stored for arm in arms.ARMS if arm.startswith("scratch") for stored in subject.evidence.complete("detector", arm)
    ]
    return _judged("scratch_from_nothing", records, [stored for stored in records if _took_over(stored)])


def class_names_agree(subject: Subject) -> Finding:
    """Data, detector and scores of an arm speak of the same classes in the same order."""
    records = [stored for arm in arms.ARMS for stored in subject.evidence.complete("detection", arm)]
    return _judged("class_names_agree", records, [stored for stored in records if not _same_classes(subject.evidence, stored)])


def accuracy_recomputable(subject: Subject) -> Finding:
    """The accuracy follows from the stored predictions."""
    everything = _complete(subject.evidence, ("classifier",))
    records = [stored for stored in everything if _PREDICTIONS not in absent_of(stored)]  # what was left out answers nothing
    return _judged("accuracy_recomputable", records, [stored for stored in records if not _accuracy_follows(stored)])


def seed_matters(subject: Subject) -> Finding:
    """Another seed gives other weights: the seed reaches the training."""
    cells: dict[tuple[str, str], list[Stored]] = {}
    for stored in _complete(subject.evidence, _TRAINED):
        cells.setdefault((stored.record.task.experiment, stored.record.task.variant), []).append(stored)
    repeated = [records for records in cells.values() if len(records) > 1]
    wrong = [stored for records in repeated if len({_weights(one) for one in records}) < len(records) for stored in records]
    return _judged("seed_matters", [stored for records in repeated for stored in records], wrong)


def both_epochs_given(subject: Subject) -> Finding:
    """Scores of the last epoch stand beside those of the best one."""
    records = _complete(subject.evidence, ("detection",))
    return _judged("both_epochs_given", records, [stored for stored in records if not _both_epochs(stored)])


RULES: tuple[Callable[[Subject], Finding], ...] = (
    last_epoch_reported, same_split, parts_of_fashion_apart, detection_parts_disjoint, drives_apart, images_as_stored,
    projection_of_test_images, encoder_frozen, equal_budgets, scratch_from_nothing, class_names_agree,
    accuracy_recomputable, seed_matters, both_epochs_given,
)  # fmt: skip


def _complete(evidence: Evidence, experiments: Iterable[str]) -> list[Stored]:
    wanted = set(experiments)
    return [s for s in evidence.everything() if s.record.task.experiment in wanted and s.record.status == "ok"]


def _judged(key: str, records: list[Stored], wrong: list[Stored]) -> Finding:
    """Unknown without records, a slip that names those at fault, else clean."""
    outcome: Outcome = "slip" if wrong else "clean" if records else "unknown"
    named = [reference(stored) for stored in wrong[:_MOST_NAMED]]
    more = f" (+{len(wrong) - _MOST_NAMED})" if len(wrong) > _MOST_NAMED else ""
    return Finding(key, outcome, {"count": str(len(records)), "wrong": str(len(wrong)), "records": ", ".join(named) + more})


def _reports_last_epoch(stored: Stored) -> bool:
    history, metrics = frame(stored, "history.parquet"), stored.record.result.metrics
    columns = [name for name in history if name in metrics and name.startswith(("train_", "validation_"))]
    return not any("test" in str(name) for name in history) and all(history[n].iloc[-1] == metrics[n] for n in columns)


def _parts_apart(stored: Stored) -> bool:
    metrics = stored.record.result.metrics
    equal = sum(metrics[f"equal_images_{pair}"] for pair in _PARTS)
    shares = [metrics[f"near_copies_{pair}"] / max(1, metrics[f"images_{pair.rpartition('_')[2]}"]) for pair in _PARTS]
    return not equal and max(shares) <= _FEW_COPIES


def _epochs(stored: Stored) -> int:
    return len(frame(stored, "history.parquet"))


def _shared_images(stored: Stored) -> bool:
    images = frame(stored, "images.parquet")
    parts = [images[images["split"] == part] for part in ("train", "validation")]
    near = stored.record.result.metrics.get("near_copies_train_validation", 0)
    return bool(near) or any(set(parts[0][name]) & set(parts[1][name]) for name in ("image", "sha256"))


def _images(stored: Stored) -> set[str]:
    return {*frame(stored, "images.parquet")["sha256"]}


def _has_drives(stored: Stored) -> bool:
    return bool(frame(stored, "images.parquet")["drive"].notna().any())


def _shared_drives(stored: Stored) -> bool:
    images = frame(stored, "images.parquet").dropna(subset=["drive"])
    return bool((images.groupby("drive")["split"].nunique() > 1).any())


def _grey_levels(stored: Stored) -> bool:
    levels = arrays(stored, "pairs.npz")["original"].astype(np.float64) * _GREY_LEVELS
    return bool(levels.min() >= 0 and levels.max() <= _GREY_LEVELS and np.abs(levels - levels.round()).max() < 1e-4)  # noqa: PLR2004 - float32 rounding of k / 255 is a tenth of that


def _frozen(stored: Stored) -> bool:
    facts = stored.record.result.facts
    return facts["encoder_digest_before"] == facts["encoder_digest_after"]


def _took_over(stored: Stored) -> bool:
    facts = stored.record.result.facts
    moved = facts.get("seeded_digest", facts["initial_digest"]) != facts["initial_digest"]
    return facts["pretrained"] is not None or moved or bool(frame(stored, "layers.parquet")["transferred"].any())


def _same_classes(evidence: Evidence, stored: Stored) -> bool:
    task = stored.record.task
    chain = (("detector", task.variant), ("detection_data", arms.class_task(task.variant)))
    names = stored.record.result.facts["class_names"]
    others = [o for e, v in chain for o in evidence.complete(e, v) if o.record.task.seed == task.seed]
    return all(other.record.result.facts["class_names"] == names for other in others)


def _accuracy_follows(stored: Stored) -> bool:
    predictions = frame(stored, _PREDICTIONS)
    share = float((predictions["label"] == predictions["predicted"]).mean())
    return abs(share - float(stored.record.result.metrics["test_accuracy"])) < 0.5 / max(1, len(predictions))


def _weights(stored: Stored) -> str:
    return next(entry.sha256 for entry in stored.record.files if entry.name == "weights.safetensors")


def _both_epochs(stored: Stored) -> bool:
    facts, metrics = stored.record.result.facts, stored.record.result.metrics
    undefined = facts.get("undefined_metrics")
    known = {*metrics, *(undefined if isinstance(undefined, list) else ())}
    return {f"{name}_{epoch}" for name in ("precision", "recall", "map50", "map50_95") for epoch in arms.EPOCHS} <= known
