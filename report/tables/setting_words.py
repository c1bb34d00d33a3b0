"""Settings that were tried in place of the run's own, in the study's words for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from report.tables.provenance import plain
from store.alternatives import changes_of, key_and_value

if TYPE_CHECKING:
    from report.claims.sensitivity import Trial
    from report.evidence.subject import Subject


def setting(subject: Subject, trial: Trial) -> str:
    """Each setting that is changed, the assumed value and the one that was tried."""
    return "; ".join(
        subject.strings(
            "sensitivity.setting",
            name=subject.strings.named("settings", change.key),
            assumed=plain(subject, change.assumed),
            tried=_value(subject, change.tried),
        )
        for change in trial.changes
    )


def tried(subject: Subject, alternative: str) -> str:
    """Each setting of an alternative with the value that was tried."""
    pairs = map(key_and_value, changes_of(alternative))
    return ", ".join(
        subject.strings("sensitivity.tried", name=subject.strings.named("settings", key), tried=_value(subject, value))
        for key, value in pairs
    )


def _value(subject: Subject, written: str) -> str:
    """A value as the command line has it (``[512, 256]``), printed as those of the configuration are (``512, 256``)."""
    try:
        return plain(subject, json.loads(written))
    except json.JSONDecodeError:
        return written
