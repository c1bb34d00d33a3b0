"""Records that are sealed and do not hold what this program reads in them: an error with a place, and no traceback."""

from __future__ import annotations

import sys
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from store.doors import reason_of
from store.errors import IntegrityError, StudyError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROJECT = Path(__file__).parents[2]
# What comes of a column, an array, a fact or a metric that is not there, or is of another kind than docs/records.md says.
_CONTRADICTIONS = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
    MemoryError,
)


@contextmanager
def held_to_the_contract(root: Path) -> Iterator[None]:
    """Inside the block, what comes of records at ``root`` that break the contract becomes an IntegrityError; ours pass.

    A digest says that a record is as its author sealed it, not that it is what a task of this program writes. In Python's
    development mode everything passes as it is, so that a bug of the report shows its traceback.
    """
    try:
        yield
    except StudyError:
        raise
    except _CONTRADICTIONS as error:
        if sys.flags.dev_mode:
            raise
        message = f"these records do not hold what the report reads in them: {type(error).__name__}: {reason_of(error)}"
        cure = (
            f"python -m bench verify --artifacts {root} says what is wrong with them; where it calls them sound, this is a bug "
            "of the report: python -X dev -m report shows its traceback"
        )
        raise IntegrityError(f"{message} ({_place_of(error)})", where=str(root), cure=cure) from error


def _place_of(error: BaseException) -> str:
    """The last line of this project that was running: ``report/evidence/history.py:24``."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(_PROJECT)]
    own = [frame for frame in frames if "site-packages" not in frame.filename]
    return f"{Path(own[-1].filename).relative_to(_PROJECT)}:{own[-1].lineno}" if own else "outside the project"
