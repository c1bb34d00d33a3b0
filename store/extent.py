"""How much a manifest may list, as a validator notes every misfit of millions, and that no key of a document stands twice."""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import TYPE_CHECKING

from store.doors import DOCUMENT_BYTES, guarded, read_bounded, read_json
from store.errors import IntegrityError

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue

MOST = 500_000  # keys and elements: the manifest of a run of 10,000 records has 80,000, the checksums of its archive 300,000
SMALL = 1 << 20  # bytes that hold no more than a validator can tell the misfits of in seconds
_FREE = {"facts", "config", "machine"}  # any JSON may stand in these: a validator finds nothing amiss there


def hold_extent(manifest: JsonValue) -> None:
    """Raise ValueError for more than ``MOST`` keys and elements, those aside that may hold any JSON."""
    count, level = 0, [manifest]
    while level:
        inner: list[JsonValue] = []
        for one in level:
            if not isinstance(one, dict | list):
                continue
            count += len(one)
            if count > MOST:
                raise ValueError(f"it lists more than {MOST} things, which no manifest does")
            if isinstance(one, dict):
                inner += [value if name not in _FREE else _names(value) for name, value in one.items()]
            else:
                inner += one
        level = inner


def hold_keys(content: bytes) -> None:
    """Raise ValueError for JSON with a key that stands twice in one mapping: the last counts here, the first elsewhere."""
    json.loads(content, object_pairs_hook=_each_once)


def read_plain_document(path: Path) -> JsonValue:
    """The JSON value of a record's file; raises IntegrityError, also for a key that stands twice in one mapping."""
    from store.formats import read_document  # noqa: PLC0415 - Arrow takes 0.1 s, and manifests need none

    with guarded(path, "JSON"):
        hold_keys(read_bounded(path, DOCUMENT_BYTES))
    return read_document(path)


def hold_extent_of(path: Path, kind: str, cure: str) -> None:
    """``hold_extent`` for the manifest at ``path``, which ``kind`` names for people; raises IntegrityError.

    What cannot be read is left to whoever reads it next, and says what is wrong.
    """
    try:
        if os.stat(path).st_size <= SMALL:  # noqa: PTH116 - of thousands of manifests, a third of the time
            return
        manifest = read_json(path)
    except (OSError, ValueError, MemoryError):
        return
    try:
        hold_extent(manifest)
    except ValueError as error:
        raise IntegrityError(f"{kind} cannot be read: {error}", where=str(path), cure=cure) from error


def _each_once(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"the key {twice[:60]!r} stands twice")
    return found


def _names(value: JsonValue) -> JsonValue:
    """What a validator looks at where any JSON may stand: the names of the values."""
    return dict.fromkeys(value) if isinstance(value, dict) else value
