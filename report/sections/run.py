"""Facts of the run: which one it is, what it was made with, what it left out."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from report.evidence.subject import Subject


def summary(subject: Subject) -> dict[str, object]:
    """Run, profile, seeds, and how many of its tasks have a result."""
    run, everything = subject.evidence.run, subject.evidence.everything()
    return {
        "run": run.run_id,
        "profile": run.profile,
        "seeds": seeds(subject),
        "complete": sum(stored.record.status == "ok" for stored in everything),
        "total": len(everything),
        "count": sum(stored.record.status != "ok" for stored in everything),
    }


def seeds(subject: Subject) -> str:
    """How many seeds, and which."""
    found = sorted({entry.task.seed for entry in subject.evidence.run.entries if entry.task.seed is not None})
    listed = ", ".join(str(seed) for seed in found)
    if len(found) == 1:
        return subject.strings("summary.seeds_one", seeds=listed)
    return subject.strings("summary.seeds_many", count=len(found), seeds=listed)


def provenance(subject: Subject) -> dict[str, object]:
    """What the appendix says of the run's manifest."""
    run = subject.evidence.run
    return {"run": run.run_id, "command": shlex.join(run.command), "created": run.created_at, "digest": run.digest[:16]}
