"""What a configuration is made of: its sections, numbers with bounds, and lists that name each thing once."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

# No count here comes near a million, and no library takes a seed of more than 32 bits.
PositiveInt = Annotated[int, Field(gt=0, le=1_000_000, strict=True)]
Count = Annotated[int, Field(ge=0, le=2**32 - 1, strict=True)]
PositiveFloat = Annotated[float, Field(gt=0)]
NonNegativeFloat = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(gt=0, lt=1)]

_T = TypeVar("_T", bound=Hashable)


def _each_once(values: tuple[_T, ...]) -> tuple[_T, ...]:
    if len(set(values)) < len(values):
        raise ValueError("name each one once")
    return values


Once = AfterValidator(_each_once)


class OutOfRangeError(ValueError):
    """A value that the rest of a configuration does not allow; ``key`` names it, the message gives its range."""

    def __init__(self, key: str, message: str) -> None:
        """Keep the key apart, so that the command line can say which option set it."""
        super().__init__(message)
        self.key = key


class Section(BaseModel):
    """A frozen part of a configuration: an unknown key and a number that is not finite are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
