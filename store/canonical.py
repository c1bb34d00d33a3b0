"""Canonical JSON and SHA-256: equal content gives equal bytes, whatever the order of keys."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

from store.doors import regular_handle

if TYPE_CHECKING:
    from pathlib import Path

_CHUNK = 1 << 20  # 1 MiB: large enough that hashing, not the call, dominates


def canonical_json(value: object) -> bytes:
    """Sorted keys, no spaces, UTF-8, floats in shortest round-trip form; raises ValueError on NaN or infinity."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def readable_json(value: object) -> bytes:
    """Like ``canonical_json``, but indented and newline-terminated, for files that people open."""
    return (json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def digest(value: object) -> str:
    """SHA-256 (64 hex digits) of the canonical JSON of ``value``."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def digest_bytes(content: bytes) -> str:
    """SHA-256 (64 hex digits) of ``content``."""
    return hashlib.sha256(content).hexdigest()


def digest_file(path: Path) -> str:
    """SHA-256 (64 hex digits) of the file's bytes; raises OSError where it cannot be read, or is no regular file."""
    handle = regular_handle(path)
    try:
        return _digest_of(handle)
    finally:
        os.close(handle)


def digest_within(path: Path | str, most: int) -> tuple[str | None, int]:
    """The same and the file's size; None for more than ``most`` bytes: a sparse terabyte would be read for hours."""
    handle = regular_handle(path)
    try:
        size = os.fstat(handle).st_size
        return (_digest_of(handle) if size <= most else None), size
    finally:
        os.close(handle)


def _digest_of(handle: int) -> str:
    hasher = hashlib.sha256()
    while chunk := os.read(handle, _CHUNK):  # no stream in between: for small files it costs as much as all the rest
        hasher.update(chunk)
    return hasher.hexdigest()
