"""Tables 1 and 2 from the real modules beside the printed shapes, and the sizes of all networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from report.evidence.measure import metric
from report.evidence.records import reference, rows
from report.printing import cells
from report.printing.markup import in_language
from report.printing.table import Cell, Column, Number, Table
from report.studies.assignment_2.models import MODELS

if TYPE_CHECKING:
    from report.evidence.subject import Subject
    from store.records import Stored

Layer = dict[str, Any]  # one row of layers.json, as docs/records.md describes it, or of a printed table
CLASSIFIER = "classifier-"
NETWORKS = (*MODELS, *(f"{CLASSIFIER}{model}" for model in MODELS))


def autoencoder(subject: Subject) -> Table:
    """Table 1: the AE, which the DAE shares."""
    return _layers(subject, "ae", "table-1")


def variational(subject: Subject) -> Table:
    """Table 2: the VAE."""
    return _layers(subject, "vae", "table-2")


def networks(subject: Subject) -> Table:
    """Parameters and bottleneck sizes of all networks."""
    s = subject.strings
    names = ("parameters", "trainable_parameters", "latent_values")
    measured = [[metric(subject.evidence, "architecture", network, name) for name in names] for network in NETWORKS]
    rows = tuple(
        (cells.text(network_label(subject, network)), *(cells.value(subject, one, 0) for one in row))
        for network, row in zip(NETWORKS, measured, strict=True)
    )
    heads = (Column(s("columns.network")), *(Column(s(f"columns.{name}"), "right") for name in names))
    failed = [one for row in measured for one in row if one.incomplete]
    return Table("networks", s("captions.networks"), heads, rows, cells.notes(subject, failed))


def network_label(subject: Subject, network: str) -> str:
    """What a network is called: a model's name, or that of the classifier on its encoder."""
    if network.startswith(CLASSIFIER):
        return subject.strings("networks.classifier", model=subject.model(network.removeprefix(CLASSIFIER)))
    return subject.model(network)


def layers_of(subject: Subject, network: str) -> tuple[Stored | None, list[Layer]]:
    """The record of a network and its layers in order; (None, []) where there is none."""
    found = subject.evidence.complete("architecture", network)
    if not found:
        return None, []
    return found[0], cast("list[Layer]", rows(found[0], "layers.json"))


def layer_name(subject: Subject, label: str) -> str:
    """The layer's name in the report's language; of dense layers there can be any number."""
    name, _, number = label.partition(" ")
    return subject.strings("layers.Dense", number=number) if name == "Dense" else subject.strings(f"layers.{label}")


def operation_text(layer: Layer) -> str:
    """``Conv2d k3 s2 p1, ReLU``: the module's own settings, none left out that differs from its default."""
    marks = [
        f"{sign}{layer[name]}"
        for sign, name in (("k", "kernel"), ("s", "stride"), ("p", "padding"), ("op", "output_padding"))
        if layer.get(name) not in (None, 0)
    ]
    text = " ".join([str(layer["operation"]), *marks])
    return f"{text}, {layer['activation']}" if layer.get("activation") else text


def _layers(subject: Subject, network: str, source: str) -> Table:
    s = subject.strings
    printed = cast("list[Layer]", subject.published.fact(f"{source}.rows"))
    stored, layers = layers_of(subject, network)
    by_label = {layer["label"]: layer for layer in layers}
    rows = [_row(subject, row, by_label.get(row["label"]), stored, source) for row in printed]
    known = {row["label"] for row in printed}
    rows += [_unprinted(subject, layer, stored) for layer in layers if layer["label"] not in known]
    heads = (
        *(Column(s(f"columns.{name}")) for name in ("layer", "published_operation", "module")),
        *(Column(s(f"columns.{name}"), "right") for name in ("published_shape", "measured_shape", "match", "parameters")),
    )
    missing = [metric(subject.evidence, "architecture", network, "parameters")] if stored is None else []
    return Table(source, s(f"captions.{source}"), heads, tuple(rows), cells.notes(subject, missing))


def _row(subject: Subject, printed: Layer, layer: Layer | None, stored: Stored | None, source: str) -> tuple[Cell, ...]:
    shape = Cell(subject.numbers.shape(tuple(printed["shape"])), "published", (), source)
    said = in_language(printed["operation"], subject.published.source.language)
    operation = Cell(str(said), "published", (), source, markup=said.markup)
    head = (cells.text(layer_name(subject, printed["label"])), operation)
    if layer is None or stored is None:
        missing = cells.word(subject, "not_run")
        return (*head, missing, shape, missing, cells.nothing(), cells.nothing())
    found = tuple(layer["output_shape"])
    equal = found == tuple(printed["shape"])
    mark = Cell(subject.strings("tables.match" if equal else "tables.mismatch"), "status", tone="ok" if equal else "bad")
    return (*head, _module(layer, stored), shape, _shape(subject, layer, stored), mark, _parameters(subject, layer, stored))


def _unprinted(subject: Subject, layer: Layer, stored: Stored | None) -> tuple[Cell, ...]:
    if stored is None:
        raise ValueError("layers without a record")
    module, shape = _module(layer, stored), _shape(subject, layer, stored)
    label = cells.text(layer_name(subject, str(layer["label"])))
    return (label, cells.nothing(), module, cells.nothing(), shape, cells.nothing(), _parameters(subject, layer, stored))


def _module(layer: Layer, stored: Stored) -> Cell:
    return Cell(operation_text(layer), "value", (reference(stored),))


def _shape(subject: Subject, layer: Layer, stored: Stored) -> Cell:
    return Cell(subject.numbers.shape(tuple(layer["output_shape"])), "value", (reference(stored),))


def _parameters(subject: Subject, layer: Layer, stored: Stored) -> Cell:
    count = int(layer["parameters"])
    return cells.of(subject, Number(count, 0), "value", (reference(stored),)) if count else cells.nothing()
