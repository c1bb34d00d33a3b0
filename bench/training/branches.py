"""Branches of a recorded step: what nothing waits for until the optimizer's turn is computed beside the rest.

A step at batch size 32 is a chain of kernels that each fill a sliver of a GPU. Going backward, only the gradients of
activations have to follow one another; those of weights and biases are needed at the end. Recorded on streams of their
own they become branches of the graph, with the same kernels and so the same bits.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch.autograd.function import once_differentiable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    Pair = tuple[int, int]

WEIGHTS, BIASES = 0, 1  # the branches
_open: list[Branches] = []


class Branches:
    """The streams of a step's branches, for use while it is recorded."""

    def __init__(self, device: torch.device) -> None:
        """Two streams beside the current one."""
        self._streams = [torch.cuda.Stream(device) for _ in (WEIGHTS, BIASES)]  # type: ignore[no-untyped-call]
        self._forked: set[int] = set()
        self._read: list[Tensor] = []

    @contextmanager
    def fork(self, branch: int, *read: Tensor) -> Iterator[None]:
        """Inside the block, work goes to the branch; it follows what the current stream has done so far.

        The tensors ``read`` there are kept until ``join``: freed sooner, their memory would go to what runs beside.
        """
        self._streams[branch].wait_stream(torch.cuda.current_stream())
        self._forked.add(branch)
        self._read += read
        with torch.cuda.stream(self._streams[branch]):
            yield

    def join(self) -> None:
        """Let the current stream wait for the branches."""
        for branch in sorted(self._forked):
            torch.cuda.current_stream().wait_stream(self._streams[branch])
        self._forked.clear()
        self._read.clear()


@dataclass(frozen=True, slots=True)
class Kind:
    """What sort of convolution; ``extra`` is the output padding of a transposed one, and None of any other."""

    stride: Pair
    padding: Pair
    extra: Pair | None = None


@contextmanager
def branching(branches: Branches) -> Iterator[None]:
    """Inside the block, a convolution that is asked to computes its weights' gradients on branches."""
    _open.append(branches)
    try:
        yield
    finally:
        _open.pop()


def join() -> None:
    """Wait for the branches, where there are any."""
    if _open:
        _open[-1].join()


def convolve(images: Tensor, weight: Tensor, bias: Tensor, kind: Kind) -> Tensor:
    """A convolution (N, C, H, W) to (N, C', H', W'); on branches only while one of ``branching`` is open.

    A transposed one gets its bias afterwards: with the bias inside, oneDNN 3.12 takes up to twice as long.
    """
    if _open:
        convolved: Tensor = _Branched.apply(images, weight, bias, kind, _open[-1])  # type: ignore[no-untyped-call]
        return convolved
    return _plain(images, weight, bias, kind)


def _plain(images: Tensor, weight: Tensor, bias: Tensor, kind: Kind) -> Tensor:
    if kind.extra is None:
        return F.conv2d(images, weight, bias, kind.stride, kind.padding)
    return F.conv_transpose2d(images, weight, None, kind.stride, kind.padding, kind.extra).add_(bias.view(-1, 1, 1))


class _Branched(torch.autograd.Function):
    """``_plain``, whose backward pass forks."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - torch puts attributes on it
        images: Tensor,
        weight: Tensor,
        bias: Tensor,
        kind: Kind,
        branches: Branches,
    ) -> Tensor:
        """Compute, and keep what going backward needs."""
        ctx.save_for_backward(images, weight)
        ctx.kind, ctx.branches = kind, branches
        return _plain(images, weight, bias, kind)

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any,  # noqa: ANN401 - torch puts attributes on it
        gradient: Tensor,
    ) -> tuple[Tensor | None, Tensor, Tensor, None, None]:
        """The images' gradient on the current stream, the others on their branches."""
        images, weight = ctx.saved_tensors
        with ctx.branches.fork(WEIGHTS, gradient, images):
            of_weight = _gradients(gradient, images, weight, ctx.kind, (False, True, False))[1]
        with ctx.branches.fork(BIASES, gradient):
            of_bias = gradient.sum((0, 2, 3))
        of_images = None
        if ctx.needs_input_grad[0]:
            of_images = _gradients(gradient, images, weight, ctx.kind, (True, False, False))[0]
        return of_images, of_weight, of_bias, None, None


def _gradients(
    gradient: Tensor, images: Tensor, weight: Tensor, kind: Kind, wanted: tuple[bool, bool, bool]
) -> tuple[Tensor, Tensor, Tensor]:
    """Those that are ``wanted`` of images, weight and bias."""
    shape = (kind.stride, kind.padding, (1, 1), kind.extra is not None, kind.extra or (0, 0), 1)
    found: tuple[Tensor, Tensor, Tensor] = torch.ops.aten.convolution_backward(gradient, images, weight, None, *shape, wanted)
    return found
