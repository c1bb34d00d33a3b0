"""What the text of Part II takes from the records: which arms there are, what their data are, and what equal tasks say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.evidence.measure import measure, metric
from report.evidence.records import frame
from report.inference.verdicts import counts, judge_all
from report.printing import cells, markdown
from report.printing.markup import code, joined
from report.sections.statements import by_id
from report.studies.assignment_2 import arms
from report.studies.assignment_2.tables import leakage
from report.studies.assignment_2.transfer import STATEMENTS

if TYPE_CHECKING:
    from report.evidence.measure import Measurement
    from report.evidence.subject import Subject
    from report.printing.markup import Markup
    from store.records import Stored


def facts(subject: Subject) -> dict[str, object]:
    """Everything that ``templates/studies/assignment_2/sections/detection.qmd.j2`` and the summary say in words."""
    return {
        "run": arms.has_part(subject.evidence, "detection"),
        "drawn": _dataset(subject) == "drawn",
        "grouped": _fact(subject, "split") == "drive",
        "missing": _missing(subject),
        "leakage": _leakage(subject),
        "splits": _splits(subject),
        "weights": _weights(subject),
        "resumed": _resumed(subject),
        "equal_tasks": _equal_tasks(subject),
        "verdicts": _verdicts(subject),
    }


def images(subject: Subject) -> str:
    """How many images of what the detectors had; empty where no record tells."""
    stored = _data_record(subject)
    if stored is None:
        return ""
    count = sum(int(stored.record.result.metrics[f"images_{part}"]) for part in ("train", "validation"))
    name, strings = _dataset(subject), subject.strings
    key = f"summary.{name}" if f"summary.{name}" in strings.texts else "summary.other_images"
    return strings(key, count=subject.numbers.integer(count), name=name)


def _data_record(subject: Subject) -> Stored | None:
    found = (arms.first_record(subject.evidence, "detection_data", task) for task in reversed(arms.CLASS_TASKS))
    return next((stored for stored in found if stored is not None), None)


def _fact(subject: Subject, name: str) -> str:
    stored = _data_record(subject)
    return "" if stored is None else str(stored.record.result.facts[name])


def _dataset(subject: Subject) -> str:
    return _fact(subject, "dataset")


def _missing(subject: Subject) -> str:
    """The arms that have a task without scores; empty where all have theirs."""
    names = (arm for arm in arms.arms_of(subject.evidence) if arms.obstacles(subject.evidence, arm))
    return ", ".join(subject.strings(f"arms.{arm}") for arm in names)


def _leakage(subject: Subject) -> str:
    """How many validation images have a training neighbour of the same drive."""
    task = next((name for name in reversed(arms.CLASS_TASKS) if subject.evidence.complete("detection_data", name)), "car")
    shared, images = (
        metric(subject.evidence, "detection_data", task, name)
        for name in ("validation_images_with_train_neighbour", "images_validation")
    )
    if shared.summary is None or images.summary is None or not images.summary.mean:
        return ""
    numbers = [markdown.cell(cells.count(subject, one)) for one in (shared, images)]
    share = subject.numbers.percent(shared.summary.mean / images.summary.mean, 0)
    return subject.strings("part2.leakage", shared=numbers[0], images=numbers[1], share=share)


def _splits(subject: Subject) -> str:
    """What the split does to mAP@0.5 of each arm; empty where the run has one split only, or no score on both."""
    parts = []
    for arm in leakage.ARMS:
        found = leakage.flattery(subject, arm, "map50")
        if found.summary is None:
            continue
        gap = _with_interval(subject, found)
        parts.append(subject.strings("part2.split_gap", arm=subject.strings(f"arms.{arm}"), gap=gap))
    if not parts:
        return ""
    return subject.strings("part2.splits", parts=joined("; ", parts))


def _weights(subject: Subject) -> str:
    """Where the transfer arms' weights come from; empty where no transfer arm finished."""
    for arm in arms.arms_of(subject.evidence):
        for stored in subject.evidence.complete("detector", arm):
            origin = stored.record.result.facts["pretrained"]
            if isinstance(origin, dict):
                source, digest = str(origin["source"]), str(origin["sha256"])[:16]
                start = _donor(subject) if source == arms.DONOR else subject.strings("part2.weights_file", source=source)
                return subject.strings("part2.weights", start=start, digest=digest)
    return ""


def _donor(subject: Subject) -> str:
    """What the transfer arms started from where the run trained it itself."""
    evidence, variant = subject.evidence, "3class"
    counted = {
        name: metric(evidence, "donor_data", variant, name)
        for name in ("images_train", "images_validation", "drives_train", "drives_validation")
    }
    found = {name: markdown.cell(cells.count(subject, one)) for name, one in counted.items()}
    found["epochs"] = markdown.cell(cells.count(subject, metric(evidence, "donor", variant, "epochs")))
    found["map50"] = markdown.cell(cells.value(subject, measure(evidence, "donor", variant, _last_map50), 2))
    return subject.strings("part2.donor", **found)


def _last_map50(stored: Stored) -> float:
    """The trainer's own score on the donor's validation images after the last epoch."""
    return float(frame(stored, "history.parquet")["map50"].iloc[-1])


def _resumed(subject: Subject) -> str:
    """The arms whose training was interrupted and went on; empty where none was."""
    found = [
        stored.record.task.id
        for arm in arms.ARMS
        for stored in subject.evidence.complete("detector", arm)
        if stored.record.result.facts["resumed_from_epochs"]
    ]
    return subject.strings("part2.resumed", tasks=joined(", ", map(code, found))) if found else ""


def _equal_tasks(subject: Subject) -> str:
    """Transfer minus scratch in mAP@0.5 where both arms have the same classes; empty without such a pair."""
    parts = []
    for pair in arms.pairs_of(subject.evidence):
        difference = arms.gap(subject.evidence, "detection", pair, arms.score("map50", "last"))
        if pair == arms.PUBLISHED_PAIR or difference.summary is None:
            continue
        task, gap = subject.strings(f"class_tasks_within.{pair.key}"), _with_interval(subject, difference)
        parts.append(subject.strings("part2.equal_task", task=task, gap=gap))
    return subject.strings("part2.equal_tasks", parts=joined("; ", parts)) if parts else ""


def _with_interval(subject: Subject, difference: Measurement) -> Markup:
    shown = [cells.signed(subject, difference, 3), *([cells.interval(subject, difference, 3)] if difference.interval else [])]
    return joined(" ", map(markdown.cell, shown))


def _verdicts(subject: Subject) -> str:
    """How the claims on transfer learning fare; empty where the run has no equal task."""
    if all(pair == arms.PUBLISHED_PAIR for pair in arms.pairs_of(subject.evidence)):
        return ""
    judged = by_id(judge_all(subject))
    found = [judged[name] for said in STATEMENTS for name in said.claims]
    numbers = {str(verdict): subject.numbers.integer(count) for verdict, count in counts(found).items()}
    return subject.strings("part2.verdicts", total=len(found), **numbers)
