"""References that depend on what the report shows: a text may speak of a figure only where the figure is there.

Texts of the strings files may hold ``{?IDS|words|other words}``, which prints the words where one of the elements ``IDS`` is in
the report, and the other words (or nothing) where none is; and ``{&IDS}``, which prints references to those that are, "@a, @b
and @c". An id may end in ``*``. The words hold no braces and no bar.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

_DEFINED = re.compile(r"\{#((?:fig|tbl|sec|eq)-[A-Za-z0-9_-]+)")
_WHEN = re.compile(r"(?<!\\)\{\?([^|{}]+)\|([^|{}]*)(?:\|([^|{}]*))?\}")
_LIST = re.compile(r"(?<!\\)\{&([^|{}]+)\}")
_LEFT = re.compile(r"(?<!\\)\{[?&][^\n]{0,60}|\0[^\n]{0,60}")
_ANCHOR = re.compile(r"\{#([A-Za-z0-9_.-]+)")
_REFERENCE = re.compile(r"(?<![\\\w])@((?:fig|tbl|sec|eq)-[A-Za-z0-9_-]*[A-Za-z0-9])")
_IN_BRACKETS = re.compile(r" ?\((?:see )?@(?:fig|tbl|sec|eq)-[^()\n]*\)")
_LINK = re.compile(r"\[((?:[^\[\]\\\n]|\\.)+)\]\(#([A-Za-z0-9_.-]+)\)")
_NOTHING = "\0"  # a list of which nothing is there, until it is known whether its sentence stays


def resolved(source: str, conjunction: str) -> str:
    """The source with every such place decided; ``conjunction`` stands between the last two of a list.

    Raises ValueError that shows a place which is not written as above, or whose list has nothing to name.
    """
    shown = tuple(dict.fromkeys(_DEFINED.findall(source)))

    def listed(found: re.Match[str]) -> str:
        names = [f"@{name}" for name in _present(found[1], shown)]
        return f" {conjunction} ".join([*([", ".join(names[:-1])] if names[1:] else []), *names[-1:]]) or _NOTHING

    def decided(found: re.Match[str]) -> str:
        return found[2] if _present(found[1], shown) else found[3] or ""

    text = _WHEN.sub(decided, _LIST.sub(listed, source))
    left = _LEFT.search(text)
    if left:
        message = f"a place that depends on what is shown is not as report/printing/references.py says: {left[0]!r}"
        raise ValueError(message)
    return text


def without_absent(source: str, elsewhere: str) -> str:
    """The source without references to what it does not show, for a short form of a report.

    One in brackets of its own goes with them; in a sentence ``elsewhere`` stands in its place; a link keeps its words.
    """
    shown = frozenset(_ANCHOR.findall(source))

    def unbracketed(found: re.Match[str]) -> str:
        return found[0] if any(name in shown for name in _REFERENCE.findall(found[0])) else ""

    text = _IN_BRACKETS.sub(unbracketed, source)
    text = _REFERENCE.sub(lambda found: found[0] if found[1] in shown else elsewhere, text)
    return _LINK.sub(lambda found: found[0] if found[2] in shown else found[1], text)


def _present(patterns: str, shown: tuple[str, ...]) -> list[str]:
    """The elements that one of the patterns names, in the order of the report."""
    return [name for name in shown if any(fnmatchcase(name, pattern) for pattern in patterns.split())]
