"""A certificate as lines for people."""

from __future__ import annotations

from collections import Counter
from textwrap import wrap
from typing import TYPE_CHECKING

from store.certificates import AGREEING, COVERAGE, NEUTRAL, certificate_path

if TYPE_CHECKING:
    from pathlib import Path

    from store.certificates import Certificate, Outcome, TaskVerdict, Verdict

_WIDTH = 110
WORDS: dict[Verdict, str] = {
    "bit_identical": "bit-identical",
    "consistent": "consistent, not the same",
    "divergence": "diverges",
    "different": "different result",
    "not_comparable": "not comparable",
    "failed": "failed",
    "skipped": "skipped",
    "no_result": "no result to reproduce",
}


OUTCOMES: dict[Outcome, str] = {
    "reproduced": "reproduced, bit for bit",
    "consistent": "consistent, not the same",
    "incomplete": f"not enough to say so (it takes a training, and {COVERAGE:.0%} of what was selected)",
    "not_reproduced": "not reproduced",
}


def certificate_text(certificate: Certificate, artifacts: Path) -> str:
    """What was found task by task, what could not be reproduced last, then the outcome and where the certificate lies."""
    ordered = sorted(certificate.tasks, key=lambda item: item.verdict not in AGREEING | NEUTRAL)
    lines = [f"{WORDS[item.verdict]:<24}  {item.task.id:<32}  {_detail(item)}".rstrip() for item in ordered]
    counts, selection = Counter(item.verdict for item in certificate.tasks), certificate.selection
    summary = ", ".join(f"{counts[name]} {word}" for name, word in WORDS.items() if counts[name]) or "nothing selected"
    drawn = f"; a sample drawn here with nonce {selection.sample_seed}" if selection.sample_seed else ""
    outcome = OUTCOMES[certificate.outcome]
    return "\n".join(
        [
            *lines,
            f"{outcome}: run {certificate.run_id}: {summary} (of {selection.tasks_in_run} tasks{drawn})",
            *wrap(certificate.scope, _WIDTH),
            f"certificate: {certificate_path(artifacts, certificate.run_id)}",
        ]
    )


def _detail(item: TaskVerdict) -> str:
    parts = [item.reason.partition("\n")[0]] if item.reason else []
    if item.epoch is not None:
        parts.append(f"first divergence at epoch {item.epoch} in {_place(item)}")
    elif item.what:
        parts.append(f"{item.what}: stored {item.stored}, again {item.again}")
    parts += item.differences
    if item.environment:
        parts.append(f"environment: {', '.join(item.environment)}")
    if item.resumed_stored or item.resumed_again:
        parts.append(f"resumed after epochs {_epochs(item.resumed_stored)} (stored), {_epochs(item.resumed_again)} (again)")
    return "; ".join(parts)


def _place(item: TaskVerdict) -> str:
    """The parts, of the weights with their first tensor; a chain that only ends early has none."""
    if not item.parts:
        return f"its length: {item.stored} epochs stored, {item.again} again"
    more = f" and {len(item.tensors) - 1} more" if len(item.tensors) > 1 else ""
    tensors = f" ({item.tensors[0]}{more})" if item.tensors else ""
    return ", ".join(f"{name}{tensors}" if name == "weights" else name for name in item.parts)


def _epochs(epochs: tuple[int, ...]) -> str:
    return ", ".join(map(str, epochs)) or "none"
