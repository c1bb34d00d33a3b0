"""Verifies hundreds of stores that differ in one value: what is recomputed of equal records is remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.rechecking.verification import command
from bench.rechecking.verification.recomputation import recompute_record
from store.canonical import digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pytest
    from pydantic import JsonValue

    from bench.rechecking.verification.recomputation import Recomputed
    from store.records import Stored


class Remembering:
    """``bench verify`` with a memory: a record with equal content, made from equal content, is recomputed once."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        """Put the memory between the command and the recomputation for as long as ``patch`` lasts."""
        self._known: dict[str, Recomputed] = {}
        patch.setattr(command, "recompute_record", self._recompute)

    def verify(self, root: Path) -> dict[str, JsonValue]:
        """The facts of ``bench verify`` on the latest run."""
        return command.verify_facts(root, None)

    def _recompute(self, stored: Stored, upstream: Mapping[str, Stored] | None) -> Recomputed:
        made_from = None if upstream is None else {name: _content(each) for name, each in upstream.items()}
        key = digest([_content(stored), made_from])
        if key not in self._known:
            self._known[key] = recompute_record(stored, upstream)
        return self._known[key]


def _content(stored: Stored) -> JsonValue:
    """Everything that a record says but the digests of what it was made from, which a change upstream alters."""
    fields = stored.record.model_dump(mode="json", exclude={"digest", "fingerprint", "result_digest"})
    fields["ingredients"]["upstream"] = sorted(fields["ingredients"]["upstream"])
    fields["result"]["upstream_results"] = sorted(fields["result"]["upstream_results"])
    return fields
