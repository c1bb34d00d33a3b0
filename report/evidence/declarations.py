"""Reads the declarations of a study, the TOML files of its folder in ``data/studies``, into their schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from store.doors import refused_as
from store.errors import UsageError
from store.toml import toml_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_M = TypeVar("_M", bound=BaseModel)
_LEAST, _MOST = 1e-12, 1e12  # of a scale: from one unit to another, no nearer to what a float64 cannot hold


def _in_english(label: dict[str, str]) -> dict[str, str]:
    if not label.get("en", "").strip():
        raise ValueError("it has no words in English (en), which stand in for a language that it lacks")
    return label


def _between_units(scale: float) -> float:
    if not _LEAST <= abs(scale) <= _MOST:
        raise ValueError(f"a scale is {_LEAST:g} to {_MOST:g}, or the same below zero")
    return scale


Label = Annotated[dict[str, str], AfterValidator(_in_english)]
"""What something is called, by language."""
Scale = Annotated[float, AfterValidator(_between_units)]
"""What turns a record's unit into the printed one."""
Digits = Annotated[int, Field(ge=0, le=17, strict=True)]
"""Printed decimals: a float64 has 17 digits."""


class Declaration(BaseModel):
    """What all declarations are: frozen, without unknown keys, without infinities."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def read_toml(path: Path, schema: type[_M], written_out: Callable[[dict[str, object]], object] = dict) -> _M:
    """Read a TOML file of ``data`` into its schema; raises UsageError that names file and entry.

    ``written_out`` expands what the file says in short; a ValueError of it is an error of the file.
    """
    cure = "correct the entry, or restore the file: git checkout -- data"
    with refused_as(lambda reason: UsageError(f"cannot read {path.name}: {reason}", where=str(path), cure=cure)):
        tree = toml_of(path)
    try:
        return schema.model_validate(written_out(tree))
    except ValidationError as error:
        first = error.errors()[0]
        where = f"{path}, entry {'.'.join(str(part) for part in first['loc'])}" if first["loc"] else str(path)
        raise UsageError(f"{path.name}: {first['msg']}", where=where, cure=cure) from error
    except ValueError as error:
        raise UsageError(f"{path.name}: {error}", where=str(path), cure=cure) from error


def flattened(tree: object, leaf: frozenset[str] = frozenset()) -> object:
    """Nested tables as one table with dotted keys; a table that has every key of ``leaf`` (not empty) is left whole."""
    if not isinstance(tree, dict):
        return tree
    flat: dict[str, object] = {}
    for key, value in tree.items():
        if isinstance(value, dict) and not (leaf and leaf <= value.keys()):
            inner = flattened(value, leaf)
            flat |= {f"{key}.{name}": one for name, one in inner.items()} if isinstance(inner, dict) else {}
        else:
            flat[str(key)] = value
    return flat
