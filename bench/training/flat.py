"""Lays a module's parameters and gradients side by side in one vector, so that Adam makes one pass over all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from bench.training.branches import join

if TYPE_CHECKING:
    from collections.abc import Callable

_MAP_DIMENSIONS = 4


def flatten(module: nn.Module) -> nn.Parameter:
    """Move every trainable parameter of ``module`` into one vector (P,) float32 and return it, its gradient zero.

    The module's parameters become views of it. On the CPU, convolution kernels lie in channels-last order: with few channels,
    oneDNN then spares the reordering of each activation. Values, names and shapes stay as they were.
    """
    parameters = _trainable(module)
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


def backward_of(module: nn.Module, flat: nn.Parameter) -> Callable[[Tensor], None]:
    """What puts a loss's gradient into that of ``flat``, in place of what is there; ``module`` is the one that was flattened.

    On the CPU it is set to zero and each parameter's part added, as autograd does by itself. On CUDA, where each of these
    small additions costs a launch, all parts are copied at once.
    """
    return _adding(flat) if flat.device.type == "cpu" else copying(module)


def copying(module: nn.Module) -> Callable[[Tensor], None]:
    """``backward_of`` for devices where launches count."""
    parameters = _trainable(module)
    parts = [parameter.grad for parameter in parameters if parameter.grad is not None]
    assert len(parts) == len(parameters)  # noqa: S101 - flatten made them

    def backward(loss: Tensor) -> None:
        found = torch.autograd.grad(loss, parameters)
        join()
        torch._foreach_copy_(parts, found)

    return backward


def _adding(flat: nn.Parameter) -> Callable[[Tensor], None]:
    gradient = flat.grad
    assert gradient is not None  # noqa: S101 - flatten made it

    def backward(loss: Tensor) -> None:
        gradient.zero_()
        torch.autograd.backward(loss)

    return backward


def _trainable(module: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in module.parameters() if parameter.requires_grad]


def _view(vector: Tensor, start: int, shape: torch.Size) -> Tensor:
    part = vector[start : start + shape.numel()]
    if len(shape) != _MAP_DIMENSIONS or vector.device.type != "cpu":
        return part.view(shape)
    outer, channels, height, width = shape
    return part.view(outer, height, width, channels).permute(0, 3, 1, 2)
