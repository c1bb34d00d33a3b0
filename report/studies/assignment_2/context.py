"""Everything that the templates print, as finished text: they choose and place, and compute nothing."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from report.evidence.measure import metric
from report.inference.statistics import wilson_interval
from report.inference.testing import ALPHA
from report.inference.verdicts import counts, judge_all
from report.printing import cells, markdown
from report.printing import certificate as reproduction
from report.printing.table import VERDICT_TONES
from report.studies.assignment_2 import part_two, slip
from report.studies.assignment_2.arms import has_part
from report.studies.assignment_2.audit.of_published import published_findings
from report.studies.assignment_2.figures.catalogue import PICTURES
from report.studies.assignment_2.observations import classifier_observations, training_observations
from report.studies.assignment_2.tables.catalogue import all_tables
from report.tables.claims import spoken
from report.tables.protocol_audit import TONES
from report.tables.sensitivity import lines as sensitivity_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from report.checks.finding import Finding
    from report.evidence.subject import Subject
    from report.studies.assignment_2.observations import Observation


@dataclass(frozen=True, slots=True)
class Context:
    """What ``templates/studies/assignment_2/report.qmd.j2`` may use; ``t`` is the language's strings."""

    tables: Mapping[str, str]
    figures: Mapping[str, str]
    comparison: tuple[str, ...]
    classification: tuple[str, ...]
    audit: tuple[str, ...]
    facts: Mapping[str, Mapping[str, object]]
    comparable: bool
    incomplete: int


def context_of(subject: Subject, alts: Mapping[str, str]) -> Context:
    """The context of a run whose figures are drawn; ``alts`` maps figure identifier to alternative text."""
    strings = subject.strings
    training, classifiers = training_observations(subject), classifier_observations(subject)
    return Context(
        tables={name: markdown.table(table) for name, table in all_tables(subject).items()},
        figures={
            name: markdown.figure(f"figures/{name}.svg", name, strings(f"figure_captions.{name}"), alt, wide=name in PICTURES)
            for name, alt in alts.items()
        },
        comparison=tuple(sentence(subject, one) for one in training),
        classification=tuple(sentence(subject, one) for one in classifiers),
        audit=tuple(_audit_line(subject, found) for found in published_findings(subject)),
        facts={
            "summary": _summary(subject),
            "claims": _claims(subject),
            "sensitivity": {"lines": sensitivity_lines(subject)},
            "verdicts": _verdicts(subject, (*training, *classifiers)),
            "architectures": _architectures(subject),
            "slip": _slip(subject),
            "classification": _classification(subject),
            "detection": part_two.facts(subject),
            "provenance": _provenance(subject),
            "reproduction": reproduction.facts(subject),
            "front": _front(subject),
            "callout": {"count": len(subject.deviations)},
        },
        comparable=subject.comparable,
        incomplete=sum(stored.record.status != "ok" for stored in subject.evidence.everything()),
    )


def sentence(subject: Subject, observation: Observation) -> str:
    """Verdict, published statement and the finding of this run, in one paragraph."""
    s = subject.strings
    key = f"observations.{observation.key}.{observation.verdict}"
    known = observation.verdict != "not_measured" or key in s.texts
    finding = s(key, **observation.values) if known else s("verdicts.no_result")
    return s(
        "verdicts.line",
        word=s(f"verdicts.{observation.verdict}"),
        tone=VERDICT_TONES[observation.verdict],
        statement=s(f"observations.{observation.key}.statement"),
        finding=finding,
    )


def _audit_line(subject: Subject, found: Finding) -> str:
    """Place, outcome and sentence of a rule on the published report; a slip says how sure it is."""
    s = subject.strings
    certainty = f", {s(f'certainty.{found.certainty}')}" if found.outcome == "slip" else ""
    return s(
        "audit.line",
        word=s(f"audit_outcomes.{found.outcome}") + certainty,
        tone=TONES[found.outcome],
        place=s(f"audit_published.{found.key}.place"),
        finding=s(f"audit_published.{found.key}.{found.outcome}", **found.values),
    )


def _summary(subject: Subject) -> dict[str, object]:
    s, run, study = subject.strings, subject.evidence.run, subject.published.source
    seeds = sorted({entry.task.seed for entry in run.entries if entry.task.seed is not None})
    listed = ", ".join(str(seed) for seed in seeds)
    everything = subject.evidence.everything()
    return {
        "authors": study.authors,
        "date": study.date,
        "run": run.run_id,
        "profile": run.profile,
        "images": _images(subject),
        "autoencoders": has_part(subject.evidence, "autoencoders"),
        "seeds": s("summary.seeds_one", seeds=listed)
        if len(seeds) == 1
        else s("summary.seeds_many", count=len(seeds), seeds=listed),
        "complete": sum(stored.record.status == "ok" for stored in everything),
        "total": len(everything),
        "count": sum(stored.record.status != "ok" for stored in everything),
    }


def _front(subject: Subject) -> dict[str, str]:
    """The title block's values, quoted as YAML reads them (JSON is YAML)."""
    run, study, words = subject.evidence.run, subject.published.source, _summary(subject)
    values = {
        "title": study.title,
        "authors": study.authors,
        "published": study.date,
        "run": run.run_id,
        "day": run.created_at[:10],
    }
    subtitle = subject.strings("report.subtitle", **values, profile=run.profile, seeds=words["seeds"])
    return {"subtitle": json.dumps(subtitle, ensure_ascii=False)}


def _images(subject: Subject) -> str:
    """What the parts that were run have looked at, in words."""
    s = subject.strings
    source = next((d.run for d in subject.deviations if d.key == "dataset.source"), "full")
    first = s(f"summary.{source}") if has_part(subject.evidence, "autoencoders") else ""
    return f" {s('summary.and')} ".join(part for part in (first, part_two.images(subject)) if part) or s("summary.no_images")


def _verdicts(subject: Subject, observations: tuple[Observation, ...]) -> dict[str, object]:
    counts = {verdict: sum(one.verdict == verdict for one in observations) for verdict in VERDICT_TONES}
    return {"total": len(observations)} | {key: subject.numbers.integer(count) for key, count in counts.items()}


def _claims(subject: Subject) -> dict[str, object]:
    judged = judge_all(subject)
    found: dict[str, object] = {str(key): subject.numbers.integer(count) for key, count in counts(judged).items()}
    lines = tuple(spoken(subject, one) for one in judged if one.verdict == "refuted")
    return {"total": len(judged), "alpha": subject.numbers.fixed(ALPHA, 2), "refuted_lines": lines, **found}


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


def _provenance(subject: Subject) -> dict[str, object]:
    run = subject.evidence.run
    return {"run": run.run_id, "command": shlex.join(run.command), "created": run.created_at, "digest": run.digest[:16]}
