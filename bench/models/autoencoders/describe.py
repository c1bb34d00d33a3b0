"""Reads a network's layer table off the real modules, by running an image through them."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from bench.models.autoencoders.layers import FACTOR, Conv, TransposedConv, UpsampledConv
from bench.models.autoencoders.networks import GaussianBottleneck, Reparameterization, VariationalAutoencoder

if TYPE_CHECKING:
    from pydantic import JsonValue

    Row = dict[str, JsonValue]

IMAGE_SHAPE = (1, 28, 28)
_STAGE = re.compile(r"(?:encoder|decoder|dense)_\d+|bottleneck|reparameterization|flatten|output")
_KIND = {"reparameterization": "bottleneck", "flatten": "head", "dense": "head"}


def layer_rows(network: nn.Module) -> list[Row]:
    """One row per named stage in the order of execution, led by the input; docs/records.md names the fields."""
    rows = [_input_row()]
    names = {name: name.rpartition(".")[2] for name, _ in network.named_modules()}
    hooks = [
        module.register_forward_hook(partial(_record, rows, names[name]))
        for name, module in network.named_modules()
        if _STAGE.fullmatch(names[name])
    ]
    image = torch.zeros(1, *IMAGE_SHAPE)
    with torch.inference_mode():
        if isinstance(network, VariationalAutoencoder):
            network(image, torch.Generator())
        else:
            network(image)
    for hook in hooks:
        hook.remove()
    return rows


def parameter_count(module: nn.Module, *, trainable_only: bool = False) -> int:
    """Number of parameter values; with ``trainable_only`` those that training may change."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad or not trainable_only)


def _record(
    rows: list[Row], name: str, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor | tuple[Tensor, ...]
) -> None:
    first = output if isinstance(output, Tensor) else output[0]
    prefix = name.partition("_")[0]
    rows.append(
        {
            "label": name.replace("_", " ").capitalize(),
            "stage": _KIND.get(prefix, prefix),
            "operation": _operation(module),
            "input_shape": list(inputs[0].shape[1:]),
            "output_shape": list(first.shape[1:]),
            **_convolution_fields(module),
            "activation": _activation(module),
            "parameters": parameter_count(module),
            "detail": _detail(module),
        }
    )


def _input_row() -> Row:
    shape: list[JsonValue] = list(IMAGE_SHAPE)
    fields: Row = {"label": "Input", "stage": "input", "operation": "Image", "input_shape": shape, "output_shape": shape}
    return {**fields, **_convolution_fields(nn.Identity()), "activation": None, "parameters": 0, "detail": {}}


def _operation(module: nn.Module) -> str:
    """Name of the layer that computes; a stage made of nothing but itself gives its own name."""
    if isinstance(module, UpsampledConv):
        return "Upsample + Conv2d"
    for part in module.modules():
        for kind in (nn.Conv2d, nn.ConvTranspose2d, nn.Linear):
            if isinstance(part, kind):
                return kind.__name__
    return type(module).__name__


def _activation(module: nn.Module) -> str | None:
    if isinstance(module, Conv | TransposedConv):
        return module.activation
    return "ReLU" if any(isinstance(part, nn.ReLU) for part in module.children()) else None


def _convolution_fields(module: nn.Module) -> Row:
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d):
            extra = int(part.output_padding[0]) if isinstance(part, nn.ConvTranspose2d) else None
            sizes: Row = {"kernel": part.kernel_size[0], "stride": part.stride[0], "padding": int(part.padding[0])}
            return {**sizes, "output_padding": extra}
    return {"kernel": None, "stride": None, "padding": None, "output_padding": None}


def _detail(module: nn.Module) -> Row:
    if isinstance(module, UpsampledConv):
        return {"upsample_mode": module.mode, "upsample_factor": FACTOR}
    if isinstance(module, Reparameterization):
        return {"formula": "mu + sigma * epsilon"}
    heads: list[JsonValue] = [
        name for name, part in module.named_children() if isinstance(part, nn.Linear) and not name.isdigit()
    ]
    return {"heads": heads} if heads and (isinstance(module, GaussianBottleneck) or "mu" in heads) else {}
