"""Reads the tensors out of a torch checkpoint (zip and pickle) without executing anything that the pickle names.

Only ordered dictionaries and tensors are built. Every other class becomes an inert placeholder that is never imported,
and a pickle that calls anything else is refused.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import zipfile
from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Self, TypeAlias

import numpy as np

from store.doors import UNREADABLE, open_regular, reason_of
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
_MALFORMED: tuple[type[Exception], ...] = (*UNREADABLE, pickle.UnpicklingError)
_PICKLE_BYTES = 4 << 20  # the pickle of YOLOv5s takes 60 kB, that of its largest sister 200 kB
_MOST_DIMENSIONS = 8
_LARGEST = 1 << 40  # of a size, a stride or an offset, in numbers
_NESTED = {"TUPLE1", "TUPLE2", "TUPLE3"}
_MOST_NESTED = 20  # one after the other: torch writes three


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
        with open_regular(path) as stream, zipfile.ZipFile(stream) as archive:
            _check_sizes(archive, path.stat().st_size)
            root = _root_of(archive)
            pickled = archive.read(f"{root}data.pkl")
            _check_opcodes(pickled)
            content = _TensorUnpickler(io.BytesIO(pickled), archive, root).load()
        return dict(_tensors(_model_of(content), ""))
    except _MALFORMED as error:
        message = f"not a checkpoint of tensors: {reason_of(error)}"
        raise IntegrityError(message, where=str(path), cure=_CURE) from error


def _root_of(archive: zipfile.ZipFile) -> str:
    """The folder of the archive that everything is in."""
    for name in archive.namelist():
        if name.endswith("/data.pkl"):
            return name.removesuffix("data.pkl")
    raise pickle.UnpicklingError("has no data.pkl")


def _check_sizes(archive: zipfile.ZipFile, size_bytes: int) -> None:
    """Torch stores its members as they are: what unpacks to more than the file holds is none of its archives."""
    members = archive.infolist()
    if sum(member.file_size for member in members) > size_bytes or any(member.compress_type for member in members):
        raise pickle.UnpicklingError("holds members that unpack to more than the file")
    if any(member.file_size > _PICKLE_BYTES for member in members if member.filename.endswith("/data.pkl")):
        raise pickle.UnpicklingError(f"has a data.pkl of more than {_PICKLE_BYTES} bytes")


def _check_opcodes(pickled: bytes) -> None:
    """Look through the pickle before it is interpreted: a memo place beyond its length or a tower of tuples is refused."""
    tower = 0
    for opcode, argument, _ in pickletools.genops(pickled):
        if "PUT" in opcode.name and isinstance(argument, int) and argument > len(pickled):
            raise pickle.UnpicklingError("remembers something at a place beyond its own length")
        tower = tower + 1 if opcode.name in _NESTED else 0
        if tower > _MOST_NESTED:
            raise pickle.UnpicklingError(f"nests tuples more than {_MOST_NESTED} deep")


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
        if not isinstance(key, str) or not _is_count(count):
            raise pickle.UnpicklingError("refers to a storage without a name or a length")
        member = self._archive.getinfo(f"{self._root}data/{key}")
        if member.file_size != count * dtype.itemsize:
            raise pickle.UnpicklingError(f"storage {key} has {member.file_size} bytes, {count} numbers expected")
        return _Storage(np.frombuffer(self._archive.read(member), dtype))


def _rebuild_tensor(storage: object, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object) -> Array:
    """A copy of the view that a tensor has on its storage; raises UnpicklingError where it reaches outside."""
    shaped = isinstance(size, tuple) and isinstance(stride, tuple) and len(size) == len(stride) <= _MOST_DIMENSIONS
    if not isinstance(storage, _Storage) or not shaped or not all(map(_is_count, (offset, *size, *stride))):
        raise pickle.UnpicklingError("holds a malformed tensor")
    numbers = storage.numbers
    if 0 not in size and offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True)) >= len(numbers):
        raise pickle.UnpicklingError("holds a tensor that reaches outside its storage")
    if math.prod(size) > len(numbers):  # with strides of 0 a view of four bytes has as many numbers as it likes
        raise pickle.UnpicklingError("holds a tensor of more numbers than its storage")
    strides = tuple(step * numbers.itemsize for step in stride)
    return np.lib.stride_tricks.as_strided(numbers[offset:], size, strides).copy()


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST


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
