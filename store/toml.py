"""The one way in for TOML that people write: a regular file, bounded before it is read, UTF-8 with or without a mark."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from store.doors import DEPTH, read_bounded

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST = 1 << 20  # bytes: the longest file of a study here, its strings in one language, takes 60 kB
# More dotted parts of a key than any level here: Python's reader takes quadratic time for them, minutes for 200 kB.
_LONG_KEY = re.compile(rf"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){{{DEPTH + 1}}}""")


def toml_of(path: Path) -> dict[str, object]:
    """The tables of the file at ``path``.

    Raises OSError, and ValueError for more than a megabyte, and what is no UTF-8 or no TOML as ``parse_toml`` takes it.
    """
    return parse_toml(read_bounded(path, _LARGEST).decode("utf-8-sig"))  # some editors mark UTF-8


def parse_toml(text: str) -> dict[str, object]:
    """The tables of a text; raises TOMLDecodeError, and ValueError for more than ``DEPTH`` levels and other extremes."""
    if _LONG_KEY.search(text):
        raise ValueError(f"it is nested more than {DEPTH} deep")
    try:
        tree = tomllib.loads(text)
    except RecursionError as error:
        raise ValueError(f"it is nested more than {DEPTH} deep") from error
    if _is_deeper(tree, DEPTH):  # dotted keys nest without a bracket
        raise ValueError(f"it is nested more than {DEPTH} deep")
    return tree


def _is_deeper(tree: object, most: int) -> bool:
    level = [tree]
    for _ in range(most):
        inner = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        level = [value for held in inner for value in held]
    return any(isinstance(one, dict | list) for one in level)
