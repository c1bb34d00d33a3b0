"""Files that a record names and its folder lacks by intent: left out of an archive for their size or their licence.

``withheld.json`` beside the record's manifest lists them. Their digests stay in the manifest, so that whoever has the files can
hold them against it; nobody can compute with such a record, and ``bench plan`` makes it anew.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from store.canonical import readable_json
from store.doors import DOCUMENT_BYTES, parse_json, read_bounded, reason_of
from store.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from store.records import Stored

WITHHELD = "withheld.json"


class WithheldError(IntegrityError):
    """A file was asked for that was left out of the archive that its record came from."""


def withheld_of(folder: Path) -> frozenset[str]:
    """Names of the files that were left out; raises IntegrityError where the list cannot be read."""
    path = folder / WITHHELD
    try:
        fields = parse_json(read_bounded(path, DOCUMENT_BYTES))
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()
    except (OSError, ValueError, MemoryError) as error:
        cure = f"delete {folder} and run again: nox -s bench"
        raise IntegrityError(f"{WITHHELD} cannot be read: {reason_of(error)}", where=str(path), cure=cure) from error
    names = fields.get("files") if isinstance(fields, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise IntegrityError(f"{WITHHELD} lists no files", where=str(path), cure=f"delete {path}")
    return frozenset(map(str, names))


def absent_of(stored: Stored) -> tuple[str, ...]:
    """Names of the record's files that are not in its folder, as they were left out."""
    listed = withheld_of(stored.folder)
    names = (entry.name for entry in stored.record.files)
    return tuple(name for name in names if name in listed and not (stored.folder / name).exists())


def withheld_bytes(names: Iterable[str]) -> bytes:
    """The content of ``withheld.json``."""
    return readable_json({"files": sorted(names)})


def is_left_out(name: str, patterns: Sequence[str]) -> bool:
    """Whether a file of a record is one that an export leaves out, such as ``*.safetensors``."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def refusal(task_id: str, name: str, folder: Path) -> WithheldError:
    """The error for a file that was left out."""
    message = f"{name} of record {task_id} was left out of the archive that it came from"
    return WithheldError(message, where=str(folder), cure="import an archive with all files, or run again: nox -s bench")
