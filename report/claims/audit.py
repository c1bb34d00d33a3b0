"""``report audit``: the verdict on every published claim, as facts and as a table for the terminal."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import asdict
from difflib import get_close_matches
from fnmatch import fnmatchcase
from textwrap import shorten
from typing import TYPE_CHECKING, cast

from report.claims.grouping import counted_word
from report.inference.verdicts import VERDICTS, judge_all
from report.tables.claim_numbers import measured, published
from report.tables.claim_reasons import reason
from store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import JsonValue

    from report.evidence.subject import Subject
    from report.inference.verdicts import Judged
    from report.printing.strings import Strings

_COLUMNS = ("id", "source", "family", "verdict", "published", "means", "seeds", "p", "reason")
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
    """The claims place by place, a line each with its verdict first; a reason that all at a place share stands once."""
    claims, counted = facts["claims"], facts["counts"]
    if not isinstance(claims, list) or not isinstance(counted, dict):
        raise TypeError("an audit lists its claims and counts its verdicts")
    places: dict[str, list[Mapping[str, JsonValue]]] = {}
    for claim in claims:
        if isinstance(claim, dict):
            places.setdefault(str(claim["source"]), []).append(claim)
    heads = [s(f"columns.{name}").lower() for name in ("verdict", "claim", "published", "rerun", "seeds", "why")]
    lines = [f"{heads[0]:<15} {heads[1]:<{_WIDTH}} {heads[2]:>10} {heads[3]:>22}  {heads[4]}  {heads[5]}"]
    for place, found in places.items():
        lines += _place(place, found, s)
    words = ", ".join(counted_word(s, verdict, str(number)) for verdict, number in counted.items())
    total = sum(cast("dict[str, int]", counted).values())
    return "\n".join([*lines, "", s("claims.audit", run=facts["run_id"], count=total, words=words)])


def _place(place: str, claims: Sequence[Mapping[str, JsonValue]], s: Strings) -> list[str]:
    """The heading of a place with its verdicts, and its claims."""
    verdicts = Counter(str(claim["verdict"]) for claim in claims)
    words = ", ".join(counted_word(s, verdict, str(verdicts[verdict])) for verdict in VERDICTS if verdicts[verdict])
    head = s("claims.audit_place", place=s("claims.group", place=s.place(place)), words=words)
    reasons = {str(claim["reason"]) for claim in claims}
    once = reasons.pop() if len(reasons) == 1 and len(claims) > 1 else ""
    shared = [f"  {s('claims.shared', reason=once)}"] if once else []
    return ["", head, *shared, *(_line(claim, s, why="" if once else str(claim["reason"])) for claim in claims)]


def _line(claim: Mapping[str, JsonValue], s: Strings, why: str) -> str:
    name = shorten(str(claim["id"]), _WIDTH, placeholder="...")
    word = s(f"claim_verdicts.{claim['verdict']}")
    published, shown = claim["printed"], claim["shown"]
    return f"{word:<15} {name:<{_WIDTH}} {published:>10} {shown:>22} {claim['seeds'] or '':>2}  {why}".rstrip()


def chosen(facts: dict[str, JsonValue], verdicts: Sequence[str], patterns: Sequence[str]) -> dict[str, JsonValue]:
    """The claims with one of the verdicts, whose id fits one of the patterns (none given: all); counts stay those of all.

    Raises UsageError for a word that is no verdict, and for a pattern that no claim fits.
    """
    claims = cast("list[dict[str, JsonValue]]", facts["claims"])
    unknown = [word for word in verdicts if word not in VERDICTS]
    if unknown:
        raise UsageError(f"{unknown[0]} is no verdict", where="--verdict", cure=f"choose from: {', '.join(VERDICTS)}")
    missing = [pattern for pattern in patterns if not any(fnmatchcase(str(claim["id"]), pattern) for claim in claims)]
    if missing:
        near = get_close_matches(missing[0], [str(claim["id"]) for claim in claims], n=1)
        cure = f"did you mean {near[0]}?" if near else "a pattern may hold *, such as 'table-5.*'; --json lists all ids"
        raise UsageError(f"no claim {missing[0]}", where="--claim", cure=cure)
    kept: list[JsonValue] = [
        claim
        for claim in claims
        if (not verdicts or claim["verdict"] in verdicts)
        and (not patterns or any(fnmatchcase(str(claim["id"]), pattern) for pattern in patterns))
    ]
    return {**facts, "claims": kept}


def audit_csv(facts: Mapping[str, JsonValue]) -> str:
    """The claims as CSV, numbers at full precision; several means of a claim stand in one field, separated by blanks."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for claim in cast("list[dict[str, JsonValue]]", facts["claims"]):
        means = " ".join(repr(mean) for mean in cast("list[float]", claim["means"]))
        writer.writerow([means if name == "means" else "" if claim[name] is None else claim[name] for name in _COLUMNS])
    return sink.getvalue().rstrip("\n")


def _plain(text: str) -> str:
    """With spaces that a terminal and a spreadsheet take for spaces."""
    return text.replace("\N{NARROW NO-BREAK SPACE}", " ").replace("\N{NO-BREAK SPACE}", " ")


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
        "reason": _plain(reason(subject, judged)),
        "published": None if judged.published is None else float(judged.published),
        "printed": "" if judged.published is None else _plain(published(subject, judged).text),
        "shown": _plain(measured(subject, judged).text) if judged.measured else "",
        "means": [float(summary.mean) for summary in judged.measured],
        "intervals": [None if one is None else [one.low, one.high] for one in intervals],
        "seeds": judged.seeds,
        "p": judged.p,
        "tests": None if judged.tests is None else dict(asdict(judged.tests)),
        "cause": None if judged.cause is None else judged.cause.model_dump(mode="json"),
        "records": list(judged.records),
    }
