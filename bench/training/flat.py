"""Lays a module's parameters and gradients side by side in one vector, so that Adam makes one pass over all of them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_MAP_DIMENSIONS = 4


def flatten(module: nn.Module) -> nn.Parameter:
    """Move every trainable parameter of ``module`` into one vector (P,) float32 and return it, its gradient zero.

    The module's parameters become views of it, convolution kernels in channels-last order: with few channels, oneDNN
    then spares the reordering of each activation. Values, names and shapes stay as they were.
    """
    parameters = [p for p in module.parameters() if p.requires_grad]
    flat = nn.Parameter(torch.empty(sum(p.numel() for p in parameters), device=parameters[0].device))
    flat.grad = torch.zeros_like(flat)
    start = 0
    for parameter in parameters:
        view = _view(flat.detach(), start, parameter.shape)
        view.copy_(parameter.detach())
        parameter.data = view
        parameter.grad = _view(flat.grad, start, parameter.shape)
        start += parameter.numel()
    return flat


def _view(vector: Tensor, start: int, shape: torch.Size) -> Tensor:
    part = vector[start : start + shape.numel()]
    if len(shape) != _MAP_DIMENSIONS:
        return part.view(shape)
    outer, channels, height, width = shape
    return part.view(outer, height, width, channels).permute(0, 3, 1, 2)
