"""Reads the declarations of a study, the TOML files of its folder in ``data/studies``, into their schemas."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_M = TypeVar("_M", bound=BaseModel)


class Declaration(BaseModel):
    """What all declarations are: frozen, without unknown keys, without infinities."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def read_toml(path: Path, schema: type[_M], written_out: Callable[[dict[str, object]], object] = dict) -> _M:
    """Read a TOML file of ``data`` into its schema; raises UsageError that names file and entry.

    ``written_out`` expands what the file says in short; a ValueError of it is an error of the file.
    """
    cure = "correct the entry, or restore the file: git checkout -- data"
    try:
        return schema.model_validate(written_out(tomllib.loads(path.read_text(encoding="utf-8"))))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"cannot read {path.name}: {error}", where=str(path), cure=cure) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = f"{path}, entry {'.'.join(str(part) for part in first['loc'])}"
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
