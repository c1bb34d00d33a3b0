"""Claims that repeat are written once: an entry with ``over`` stands for one claim a combination of what it ranges over.

``over`` maps a name to keys, or to tables with a ``key`` and whatever else differs. In every text of the entry ``{name}`` is
the key, ``{name.field}`` a field of its table (or the ``label`` that ``study.toml`` gives the key), and ``{published}`` the
published number as it is printed (``{published:,}`` with a mark between thousands). What a claim ranges over stands here and
nowhere else, so that a new model changes no claim.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from report.evidence.published import Published
    from report.evidence.vocabulary import Vocabulary

_HOLE = re.compile(r"\{(\w+)(?:\.(\w+))?(:,)?\}")
_PUBLISHED = "published"


def expanded(tree: dict[str, object], published: Published, vocabulary: Vocabulary) -> dict[str, object]:
    """The tree of ``claims.toml`` with every claim written out; raises ValueError for a placeholder that stands for nothing."""
    found: list[object] = []
    for entry in cast("Sequence[dict[str, object]]", tree.get("claims", [])):
        over = cast("Mapping[str, Sequence[object]]", entry.get("over", {}))
        fields = {name: value for name, value in entry.items() if name != "over"}
        for combination in product(*over.values()):
            values = {name: _named(one, vocabulary) for name, one in zip(over, combination, strict=True)}
            found.append(_written(fields, values, published) if over else fields)
    return {**tree, "claims": found}


def _named(one: object, vocabulary: Vocabulary) -> dict[str, object]:
    """The fields of what a name stands for, with its label where the study has one."""
    fields = dict(cast("Mapping[str, object]", one)) if isinstance(one, dict) else {"key": one}
    labels = {named.key: named.label["en"] for named in vocabulary.named}
    key = str(fields.get("model", fields["key"]))
    return {"label": labels[key], **fields} if key in labels else fields


def _written(
    fields: Mapping[str, object], values: Mapping[str, Mapping[str, object]], published: Published
) -> dict[str, object]:
    """The claim with its placeholders filled, first in the path of its published number and then everywhere."""
    path = _filled(fields.get(_PUBLISHED), values)
    number = published.find(path) if isinstance(path, str) else None
    if number is not None:
        known = {"key": f"{number.value:.{number.decimals}f}", "grouped": f"{number.value:,.{number.decimals}f}"}
        values = {**values, _PUBLISHED: known}
    return {name: _filled(value, values) for name, value in fields.items()}


def _filled(value: object, values: Mapping[str, Mapping[str, object]]) -> object:
    if isinstance(value, dict):
        return {name: _filled(one, values) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, values) for one in value]
    if not isinstance(value, str):
        return value
    whole = _HOLE.fullmatch(value)
    if whole is not None:
        return _value(whole, values)
    return _HOLE.sub(lambda hole: str(_value(hole, values)), value)


def _value(hole: re.Match[str], values: Mapping[str, Mapping[str, object]]) -> object:
    name, field, grouped = hole.groups()
    fields = values.get(name, {})
    wanted = "grouped" if grouped else field or "key"
    if wanted not in fields:
        raise ValueError(f"the placeholder {hole[0]} stands for nothing; there are {', '.join(values) or 'none'}")
    return fields[wanted]
