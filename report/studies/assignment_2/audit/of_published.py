"""Rules on the published report: each holds its own numbers against each other, and against the re-run where it has any.

The tone is a fair reviewer's: a finding gives its evidence and how sure it is.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from report.checks.finding import Finding
from report.evidence.measure import metric
from report.evidence.published import MODELS
from report.inference.statistics import wilson_interval
from report.printing import cells
from report.printing.markdown import cell
from report.studies.assignment_2.tables.training import vae_validation_as_printed

if TYPE_CHECKING:
    from collections.abc import Callable

    from report.evidence.subject import Subject

_IMAGE_PIXELS = 784
_SAME = 0.05  # relative difference up to which two losses of one model are taken for the same quantity
_PEAK = 0.1  # by how much a printed score exceeds the last epoch's before it is called a peak


def published_findings(subject: Subject) -> tuple[Finding, ...]:
    """Every rule, applied to the published report."""
    return tuple(rule(subject) for rule in RULES)


def vae_validation_scale(subject: Subject) -> Finding:
    """Table 4: the VAE's validation loss times 48,000 over 12,000 is its training loss: it was divided by the wrong count."""
    study, printed = subject.published.study, subject.published.table_4.vae
    rescaled = subject.published.vae_validation_per_image()
    ours = metric(subject.evidence, "autoencoder", "vae", "validation_loss_per_image")
    slip = abs(printed.validation_loss / printed.train_loss - 1) > _SAME >= abs(rescaled / printed.train_loss - 1)
    return Finding(
        "vae_validation_scale",
        "slip" if slip else "clean",
        {
            "train": _printed(subject, printed.train_loss, 4, "table-4"),
            "validation": _printed(subject, printed.validation_loss, 4, "table-4"),
            "rescaled": _printed(subject, rescaled, 4, "table-4"),
            "train_images": subject.numbers.integer(study.train_images),
            "validation_images": subject.numbers.integer(study.validation_images),
            "ours": cell(cells.value(subject, ours, 4)) if ours.summary else "",
            "ours_printed": cell(cells.value(subject, vae_validation_as_printed(subject), 4)),
        },
    )


def different_tasks(subject: Subject) -> Finding:
    """Table 6 sets a detector of one class beside one of three."""
    conduct = subject.published.conduct
    values = {"scratch": ", ".join(conduct.scratch_classes), "transfer": ", ".join(conduct.transfer_classes)}
    return Finding("different_tasks", "clean" if conduct.scratch_classes == conduct.transfer_classes else "slip", values)


def peak_reported(subject: Subject) -> Finding:
    """Table 6: the transfer precision is far above that of the last epoch of Figure 11, and below its peak."""
    row = next(row for row in subject.published.table_6.rows if row.metric == "precision")
    slip = row.transfer - row.transfer_last > _PEAK and row.transfer <= row.transfer_peak
    numbers = {"printed": row.transfer, "last": row.transfer_last, "peak": row.transfer_peak, "scratch_last": row.scratch_last}
    values = {name: _printed(subject, number, 2, "table-6") for name, number in numbers.items()}
    return Finding("peak_reported", "slip" if slip else "clean", values)


def map_tie(subject: Subject) -> Finding:
    """Table 6: the advantage in mAP@0.5 is not there in the last epoch of the curves."""
    row = next(row for row in subject.published.table_6.rows if row.metric == "map50")
    numbers = {"transfer": row.transfer, "scratch": row.scratch}
    numbers |= {"transfer_last": row.transfer_last, "scratch_last": row.scratch_last}
    values = {name: _printed(subject, number, 2, "table-6") for name, number in numbers.items()}
    slip = row.transfer > row.scratch and row.transfer_last <= row.scratch_last
    return Finding("map_tie", "slip" if slip else "clean", values)


def overcomplete(subject: Subject) -> Finding:
    """Table 4 prints N/A for a bottleneck of AE and DAE that holds more values than the image."""
    channels, height, width = next(row.shape for row in subject.published.table_1.rows if row.label == "Encoder 5")
    size = channels * height * width
    hidden = subject.published.table_4.ae.latent_dim is None
    values = {"size": _printed(subject, size, 0, "table-1"), "pixels": subject.numbers.integer(_IMAGE_PIXELS)}
    return Finding("overcomplete", "slip" if hidden and size > _IMAGE_PIXELS else "clean", values)


def within_sampling_error(subject: Subject) -> Finding:
    """Table 5: each gap between two models next to each other lies within one run's sampling error."""
    images = subject.published.study.test_images
    scores = sorted((subject.published.table_5.of(model).accuracy for model in MODELS), reverse=True)
    interval = wilson_interval(scores[1] / 100, images)
    half = 100 * (interval.high - interval.low) / 2
    gaps = [before - after for before, after in pairwise(scores)]
    values = {
        "first_gap": _printed(subject, gaps[0], 2, "table-5"),
        "second_gap": _printed(subject, gaps[1], 2, "table-5"),
        "half": subject.numbers.fixed(half, 2),
        "images": subject.numbers.integer(images),
    }
    # Two independent proportions differ significantly from about sqrt(2) times the half width of one on.
    return Finding("within_sampling_error", "slip" if min(gaps) < 2**0.5 * half else "clean", values)


def ground_truth_as_detections(subject: Subject) -> Finding:
    """Figure 12b: the transfer panel prints classes without confidences, as the trainer draws labels; the other prints them."""
    conduct = subject.published.conduct
    slip = conduct.scratch_panel_prints_confidences and not conduct.transfer_panel_prints_confidences
    return Finding("ground_truth_as_detections", "slip" if slip else "clean", certainty="likely")


def digits(subject: Subject) -> Finding:
    """Section 2.3.6 speaks of digits; FashionMNIST shows clothes."""
    conduct = subject.published.conduct
    words = [word for word in conduct.objects_called if word not in conduct.objects_are]
    return Finding("digits", "slip" if words else "clean", {"words": ", ".join(words)})


def one_run(subject: Subject) -> Finding:
    """No seed and no number of runs is stated, so that nothing tells how much another seed would change."""
    return Finding("one_run", "clean" if subject.published.conduct.runs > 1 else "slip", certainty="likely")


def split_not_stated(subject: Subject) -> Finding:
    """How KITTI was split is not stated; a random draw would put neighbouring frames of a drive on both sides."""
    stated = bool(subject.published.conduct.detection_split)
    return Finding("split_not_stated", "clean" if stated else "slip", certainty="possible")


RULES: tuple[Callable[[Subject], Finding], ...] = (
    vae_validation_scale, different_tasks, peak_reported, map_tie, overcomplete, within_sampling_error,
    ground_truth_as_detections, digits, one_run, split_not_stated,
)  # fmt: skip


def _printed(subject: Subject, number: float, decimals: int, source: str) -> str:
    return cell(cells.printed(subject, number, decimals, source))
