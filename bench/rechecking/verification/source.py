"""Whether what computed a record is what this program would compute it with: only then can a rule of today judge it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from bench.harness.closure import closure_of, digest_under_3_12

if TYPE_CHECKING:
    from store.schema import Record


def same_source(record: Record, *modules: str) -> bool:
    """Whether the record was made with these modules as they are now, so that what they say of it must hold."""
    return all(_is_of(record.ingredients.code.get(module), module) for module in modules)


@cache
def _is_of(digest: str | None, module: str) -> bool:
    return digest == closure_of(module).code[module] or digest == digest_under_3_12(module)
