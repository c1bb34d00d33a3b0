"""A stand-in for CUDA graphs on the CPU: records a step's operations with their tensors, and repeats just these.

What a graph cannot know, it does not know either: values that Python computed while the step was recorded stay as they were,
and tensors are those of the recording, wherever their names point to by then.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

_VALUES = {torch.ops.aten._local_scalar_dense.default, torch.ops.aten.is_nonzero.default, torch.ops.aten.nonzero.default}


class AskedForValueError(Exception):
    """The step needs to know what is in a tensor, for which a host waits for its device."""


@dataclass
class _Operation:
    """One call below autograd; ``fresh`` are the tensors that it made and where they stand in its result."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    fresh: list[tuple[int, Tensor]]

    def repeat(self) -> None:
        """Do it again on the same tensors, and put what it makes where it put it before."""
        results = tree_leaves(self.function(*self.args, **self.kwargs))
        for position, tensor in self.fresh:
            tensor.copy_(results[position])


class Recorder:
    """Records steps where ``bench.training.steps.recording`` gives nothing; counts them, and how often each was replayed."""

    def __init__(self) -> None:
        """Nothing recorded yet."""
        self.replays: list[int] = []

    @contextmanager
    def recording(self, _device: torch.device, *, capture: bool) -> Iterator[Recorder | None]:
        """Take the place of ``recording``."""
        yield self if capture else None

    def __call__(self, body: Callable[[], None], draw: torch.Generator) -> Callable[[], None]:
        """Record ``body``; a graph records without computing, the CPU computes and is put back."""
        tape, state, number = _Tape(), draw.get_state(), len(self.replays)
        with tape:
            body()
        draw.set_state(state)
        tape.put_back()
        self.replays.append(0)

        def replay() -> None:
            self.replays[number] += 1
            with torch.no_grad():
                for operation in tape.operations:
                    operation.repeat()

        return replay


class _Tape(TorchDispatchMode):
    """Sees every operation that reaches the device, and keeps what was in tensors that were there before."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: list[_Operation] = []
        self._own: set[int] = set()
        self._before: dict[int, tuple[Tensor, Tensor]] = {}

    def __torch_dispatch__(
        self, func: Callable[..., Any], _types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> object:
        if func in _VALUES:
            raise AskedForValueError(func)
        given = {_address(tensor) for tensor in _tensors((args, kwargs))}
        for tensor in _written(func, args):
            if _address(tensor) not in self._own:
                self._before.setdefault(id(tensor), (tensor, tensor.detach().clone()))
        made = func(*args, **(kwargs or {}))
        leaves = enumerate(tree_leaves(made))
        fresh = [(n, leaf) for n, leaf in leaves if isinstance(leaf, torch.Tensor) and _address(leaf) not in given]
        self._own |= {_address(tensor) for _, tensor in fresh}
        self.operations.append(_Operation(func, args, kwargs or {}, fresh))
        return made

    def put_back(self) -> None:
        """Undo what was recorded: the latest first, as views may cover one another."""
        with torch.no_grad():
            for tensor, content in reversed(self._before.values()):
                tensor.copy_(content)


def _written(function: Callable[..., Any], args: tuple[Any, ...]) -> list[Tensor]:
    """The arguments that the operation's schema says it changes."""
    pairs = zip(function._schema.arguments, args, strict=False)
    return [tensor for said, given in pairs if said.alias_info and said.alias_info.is_write for tensor in _tensors(given)]


def _tensors(values: object) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(values) if isinstance(leaf, torch.Tensor)]


def _address(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()
