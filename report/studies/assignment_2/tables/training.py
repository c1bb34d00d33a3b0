"""Table 4 (hyperparameters, losses) and the table at the front."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from report.evidence.measure import metric
from report.printing import cells
from report.printing.cells import Comparison
from report.printing.table import Cell, Column, Table
from report.studies.assignment_2 import slip
from report.studies.assignment_2.arms import has_part
from report.studies.assignment_2.measures import accuracy
from report.studies.assignment_2.models import MODELS, objective_of
from report.studies.assignment_2.tables.detection import caveats, headline_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from report.evidence.measure import Measurement
    from report.evidence.subject import Subject

_SOURCE = "table-4"
_DECIMALS = 4


def hyperparameters(subject: Subject) -> Table:
    """Table 4's settings as printed beside the run's."""
    s = subject.strings
    heads = ("model", "optimizer", "published_rate", "rerun_rate", "loss", "published_latent", "measured_latent")
    latents = {model: metric(subject.evidence, "architecture", model, "latent_values") for model in MODELS}
    rows = tuple(_settings(subject, model, latents[model]) for model in MODELS)
    missing = [latent for latent in latents.values() if latent.incomplete]
    columns = tuple(
        Column(s(f"columns.{head}"), "right" if index > 1 and head != "loss" else "left") for index, head in enumerate(heads)
    )
    return Table("hyperparameters", s("captions.hyperparameters"), columns, rows, cells.notes(subject, missing))


def losses(subject: Subject) -> Table:
    """Table 4's losses at the last epoch; the VAE's validation loss on both scales."""
    s = subject.strings
    rows = loss_rows(subject)
    body = tuple((cells.text(label), *cells.compared(subject, row)) for label, row in rows)
    columns = (Column(s("columns.quantity")), *cells.compared_columns(subject))
    return Table("losses", s("captions.losses"), columns, body, cells.notes(subject, [row.measured for _, row in rows]))


def headline(subject: Subject) -> Table:
    """The table at the front: final losses, accuracies and detection scores of the parts that were run."""
    s = subject.strings
    rows = _autoencoder_rows(subject) if has_part(subject.evidence, "autoencoders") else []
    rows += headline_rows(subject) if has_part(subject.evidence, "detection") else []
    body = tuple((cells.text(label), *cells.compared(subject, row)) for label, row in rows)
    columns = (Column(s("columns.quantity")), *cells.compared_columns(subject))
    notes = cells.notes(subject, [row.measured for _, row in rows])
    return Table("headline", s("captions.headline"), columns, body, (*caveats(subject), *notes))


def _autoencoder_rows(subject: Subject) -> list[tuple[str, Comparison]]:
    rows = [pair for pair in loss_rows(subject) if pair[1].published is None or pair[1].published.place == _SOURCE]
    for model in MODELS:
        score = subject.published.find(f"table-5.{model}.accuracy")
        label = subject.strings("quantities.accuracy", model=subject.model(model))
        rows.append((label, Comparison(score, accuracy(subject.evidence, model), 2, 100, 0)))
    return rows


def loss_rows(subject: Subject) -> list[tuple[str, Comparison]]:
    """Label and comparison of every loss in Table 4, and of the VAE's validation loss put on its proper scale."""
    rows: list[tuple[str, Comparison]] = []
    for model in MODELS:
        train, validation = loss_names(model)
        for name, part in ((train, "train"), (validation, "validation")):
            number = subject.published.find(f"{_SOURCE}.{model}.{part}_loss")
            as_printed = model == slip.MODEL and part == "validation"
            measured = (
                slip.measured_as_printed(subject.evidence)
                if as_printed
                else metric(subject.evidence, "autoencoder", model, name)
            )
            label = loss_label(subject, model, "as_printed" if as_printed else name)
            rows.append((label, Comparison(number, measured, _DECIMALS, 1.0, 0 if model == "vae" else 1)))
        if model == slip.MODEL:
            measured = metric(subject.evidence, "autoencoder", model, validation)
            rescaled = slip.per_image(subject.published)
            rows.append((loss_label(subject, model, validation), Comparison(rescaled, measured, _DECIMALS, 1.0, 0)))
    return rows


def loss_label(subject: Subject, model: str, name: str) -> str:
    """What a loss of a model is called in a table."""
    return subject.strings(f"quantities.{name}", model=subject.model(model))


def loss_names(model: str) -> tuple[str, str]:
    """Metric names of the optimised training and validation loss."""
    objective = objective_of(model)
    return objective.train, objective.validation


def _settings(subject: Subject, model: str, latent: Measurement) -> tuple[Cell, ...]:
    s = subject.strings
    published = subject.published
    latent_dim = published.find(f"{_SOURCE}.{model}.latent_dim")
    section = cast("Mapping[str, JsonValue]", subject.evidence.run.config.get("autoencoder", {}))
    rate = section.get("learning_rate")
    optimizer, loss = (published.find_fact(f"{_SOURCE}.{model}.{name}") for name in ("optimizer", "loss"))
    size = cells.printed(subject, latent_dim)
    if loss and latent_dim is None:
        size = Cell(s("tables.not_applicable"), "published", (), _SOURCE)
    return (
        cells.text(subject.model(model)),
        Cell(str(optimizer), "published", (), _SOURCE) if optimizer else cells.nothing(),
        cells.printed(subject, published.find(f"{_SOURCE}.{model}.learning_rate")),
        Cell(subject.numbers.significant(float(rate), 1), "value", (f"run/{subject.evidence.run.run_id}",))
        if isinstance(rate, int | float)
        else cells.nothing(),
        Cell(s(f"losses.{loss}"), "published", (), _SOURCE) if loss else cells.nothing(),
        size,
        cells.value(subject, latent, 0),
    )
