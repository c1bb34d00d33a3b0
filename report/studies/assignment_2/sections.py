"""What the sections of this study say beyond its tables and figures, as finished text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.evidence.measure import metric
from report.inference.statistics import wilson_interval
from report.inference.verdicts import judge_all
from report.printing import cells, markdown
from report.printing.markup import joined
from report.sections.statements import by_id, counted, line
from report.studies.assignment_2 import part_two, slip
from report.studies.assignment_2.arms import has_part
from report.studies.assignment_2.observations import CLASSIFICATION, TRAINING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from report.evidence.subject import Subject
    from report.inference.verdicts import Judged


def facts(subject: Subject) -> Mapping[str, Mapping[str, object]]:
    """What ``templates/studies/assignment_2`` prints, by section."""
    judged = by_id(judge_all(subject))
    detection = part_two.facts(subject)
    return {
        "study": _study(subject, judged, detection),
        "parts": {"autoencoders": has_part(subject.evidence, "autoencoders")},
        "comparison": {"lines": tuple(line(subject, one, judged) for one in TRAINING)},
        "architectures": _architectures(subject),
        "slip": _slip(subject),
        "classification": {
            **_classification(subject),
            "lines": tuple(line(subject, one, judged) for one in CLASSIFICATION),
        },
        "detection": detection,
    }


def _study(subject: Subject, judged: Mapping[str, Judged], detection: Mapping[str, object]) -> dict[str, object]:
    """What the summary says of this study: ``report/sections/front.py`` names the places."""
    s, source = subject.strings, subject.published.source
    first, second = (has_part(subject.evidence, part) for part in ("autoencoders", "detection"))
    found = [s("summary.verdicts", **counted(subject, (*TRAINING, *CLASSIFICATION), judged))] if first else []
    if second:
        found.append(joined(" ", (detection["equal_tasks"], detection["verdicts"])))
    return {
        "what": s("summary.what", authors=s.place(source.authors), date=s.day(source.date)),
        "images": _images(subject),
        "remark": s("report.comparable_detection") if second else "",
        "findings": tuple(one for one in found if one.strip()),
    }


def _images(subject: Subject) -> str:
    """What the parts that were run have looked at, in words, and how many images of it."""
    s = subject.strings
    source = next((d.run for d in subject.deviations if d.key == "dataset.source"), "full")
    first = (
        joined(" ", (part for part in (s(f"summary.{source}"), _parts(subject)) if part))
        if has_part(subject.evidence, "autoencoders")
        else ""
    )
    found = [part for part in (first, part_two.images(subject)) if part]
    return joined(f" {s('summary.and')} ", found) if found else s("summary.no_images")


def _parts(subject: Subject) -> str:
    """The sizes of the three parts of FashionMNIST; empty where no record tells them."""
    for stored in subject.evidence.complete("fashion_data", "parts"):
        metrics = stored.record.result.metrics
        names = ("train", "validation", "test")
        counts = {name: subject.numbers.integer(int(metrics[f"images_{name}"])) for name in names}
        return subject.strings("summary.parts", **counts)
    return ""


def _architectures(subject: Subject) -> dict[str, object]:
    latent, vae = (metric(subject.evidence, "architecture", model, "latent_values") for model in ("ae", "vae"))
    section = subject.evidence.run.config.get("dae")
    noise = section.get("noise_factor") if isinstance(section, dict) else None
    shown = subject.numbers.significant(float(noise), 2) if isinstance(noise, int | float) else cells.DASH
    return {
        "latent": markdown.cell(cells.value(subject, latent, 0)),
        "vae_latent": markdown.cell(cells.value(subject, vae, 0)),
        "noise": shown,
    }


def _slip(subject: Subject) -> dict[str, object]:
    published = subject.published
    ours = metric(subject.evidence, "autoencoder", "vae", "validation_loss_per_image")

    return {
        "train": markdown.cell(cells.printed(subject, published.number("table-4.vae.train_loss"))),
        "validation": markdown.cell(cells.printed(subject, published.number(slip.PATH))),
        "rescaled": markdown.cell(cells.printed(subject, slip.per_image(published))),
        "factor": subject.numbers.integer(slip.factor(published)),
        "train_images": subject.numbers.integer(published.count("train_images")),
        "validation_images": subject.numbers.integer(published.count("validation_images")),
        "ours": markdown.cell(cells.value(subject, ours, 4)),
        "ours_printed": markdown.cell(cells.value(subject, slip.measured_as_printed(subject.evidence), 4)),
    }


def _classification(subject: Subject) -> dict[str, object]:
    ae, vae, dae = (subject.published.number(f"table-5.{model}.accuracy").value for model in ("ae", "vae", "dae"))
    images = subject.published.count("test_images")
    interval = subject.numbers.interval(wilson_interval(vae / 100, images), 2, 100)
    return {
        "frozen": subject.strings(f"classification.{_frozen(subject)}"),
        "vae": subject.numbers.percent(vae / 100),
        "interval": interval,
        "images": subject.numbers.integer(images),
        "first_gap": subject.numbers.fixed(ae - vae, 2),
        "second_gap": subject.numbers.fixed(vae - dae, 2),
    }


def _frozen(subject: Subject) -> str:
    facts = [
        stored.record.result.facts
        for model in ("ae", "vae", "dae")
        for stored in subject.evidence.complete("classifier", model)
    ]
    if not facts:
        return "frozen_none"
    same = all(fact["encoder_digest_before"] == fact["encoder_digest_after"] for fact in facts)
    return "frozen_ok" if same else "frozen_bad"
