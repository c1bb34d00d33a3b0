"""The data of what a reader can explore in the page: the study's views, the numbers behind each figure, and the claims."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from report.inference.verdicts import VERDICTS, judge_all
from report.printing.markup import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from report.evidence.subject import Subject
    from report.figures.kept import Drawn
    from report.inference.verdicts import Judged

CLAIMS = "claims"
"""The view that is no figure's: what the claims can be filtered by."""
_GROUPS = {"parts": ("parts",), "models": ("models", "arms")}


def views_text(subject: Subject, drawings: Mapping[str, Drawn]) -> str:
    """JSON by figure: the view's own data where the study has one, and ``data``, the rows of its CSV file; and ``claims``."""
    found: dict[str, JsonValue] = {CLAIMS: _visible(_claims(subject))}
    for name, view in subject.study.declared().views.items():
        data = view(subject)
        if data is not None:
            found[name] = _visible(data)
    for name, drawing in drawings.items():
        known = found.get(name)
        if known is None and drawing.rows:
            found[name] = {"data": _visible(list(drawing.rows))}
    return json.dumps(found, ensure_ascii=True, allow_nan=False, sort_keys=True)


def _claims(subject: Subject) -> JsonValue:
    """Verdict, parts and models of each claim by their keys, and what these are called, each that some claim has."""
    rows = [_filtered_by(subject, one) for one in judge_all(subject)]
    s = subject.strings
    verdicts: dict[str, str] = {key: s(f"claim_verdicts.{key}") for key in VERDICTS}
    named = [(s("columns.verdict"), verdicts)]
    for title, groups in _GROUPS.items():
        texts = {
            key.partition(".")[2]: text for group in groups for key, text in s.texts.items() if key.startswith(f"{group}.")
        }
        named.append((s(f"claims.by_{title}"), texts))
    names: list[JsonValue] = []
    for at, (title, texts) in enumerate(named, start=1):
        there = {key for row in rows for key in row[at].split(" ")}
        options: list[JsonValue] = [[key, text] for key, text in texts.items() if key in there]
        names.append([title, options])
    return {"claims": [list(row) for row in rows], "names": names}


def _filtered_by(subject: Subject, judged: Judged) -> tuple[str, str, str, str]:
    """Id, verdict, and the keys of its parts and of its models or arms, with spaces between several."""
    experiments = subject.study.vocabulary.experiments
    chosen = judged.claim.select
    parts = dict.fromkeys(experiments[one.experiment].part for one in chosen if one.experiment in experiments)
    models = dict.fromkeys(one.variant for one in chosen)
    return judged.claim.id, judged.verdict, " ".join(parts), " ".join(models)


def _visible(value: JsonValue) -> JsonValue:
    """Strings as a page may show them; pictures, which are data addresses, stay as they are."""
    if isinstance(value, str):
        return value if value.startswith("data:image/") else visible(value)
    if isinstance(value, list):
        return [_visible(one) for one in value]
    if isinstance(value, dict):
        return {visible(key): _visible(one) for key, one in value.items()}
    return value
