"""Steps of fixed shape: called as they are, or, on CUDA, recorded once as one graph and replayed.

A replayed graph costs one launch instead of one for each of a step's kernels, which at batch size 32 take less time than
their launches. The numbers are the same bits either way.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import torch

from bench.training.branches import Branches, branching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    Batch = tuple[Tensor, ...]
    Compute = Callable[[Batch, torch.Generator], Tensor]
    Body = Callable[[], None]

BRANCHING = True  # an AE epoch of 48,000 images on one H200: 0.67 s with branches, 0.86 s without, the same bits
WARM_UP = 3  # libraries choose kernels and allocate workspaces in the first calls, which a graph cannot record


class Record(Protocol):
    """Turns a step into one that repeats what it did on the same tensors, and that draws from ``draw`` as the step would."""

    def __call__(self, body: Body, draw: torch.Generator) -> Body:
        """Record ``body`` without any effect, and return what replays it."""


class Step:
    """A step without argument and result, on tensors that stay where they are; nothing in it waits for the device.

    With ``record``, it is recorded after ``WARM_UP`` calls, which count as steps like all others.
    """

    def __init__(self, body: Body, draw: torch.Generator, record: Record | None) -> None:
        """``draw`` is where the step's random numbers come from."""
        self._body, self._draw, self._record = body, draw, record
        self._warm_up = WARM_UP

    def __call__(self) -> None:
        """Make one step."""
        if self._record is not None and self._warm_up == 0:
            self._body, self._record = self._record(self._body, self._draw), None
        self._warm_up -= 1
        self._body()


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """What is done with each batch: ``compute`` draws from ``draw`` alone and returns ``terms`` means over the batch."""

    compute: Compute
    draw: torch.Generator
    terms: int


class Pass:
    """Goes over all examples in batches of one size and sums the terms of each; a smaller last batch is never recorded.

    ``order`` (N,) int64 and ``draw`` may be set anew before each pass, in place. Which batch is next is counted on the
    device, and so are the sums: in float64, as thousands of float32 means summed in float32 would lose the digits that
    tell epochs apart.
    """

    def __init__(self, examples: Batch, size: int, work: Work, record: Record | None = None) -> None:
        """Start in the order in which the examples stand."""
        count, device = len(examples[0]), examples[0].device
        self.order, self.draw = torch.arange(count, device=device), work.draw
        full = count // size
        self._examples, self._compute, self._batches = examples, work.compute, full
        self._rows, self._rest = self.order[: full * size].view(full, size), self.order[full * size :]
        self._next = torch.zeros(1, dtype=torch.int64, device=device)
        self._totals = torch.zeros(work.terms, dtype=torch.float64, device=device)
        self._step = Step(self._full_batch, work.draw, record)

    def run(self) -> None:
        """Queue all steps, without waiting for the device."""
        self._totals.zero_()
        self._next.zero_()
        for _ in range(self._batches):
            self._step()
        if len(self._rest):
            self._add(self._rest)

    def means(self) -> list[float]:
        """Each term's mean over all examples, when the device has done its work."""
        means: list[float] = (self._totals / len(self.order)).tolist()
        return means

    def _full_batch(self) -> None:
        self._add(self._rows.index_select(0, self._next).view(-1))
        self._next.add_(1)

    def _add(self, rows: Tensor) -> None:
        batch = tuple(tensor.index_select(0, rows) for tensor in self._examples)
        self._totals.add_(self._compute(batch, self.draw), alpha=len(rows))


@contextmanager
def recording(device: torch.device, *, capture: bool) -> Iterator[Record | None]:
    """Inside the block, work for a CUDA device goes to a stream of its own, and what is given records on it.

    Without ``capture``, and on any other device, nothing is given and nothing changes.
    """
    if device.type != "cuda" or not capture:
        yield None
        return
    own: torch.cuda.Stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    outer = torch.cuda.current_stream(device)
    own.wait_stream(outer)
    with torch.cuda.stream(own):
        yield _graph_on(own)
    outer.wait_stream(own)


def with_optimizer(record: Record | None, optimizer: torch.optim.Optimizer) -> Record | None:
    """Let ``record`` record steps of ``optimizer`` too, which refuses unless it is told that it can be recorded.

    A fused one can: its step count lies on the device in any case. Told all the time, it would warn of each step that is
    not recorded, and its state would name how it was computed.
    """
    if record is None:
        return None

    def told(body: Body, draw: torch.Generator) -> Body:
        _set_capturable(optimizer, capturable=True)
        try:
            if not BRANCHING:
                return record(body, draw)
            with branching(Branches(draw.device)):
                return record(body, draw)
        finally:
            _set_capturable(optimizer, capturable=False)

    return told


def _set_capturable(optimizer: torch.optim.Optimizer, *, capturable: bool) -> None:
    for group in optimizer.param_groups:
        group["capturable"] = capturable


def _graph_on(stream: torch.cuda.Stream) -> Record:
    def record(body: Body, draw: torch.Generator) -> Body:
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(draw)  # each replay then draws the numbers that follow
        with torch.cuda.graph(graph, stream=stream):
            body()
        return graph.replay

    return record
