"""On what each field of a record stands: recomputed from what is stored, held against other records, or taken on trust."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Standing = Literal["recomputed", "cross-checked", "trusted"]

# Of every record, whatever the study; a study's own declaration goes before.
EVERYWHERE: Mapping[str, Standing] = {
    "* volatile": "recomputed",
    "timing.json:seconds": "recomputed",
    "timing.json:*": "trusted",
    "source.json": "trusted",
    "execution.duration_s": "recomputed",
    "execution.*": "trusted",
    "ingredients.config": "cross-checked",
    "ingredients.code": "cross-checked",
    "ingredients.inputs": "cross-checked",
    "ingredients.environment of device": "trusted",
    "ingredients.environment of machine": "trusted",
    "ingredients.environment of system": "trusted",
    "ingredients.environment of threads": "trusted",
    "ingredients.environment of *": "recomputed",
}


def standing_of(field: str, declared: Mapping[str, Standing]) -> Standing | None:
    """What the study's declaration, else the one of all records, says of a field: the first pattern that fits; None without."""
    for patterns in (declared, EVERYWHERE):
        for pattern, standing in patterns.items():
            if fnmatchcase(field, pattern):
                return standing
    return None


def trusted(declared: Mapping[str, Standing]) -> tuple[str, ...]:
    """The study's own fields that nothing stored tells: only running the task again does."""
    return tuple(pattern for pattern, standing in declared.items() if standing == "trusted")
