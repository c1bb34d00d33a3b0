"""Claims that repeat are written once: an entry with ``over`` stands for one claim a combination of what it ranges over.

``over`` maps a name to keys, or to tables with a ``key`` and whatever else differs. In every text of the entry ``{name}`` is
the key, ``{name.field}`` a field of its table (or the ``label`` that ``study.toml`` gives the key), and ``{published}`` the
published number as it is printed (``{published:,}`` with a mark between thousands). In ``translated`` and ``named`` the text of
a language takes that language's labels, the words that a field has for it, and its number marks. What a claim ranges over
stands here and nowhere else, so that a new model changes no claim.
"""

from __future__ import annotations

import math
import re
from itertools import product
from typing import TYPE_CHECKING, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from report.evidence.published import Printed, Published
    from report.evidence.vocabulary import Vocabulary

_Values: TypeAlias = "Mapping[str, Mapping[str, object]]"

_HOLE = re.compile(r"\{(\w+)(?:\.(\w+))?(:,)?\}")
_PUBLISHED = "published"
_BY_LANGUAGE = ("translated", "named")
_ENGLISH = "en"
_MOST = 10_000  # claims in one file: the largest study here has 149


def expanded(
    tree: dict[str, object], published: Published, vocabulary: Vocabulary, written: Callable[[Printed, str], tuple[str, str]]
) -> dict[str, object]:
    """The tree of ``claims.toml`` with every claim written out.

    ``written`` gives a published number in the marks of a language: thousands together, and set apart. Raises ValueError for a
    placeholder that stands for nothing, and for what is no claim or ranges over nothing.
    """
    found: list[object] = []
    for entry in _entries(tree):
        over = _ranges(entry)
        if len(found) + math.prod(map(len, over.values())) > _MOST:
            raise ValueError(f"with {entry.get('id')} its entries stand for more than {_MOST} claims")
        fields = {name: value for name, value in entry.items() if name != "over"}
        for combination in product(*over.values()):

            def values(language: str, chosen: tuple[object, ...] = combination, names: Sequence[str] = tuple(over)) -> _Values:
                return {name: _named(one, vocabulary, language) for name, one in zip(names, chosen, strict=True)}

            found.append(_written(fields, values, published, written) if over else fields)
    return {**tree, "claims": found}


def _entries(tree: Mapping[str, object]) -> list[dict[str, object]]:
    """The entries as they stand; raises ValueError where they are no tables."""
    entries = tree.get("claims", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("claims are tables, each of which begins with [[claims]]")
    for entry in entries:
        if untold := [name for name in _BY_LANGUAGE if not isinstance(entry.get(name, {}), dict)]:
            raise ValueError(f"{untold[0]} of {entry.get('id')} is no table of texts by language")
    return entries


def _ranges(entry: Mapping[str, object]) -> Mapping[str, Sequence[object]]:
    """What an entry ranges over; raises ValueError for no table of lists, an empty list, and a table without a key."""
    over = entry.get("over", {})
    if not isinstance(over, dict) or not all(isinstance(each, list) and each for each in over.values()):
        raise ValueError(f"over of {entry.get('id')} is no table of lists with something in them")
    for name, each in over.items():
        if any("key" not in one if isinstance(one, dict) else not isinstance(one, str | int) for one in each):
            raise ValueError(f"over.{name} of {entry.get('id')} lists neither words nor tables with a key")
    return over


def _named(one: object, vocabulary: Vocabulary, language: str) -> dict[str, object]:
    """The fields of what a name stands for, in a language's words, with its label where the study has one."""
    fields = dict(cast("Mapping[str, object]", one)) if isinstance(one, dict) else {"key": one}
    labels = {named.key: named.label.get(language, named.label[_ENGLISH]) for named in vocabulary.named}
    key = str(fields.get("model", fields["key"]))
    spoken = {
        name: value.get(language, value.get(_ENGLISH)) if isinstance(value, dict) else value for name, value in fields.items()
    }
    return {"label": labels[key], **spoken} if key in labels else spoken


def _written(
    fields: Mapping[str, object],
    values: Callable[[str], _Values],
    published: Published,
    written: Callable[[Printed, str], tuple[str, str]],
) -> dict[str, object]:
    """The claim with its placeholders filled, first in the path of its published number and then everywhere."""
    path = _filled(fields.get(_PUBLISHED), values(_ENGLISH))
    number = published.find(path) if isinstance(path, str) else None

    def known(language: str) -> _Values:
        if number is None:
            return values(language)
        return {**values(language), _PUBLISHED: dict(zip(("key", "grouped"), written(number, language), strict=True))}

    spoken = {
        name: {
            language: _filled(text, known(language)) for language, text in cast("Mapping[str, object]", fields[name]).items()
        }
        for name in _BY_LANGUAGE
        if name in fields
    }
    told = {name: _filled(value, known(_ENGLISH)) for name, value in fields.items() if name not in spoken}
    return {**told, **spoken}


def _filled(value: object, values: _Values) -> object:
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


def _value(hole: re.Match[str], values: _Values) -> object:
    name, field, grouped = hole.groups()
    fields = values.get(name, {})
    wanted = "grouped" if grouped else field or "key"
    if wanted not in fields:
        raise ValueError(f"the placeholder {hole[0]} stands for nothing; there are {', '.join(values) or 'none'}")
    return fields[wanted]
