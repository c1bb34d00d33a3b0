"""A store of its own for one re-run: nothing is reused from it and nothing of it stays."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from store.errors import unwritable
from store.lock import LOCK, is_held, sole_writer
from store.records import Stored, check_files, folder_of, load

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = "reproduce-"


@contextmanager
def clean_store(artifacts: Path) -> Iterator[Path]:
    """An empty folder below the cache of ``artifacts``, deleted at the end, however the block ends.

    What a killed process left there is deleted first. Raises StoreError where the folder cannot be made.
    """
    cache = artifacts / "cache"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        _sweep(cache)
        # A trainer that is being stopped may still write: what then stays is swept by the next re-run.
        temporary = tempfile.TemporaryDirectory(prefix=_PREFIX, dir=cache, ignore_cleanup_errors=True)
    except OSError as error:
        raise unwritable("no room for a clean store", cache, error, "or name a copy with --artifacts DIR") from error
    with temporary as name, sole_writer(Path(name), lambda _holder: None):
        yield Path(name)


def copy_record(stored: Stored, root: Path) -> Stored:
    """Put the record into the store at ``root`` and check every byte there; raises IntegrityError, StoreError."""
    folder = folder_of(root, stored.record.task, stored.record.fingerprint)
    try:
        shutil.copytree(stored.folder, folder)
    except OSError as error:  # shutil.Error is one
        raise unwritable(f"cannot copy the record of {stored.record.task.id}", folder, error, "then run again") from error
    copied = load(folder)
    check_files(copied)
    return copied


def _sweep(cache: Path) -> None:
    for leftover in cache.glob(f"{_PREFIX}*"):
        if (leftover / LOCK).is_file() and not is_held(leftover):
            shutil.rmtree(leftover, ignore_errors=True)
