"""Verifies hundreds of stores that differ in one value: what is found of equal files and equal records is remembered."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bench.rechecking.verification import command
from bench.rechecking.verification.recomputation import recompute_record
from bench.studies.assignment_2.rechecks import across, shared_inputs
from store.audit import audit_record
from store.canonical import digest
from store.formats import read_arrays, read_table
from store.records import Stored

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from pathlib import Path

    import pytest
    from pydantic import JsonValue

    from bench.rechecking.verification.recomputation import Recomputed
    from store.audit import AuditedRecord
    from store.schema import Record


class Remembering:
    """``bench verify`` with a memory: what is the same file, by its inode, is read and audited once.

    A record with equal content, made from equal content, is recomputed once.
    """

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._audits: dict[Hashable, AuditedRecord] = {}
        self._contents: dict[int, tuple[Record, str]] = {}
        self._known: dict[str, Recomputed] = {}
        self._read_table, self._read_arrays = _once(read_table), _once(read_arrays)

    def within(self, patch: pytest.MonkeyPatch) -> Remembering:
        """Put the memory between the command and the recomputation for as long as ``patch`` lasts."""
        patch.setattr(command, "audit_record", self._audit)
        patch.setattr(command, "recompute_record", self._recompute)
        for module in (across, shared_inputs):
            patch.setattr(module, "read_table", self._read_table)
        patch.setattr(shared_inputs, "read_arrays", self._read_arrays)
        return self

    def verify(self, root: Path) -> dict[str, JsonValue]:
        """The facts of ``bench verify`` on the latest run."""
        return command.verify_facts(root, None)

    def _audit(self, root: Path, folder: Path) -> AuditedRecord:
        """A sound folder whose place and files are those of one that was audited: the same record in another store."""
        try:
            key = (folder.relative_to(root), *sorted(map(_state, folder.iterdir())))
        except OSError:
            return audit_record(root, folder)
        if key not in self._audits:
            found = audit_record(root, folder)
            if found.problems or found.stored is None:
                return found
            self._audits[key] = found
        known = self._audits[key]
        assert known.stored is not None
        return replace(known, folder=folder, stored=Stored(known.stored.record, folder))

    def _recompute(self, stored: Stored, upstream: Mapping[str, Stored] | None) -> Recomputed:
        made_from = None if upstream is None else {name: self._content(each.record) for name, each in upstream.items()}
        key = digest([self._content(stored.record), made_from])
        if key not in self._known:
            self._known[key] = recompute_record(stored, upstream)
        return self._known[key]

    def _content(self, record: Record) -> str:
        """Of everything that a record says but the digests of what it was made from, which a change upstream alters."""
        if id(record) not in self._contents:
            fields = record.model_dump(mode="json", exclude={"digest", "fingerprint", "result_digest"})
            fields["ingredients"]["upstream"] = sorted(fields["ingredients"]["upstream"])
            fields["result"]["upstream_results"] = sorted(fields["result"]["upstream_results"])
            self._contents[id(record)] = record, digest(fields)  # the record is kept, so that no other has its number
        return self._contents[id(record)][1]


def _state(path: Path) -> tuple[str, int, int, int]:
    """What is the same of two links to one file, and of two files never."""
    state = path.lstat()
    return path.name, state.st_ino, state.st_mode, state.st_mtime_ns


def _once(read: Callable[[Path], Any]) -> Callable[[Path], Any]:
    """A reader that reads a file once, however many stores link to it and however often one of them is verified."""
    known: dict[Hashable, Any] = {}

    def remembered(path: Path) -> Any:  # noqa: ANN401 - what the reader gives
        state = os.stat(path)  # noqa: PTH116
        # Without a second link a file's number may be another one's soon: then its place and last change count, too.
        own = (path, state.st_ctime_ns) if state.st_nlink == 1 else None
        key = (own, state.st_ino, state.st_size, state.st_mtime_ns)
        if key not in known:
            known[key] = read(path)
        return known[key]

    return remembered
