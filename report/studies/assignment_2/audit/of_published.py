"""Rules on the published report: each holds its own numbers against each other, and against the re-run where it has any.

The tone is a fair reviewer's: a finding gives its evidence and how sure it is.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

from report.checks.finding import Finding
from report.evidence.measure import metric
from report.inference.statistics import wilson_interval
from report.printing import cells
from report.printing.markdown import cell
from report.printing.markup import in_language
from report.printing.table import Cell
from report.studies.assignment_2 import slip

if TYPE_CHECKING:
    from collections.abc import Callable

    from report.evidence.published import Printed
    from report.evidence.subject import Subject

_IMAGE_PIXELS = 784
_SAME = 0.05  # relative difference up to which two losses of one model are taken for the same quantity
_PEAK = 0.1  # by how much a printed score exceeds the last epoch's before it is called a peak


def vae_validation_scale(subject: Subject) -> Finding:
    """Table 4: the VAE's validation loss times 48,000 over 12,000 is its training loss: it was divided by the wrong count."""
    published = subject.published
    train, validation = published.number("table-4.vae.train_loss"), published.number(slip.PATH)
    rescaled = slip.per_image(published)
    ours = metric(subject.evidence, "autoencoder", "vae", "validation_loss_per_image")
    found = abs(validation.value / train.value - 1) > _SAME >= abs(rescaled.value / train.value - 1)
    return Finding(
        "vae_validation_scale",
        "slip" if found else "clean",
        {
            "train": _printed(subject, train),
            "validation": _printed(subject, validation),
            "rescaled": _printed(subject, rescaled),
            "train_images": subject.numbers.integer(published.count("train_images")),
            "validation_images": subject.numbers.integer(published.count("validation_images")),
            "ours": cell(cells.value(subject, ours, 4)) if ours.summary else "",
            "ours_printed": cell(cells.value(subject, slip.measured_as_printed(subject.evidence), 4)),
        },
    )


def different_tasks(subject: Subject) -> Finding:
    """Table 6 sets a detector of one class beside one of three."""
    classes = {side: subject.published.words(f"conduct.{side}_classes") for side in ("scratch", "transfer")}
    values = {side: ", ".join(names) for side, names in classes.items()}
    return Finding("different_tasks", "clean" if classes["scratch"] == classes["transfer"] else "slip", values)


def peak_reported(subject: Subject) -> Finding:
    """Table 6: the transfer precision is far above that of the last epoch of Figure 11, and below its peak."""
    paths = {"printed": "table-6.transfer", "last": "figure-11.last", "peak": "figure-11.highest"}
    numbers = {name: subject.published.number(f"{path}.precision") for name, path in paths.items()}
    printed, last, peak = (number.value for number in numbers.values())
    numbers["scratch_last"] = subject.published.number("figure-10.last.precision")
    values = {name: _printed(subject, number) for name, number in numbers.items()}
    return Finding("peak_reported", "slip" if printed - last > _PEAK and printed <= peak else "clean", values)


def map_tie(subject: Subject) -> Finding:
    """Table 6: the advantage in mAP@0.5 is not there in the last epoch of the curves."""
    paths = {"transfer": "table-6.transfer", "scratch": "table-6.scratch"}
    paths |= {"transfer_last": "figure-11.last", "scratch_last": "figure-10.last"}
    numbers = {name: subject.published.number(f"{path}.map50") for name, path in paths.items()}
    transfer, scratch, transfer_last, scratch_last = (number.value for number in numbers.values())
    values = {name: _printed(subject, number) for name, number in numbers.items()}
    return Finding("map_tie", "slip" if transfer > scratch and transfer_last <= scratch_last else "clean", values)


def overcomplete(subject: Subject) -> Finding:
    """Table 4 prints N/A for a bottleneck of AE and DAE that holds more values than the image."""
    rows = cast("list[dict[str, Any]]", subject.published.fact("table-1.rows"))
    size = math.prod(next(row["shape"] for row in rows if row["label"] == "Encoder 5"))
    hidden = subject.published.find("table-4.ae.latent_dim") is None
    printed = cell(Cell(subject.numbers.integer(size), "published", (), "table-1"))
    values = {"size": printed, "pixels": subject.numbers.integer(_IMAGE_PIXELS)}
    return Finding("overcomplete", "slip" if hidden and size > _IMAGE_PIXELS else "clean", values)


def within_sampling_error(subject: Subject) -> Finding:
    """Table 5: each gap between two models next to each other lies within one run's sampling error."""
    images = subject.published.count("test_images")
    printed = [one for path, one in subject.published.group("table-5").items() if path.endswith(".accuracy")]
    scores = sorted((one.value for one in printed), reverse=True)
    interval = wilson_interval(scores[1] / 100, images)
    half = 100 * (interval.high - interval.low) / 2
    gaps = [before - after for before, after in pairwise(scores)]
    values = {
        "first_gap": _printed(subject, printed[0].with_value(gaps[0])),
        "second_gap": _printed(subject, printed[0].with_value(gaps[1])),
        "half": subject.numbers.fixed(half, 2),
        "images": subject.numbers.integer(images),
    }
    # Two independent proportions differ significantly from about sqrt(2) times the half width of one on.
    return Finding("within_sampling_error", "slip" if min(gaps) < 2**0.5 * half else "clean", values)


def ground_truth_as_detections(subject: Subject) -> Finding:
    """Figure 12b: the transfer panel prints classes without confidences, as the trainer draws labels; the other prints them."""
    scratch, transfer = (subject.published.fact(f"conduct.{side}_panel_prints_confidences") for side in ("scratch", "transfer"))
    return Finding("ground_truth_as_detections", "slip" if scratch and not transfer else "clean", certainty="likely")


def digits(subject: Subject) -> Finding:
    """Section 2.3.6 speaks of digits; FashionMNIST shows clothes."""
    called, are = (subject.published.words(f"conduct.objects_{name}") for name in ("called", "are"))
    words = [word for word in called if word not in are]
    return Finding(
        "digits", "slip" if words else "clean", {"words": in_language(", ".join(words), subject.published.source.language)}
    )


def one_run(subject: Subject) -> Finding:
    """No seed and no number of runs is stated, so that nothing tells how much another seed would change."""
    return Finding("one_run", "clean" if subject.published.count("conduct.runs") > 1 else "slip", certainty="likely")


def split_not_stated(subject: Subject) -> Finding:
    """How KITTI was split is not stated; a random draw would put neighbouring frames of a drive on both sides."""
    stated = bool(subject.published.fact("conduct.detection_split"))
    return Finding("split_not_stated", "clean" if stated else "slip", certainty="possible")


RULES: tuple[Callable[[Subject], Finding], ...] = (
    vae_validation_scale, different_tasks, peak_reported, map_tie, overcomplete, within_sampling_error,
    ground_truth_as_detections, digits, one_run, split_not_stated,
)  # fmt: skip


def _printed(subject: Subject, number: Printed) -> str:
    return cell(cells.printed(subject, number))
