"""Whether what computed a record is what this program would compute it with: only then can a rule of today judge it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from bench.harness.closure import closure_of

if TYPE_CHECKING:
    from store.schema import Record


def same_source(record: Record, *modules: str) -> bool:
    """Whether the record was made with these modules as they are now, so that what they say of it must hold."""
    return all(record.ingredients.code.get(module) == _digest(module) for module in modules)


@cache
def _digest(module: str) -> str:
    return closure_of(module).code[module]
