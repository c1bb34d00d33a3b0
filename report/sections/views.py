"""The data of what a reader can explore in the page: the study's views, and the numbers behind each figure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from report.printing.figure_data import rows_of
from report.printing.markup import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from report.evidence.subject import Subject
    from report.printing.figure_style import Drawing


def views_text(subject: Subject, drawings: Mapping[str, Drawing]) -> str:
    """JSON by figure: the view's own data where the study has one, and ``data``, the rows of its CSV file."""
    found: dict[str, JsonValue] = {}
    for name, view in subject.study.declared().views.items():
        data = view(subject)
        if data is not None:
            found[name] = _visible(data)
    for name, drawing in drawings.items():
        known = found.get(name)
        rows = rows_of(drawing.figure)
        if known is None and rows:
            found[name] = {"data": _visible(rows)}
    return json.dumps(found, ensure_ascii=True, allow_nan=False, sort_keys=True)


def _visible(value: JsonValue) -> JsonValue:
    """Strings as a page may show them; pictures, which are data addresses, stay as they are."""
    if isinstance(value, str):
        return value if value.startswith("data:image/") else visible(value)
    if isinstance(value, list):
        return [_visible(one) for one in value]
    if isinstance(value, dict):
        return {visible(key): _visible(one) for key, one in value.items()}
    return value
