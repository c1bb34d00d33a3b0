"""``report audit``: the verdict on every published claim, as facts and as a table for the terminal."""

from __future__ import annotations

from dataclasses import asdict
from textwrap import shorten
from typing import TYPE_CHECKING

from report.inference.verdicts import VERDICTS, judge_all
from report.tables.claims import reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from report.evidence.subject import Subject
    from report.inference.verdicts import Judged
    from report.printing.strings import Strings

_WIDTH = 44  # characters of a claim's id before it is cut


def audit_facts(subject: Subject) -> dict[str, JsonValue]:
    """Counts by verdict and every claim with its values at full precision."""
    judged = judge_all(subject)
    counted: dict[str, JsonValue] = {verdict: sum(one.verdict == verdict for one in judged) for verdict in VERDICTS}
    claims: list[JsonValue] = [_facts(subject, one) for one in judged]
    return {"run_id": subject.evidence.run.run_id, "counts": counted, "claims": claims}


def refuted(facts: Mapping[str, JsonValue]) -> bool:
    """Whether the run refutes a claim."""
    counted = facts["counts"]
    return isinstance(counted, dict) and bool(counted["refuted"])


def audit_text(facts: Mapping[str, JsonValue], s: Strings) -> str:
    """A line for each claim, then the counts."""
    claims, counted = facts["claims"], facts["counts"]
    if not isinstance(claims, list) or not isinstance(counted, dict):
        raise TypeError("an audit lists its claims and counts its verdicts")
    heads = [s(f"columns.{name}").lower() for name in ("verdict", "claim", "published", "rerun", "seeds", "why")]
    lines = [f"{heads[0]:<15} {heads[1]:<{_WIDTH}} {heads[2]:>10} {heads[3]:>22}  {heads[4]}  {heads[5]}"]
    lines += [_line(claim, s) for claim in claims if isinstance(claim, dict)]
    words = ", ".join(f"{number} {s(f'claim_verdicts.{verdict}')}" for verdict, number in counted.items())
    return "\n".join([*lines, s("claims.audit", run=facts["run_id"], count=len(claims), words=words)])


def _line(claim: Mapping[str, JsonValue], s: Strings) -> str:
    means = claim["means"] if isinstance(claim["means"], list) else []
    mark = s("numbers.decimal_mark")
    shown = "; ".join(f"{mean:.4g}".replace(".", mark) for mean in means if isinstance(mean, float))
    published = f"{claim['published']:.4g}".replace(".", mark) if isinstance(claim["published"], float) else ""
    name = shorten(str(claim["id"]), _WIDTH, placeholder="...")
    word = s(f"claim_verdicts.{claim['verdict']}")
    return f"{word:<15} {name:<{_WIDTH}} {published:>10} {shown:>22} {claim['seeds'] or '':>2}  {claim['reason']}"


def _facts(subject: Subject, judged: Judged) -> dict[str, JsonValue]:
    intervals = [summary.interval for summary in judged.measured]
    return {
        "id": judged.claim.id,
        "source": judged.claim.source,
        "quote": judged.claim.quote,
        "english": judged.claim.english,
        "words": judged.claim.words(subject.strings.language),
        "family": judged.claim.family,
        "verdict": judged.verdict,
        "reason": reason(subject, judged),
        "published": None if judged.published is None else float(judged.published),
        "means": [float(summary.mean) for summary in judged.measured],
        "intervals": [None if one is None else [one.low, one.high] for one in intervals],
        "seeds": judged.seeds,
        "p": judged.p,
        "tests": None if judged.tests is None else dict(asdict(judged.tests)),
        "cause": None if judged.cause is None else judged.cause.model_dump(mode="json"),
        "records": list(judged.records),
    }
