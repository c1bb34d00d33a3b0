"""Reads the tensors out of a torch checkpoint (zip and pickle) without executing anything that the pickle names.

Only ordered dictionaries and tensors are built. Every other class becomes an inert placeholder that is never imported,
and a pickle that calls anything else is refused.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Self, TypeAlias

import numpy as np

from store.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.generic]

# torch's storage classes and the little-endian numbers that they hold.
_DTYPES = {
    "HalfStorage": "<f2",
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ByteStorage": "|u1",
    "BoolStorage": "|b1",
}
# Harmless constructors that such checkpoints call with arguments; what they would build is not needed.
_IGNORED = {("numpy.core.multiarray", "_reconstruct"), ("numpy", "dtype"), ("_codecs", "encode"), ("__builtin__", "set")}
_CURE = "fetch the official file again; do not load this one with torch.load"
# What a truncated or made-up pickle can make the interpreter of pickles raise.
_MALFORMED = (pickle.UnpicklingError, EOFError, KeyError, IndexError, TypeError, ValueError, AttributeError, UnicodeDecodeError)


class Placeholder:
    """Stands for an object of a class that is not imported; keeps the state that the pickle gives it."""

    state: object = None

    def __new__(cls, *arguments: object) -> Self:
        """Take no arguments: a class called with some is a function call in disguise."""
        if arguments:
            raise pickle.UnpicklingError(f"calls {cls.__module__}.{cls.__qualname__}")
        return super().__new__(cls)

    def __setstate__(self, state: object) -> None:
        """Keep the state as it is."""
        self.state = state


@dataclass(frozen=True, slots=True)
class _Storage:
    """A run of numbers in the archive that tensors are views of."""

    numbers: Array


def read_checkpoint(path: Path) -> dict[str, Array]:
    """Tensors of the checkpoint's model by name, such as ``model.0.conv.weight``, as they are stored (float16).

    The model is the entry ``ema`` where it is set, else ``model``. Raises IntegrityError where the file is no such
    checkpoint or its pickle asks for more than tensors.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            root = next((name[: -len("data.pkl")] for name in archive.namelist() if name.endswith("/data.pkl")), None)
            if root is None:
                raise pickle.UnpicklingError("has no data.pkl")
            content = _TensorUnpickler(io.BytesIO(archive.read(f"{root}data.pkl")), archive, root).load()
        return dict(_tensors(_model_of(content), ""))
    except (*_MALFORMED, zipfile.BadZipFile) as error:
        message = f"not a checkpoint of tensors: {error}"
        raise IntegrityError(message, where=str(path), cure=_CURE) from error


class _TensorUnpickler(pickle.Unpickler):
    """Resolves every name in the pickle by a fixed table; nothing is imported."""

    def __init__(self, stream: io.BytesIO, archive: zipfile.ZipFile, root: str) -> None:
        super().__init__(stream)
        self._archive = archive
        self._root = root

    def find_class(self, module_name: str, global_name: str, /) -> object:
        """What the pickle may use under this name: our own stand-in, whatever the name means elsewhere."""
        if (module_name, global_name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module_name == "torch._utils" and global_name in _REBUILD:
            return _REBUILD[global_name]
        if module_name == "torch" and global_name in _DTYPES:
            return np.dtype(_DTYPES[global_name])
        if (module_name, global_name) in _IGNORED:
            return partial(_ignore)
        return type(global_name, (Placeholder,), {"__module__": module_name})

    def persistent_load(self, pid: object) -> _Storage:
        """The numbers of one storage; ``pid`` is ``("storage", type, key, location, count)``."""
        if not (isinstance(pid, tuple) and len(pid) == 5 and pid[0] == "storage" and isinstance(pid[1], np.dtype)):  # noqa: PLR2004 - torch's five
            raise pickle.UnpicklingError("refers to something that is no storage")
        _, dtype, key, _, count = pid
        member = self._archive.getinfo(f"{self._root}data/{key}")
        if member.file_size != count * dtype.itemsize:
            raise pickle.UnpicklingError(f"storage {key} has {member.file_size} bytes, {count} numbers expected")
        return _Storage(np.frombuffer(self._archive.read(member), dtype))


def _rebuild_tensor(storage: object, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object) -> Array:
    """A copy of the view that a tensor has on its storage; raises UnpicklingError where it reaches outside."""
    if not isinstance(storage, _Storage) or min((offset, *size, *stride)) < 0 or len(size) != len(stride):
        raise pickle.UnpicklingError("holds a malformed tensor")
    numbers = storage.numbers
    if 0 not in size and offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True)) >= len(numbers):
        raise pickle.UnpicklingError("holds a tensor that reaches outside its storage")
    strides = tuple(step * numbers.itemsize for step in stride)
    return np.lib.stride_tricks.as_strided(numbers[offset:], size, strides).copy()


def _rebuild_parameter(tensor: Array, *_: object) -> Array:
    return tensor


def _ignore(*_: object) -> Placeholder:
    return Placeholder()


_REBUILD: dict[str, Callable[..., object]] = {
    "_rebuild_tensor_v2": _rebuild_tensor,
    "_rebuild_parameter": _rebuild_parameter,
}


def _model_of(content: object) -> object:
    if not isinstance(content, dict):
        raise pickle.UnpicklingError("holds no dictionary")
    model = content.get("ema") or content.get("model")
    if not isinstance(model, Placeholder):
        raise pickle.UnpicklingError("holds no model")
    return model


def _tensors(module: object, prefix: str) -> Iterator[tuple[str, Array]]:
    """Parameters and buffers of a pickled torch module and of the modules in it, in torch's order."""
    state = module.state if isinstance(module, Placeholder) else None
    if not isinstance(state, dict):
        return
    for kind in ("_parameters", "_buffers"):
        for name, tensor in state.get(kind, {}).items():
            if isinstance(tensor, np.ndarray):
                yield prefix + name, tensor
    for name, child in state.get("_modules", {}).items():
        yield from _tensors(child, f"{prefix}{name}.")
