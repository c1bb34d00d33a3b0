"""Figures 8 and 9: network diagrams drawn from the layers that the modules themselves report."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from matplotlib.patches import FancyArrowPatch, Polygon, Rectangle

from report.printing.figure_style import Drawing, absent, bare, canvas
from report.studies.assignment_2.figures.curves import missing_words
from report.studies.assignment_2.models import MODELS
from report.studies.assignment_2.tables.architecture import CLASSIFIER, layer_name, layers_of, network_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from report.evidence.subject import Subject
    from report.studies.assignment_2.tables.architecture import Layer

_STAGE_COLOUR = {
    "input": "#BBBBBB",
    "encoder": "#56B4E9",
    "bottleneck": "#E69F00",
    "decoder": "#009E73",
    "head": "#CC79A7",
    "output": "#F0E442",
}
_SHORT = {
    " + ": " +\n",
    "ConvTranspose2d": "ConvT",
    "Conv2d": "Conv",
    "Reparameterization": "z = μ + \N{GREEK SMALL LETTER SIGMA}·ε",
}
_ROW_HEIGHT_IN = 1.42
_PER_ROW = 6  # blocks in one line: more would shrink their labels below 7 pt on a phone
_DEPTH = 0.45  # slope of the blocks' side faces
_BLOCK, _TOP = 0.62, 1.0  # largest width and height of a block in cells


def autoencoders(subject: Subject) -> Drawing | None:
    """Figure 8: AE, VAE and DAE; encoder and decoder in lines of their own."""
    return _diagrams(subject, MODELS)


def classifiers(subject: Subject) -> Drawing | None:
    """Figure 9: the classifiers on the three encoders."""
    return _diagrams(subject, tuple(f"{CLASSIFIER}{model}" for model in MODELS))


def _diagrams(subject: Subject, networks: tuple[str, ...]) -> Drawing | None:
    if not any(subject.evidence.complete("architecture", network) for network in networks):
        return None
    lines = {network: _lines(layers_of(subject, network)[1]) or [[]] for network in networks}
    total = sum(len(rows) for rows in lines.values())
    figure, axes = canvas(total, 1, total * _ROW_HEIGHT_IN)
    free = iter(axes)
    for network, rows in lines.items():
        for position, row in enumerate(rows):
            axis = next(free)
            if position == 0:
                axis.set_title(network_label(subject, network), pad=2)
            if row:
                _line(subject, axis, row, last=position == len(rows) - 1)
            else:
                absent(axis, missing_words(subject, "architecture", network))
    return Drawing(figure, " ".join(_alt(subject, network) for network in networks))


def _lines(layers: list[Layer]) -> list[list[Layer]]:
    """Cut the layers where the decoder or head begins, and where a line would be too long."""
    lines: list[list[Layer]] = []
    for layer in layers:
        begins = layer["stage"] in {"decoder", "head"} and bool(lines) and lines[-1][-1]["stage"] not in {"decoder", "head"}
        if not lines or begins or len(lines[-1]) == _PER_ROW:
            lines.append([])
        lines[-1].append(layer)
    return lines


def _line(subject: Subject, axis: Axes, layers: list[Layer], *, last: bool) -> None:
    bare(axis)
    axis.set_xlim(-0.5, _PER_ROW - 0.35)  # room for the arrow that leads to the next line
    axis.set_ylim(-1.05, 1.15)
    for position, layer in enumerate(layers):
        _block(axis, position, layer)
        shape = subject.numbers.shape(tuple(layer["output_shape"]))
        label = f"{_operation(layer)}\n{shape}"
        axis.text(position, -0.04, _name(subject, layer), ha="center", va="top", fontsize=7.5, weight="bold")
        axis.text(position, -0.34, label, ha="center", va="top", fontsize=7.5, linespacing=1.25)
        if position < len(layers) - 1 or not last:
            arrow = FancyArrowPatch(
                (position + 0.40, 0.5),
                (position + 0.60, 0.5),
                arrowstyle="-|>",
                mutation_scale=7,
                color="#555555",
                linewidth=0.8,
            )
            axis.add_patch(arrow)


def _block(axis: Axes, position: int, layer: Layer) -> None:
    width, height = _size(tuple(layer["output_shape"]))
    depth = min(0.12, 0.3 * height * _DEPTH)
    left, bottom = position - width / 2 - depth / 2, 0.5 - height / 2
    colour = _STAGE_COLOUR[layer["stage"]]
    look: dict[str, Any] = {"edgecolor": "#222222", "linewidth": 0.7, "facecolor": colour}
    axis.add_patch(Rectangle((left, bottom), width, height, **look))
    right, top = left + width, bottom + height
    axis.add_patch(
        Polygon(
            [(left, top), (left + depth, top + depth), (right + depth, top + depth), (right, top)],
            closed=True,
            alpha=0.6,
            **look,
        )
    )
    axis.add_patch(
        Polygon(
            [(right, bottom), (right + depth, bottom + depth), (right + depth, top + depth), (right, top)],
            closed=True,
            alpha=0.8,
            **look,
        )
    )


def _size(shape: tuple[int, ...]) -> tuple[float, float]:
    """Width from the channels (logarithmic, 1 to 128), height from the side length (28 is full); a vector is a thin bar."""
    if len(shape) == 1:
        return 0.10, min(_TOP, 0.18 + 0.25 * math.log10(shape[0]))
    channels, side = shape[0], shape[1]
    return 0.08 + (_BLOCK - 0.16) * math.log2(channels + 1) / math.log2(129), 0.16 + (_TOP - 0.16) * side / 28


def _name(subject: Subject, layer: Layer) -> str:
    """The layer's name, or a shorter one where the strings have it: a block is narrow."""
    short = f"layers_short.{layer['label']}"
    return subject.strings(short) if short in subject.strings.texts else layer_name(subject, str(layer["label"]))


def _operation(layer: Layer) -> str:
    """The operation in short, two of them on two lines, with its stride where it is not 1."""
    name = str(layer["operation"])
    for long, short in _SHORT.items():
        name = name.replace(long, short)
    stride = layer.get("stride")
    return f"{name} /{stride}" if stride and stride != 1 else name


def _alt(subject: Subject, network: str) -> str:
    _, layers = layers_of(subject, network)
    name = network_label(subject, network)
    if not layers:
        return subject.strings("alt.missing", model=name, words=missing_words(subject, "architecture", network))
    steps = ", ".join(
        f"{layer_name(subject, str(layer['label']))} {subject.numbers.shape(tuple(layer['output_shape']))}" for layer in layers
    )
    return subject.strings("alt.network", network=name, steps=steps)
