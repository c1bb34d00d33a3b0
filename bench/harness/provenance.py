"""Where and with what a task ran, measured in the process that ran it: kept in every record, no part of its fingerprint."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from bench.harness.environment import git_state, installed_packages, machine_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class Provenance:
    """Machine, packages, and the commit with whether the checkout differs from it."""

    machine: Mapping[str, JsonValue]
    packages: Mapping[str, str]
    git_commit: str | None
    git_dirty: bool | None


@cache
def provenance_of(device: str) -> Provenance:
    """Of this process, computing on ``device``; measured once, as a machine does not change below a process."""
    commit, dirty = git_state()
    return Provenance(machine_facts(device), installed_packages(), commit, dirty)
