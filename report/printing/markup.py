"""Text and markup: every string is text until this module, and no other, has made Markdown of it.

What comes from the store, the machine or the user is a plain ``str``. Templates print a ``str`` escaped, a ``Markup`` and the
markup of a ``Sentence`` as they are, so that whoever forgets to escape shows backslashes and never runs anything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 2000
"""Characters from which a text is shortened: a page of it is read by nobody, and 100 kB in a cell are 40 pages."""
LONGEST_ALT = 20_000  # an alternative text is made of many values
_KEPT_TAIL = 300
_SPACES = "\u00a0\u2007\u2009\u202f"  # spaces that numbers and units use; str.isprintable has them among the unprintable
_WHITE = re.compile(r"[ \t\r\n\f\v]+")
_INERT = r"(?<=[A-Za-z0-9])[.,/-](?=[A-Za-z0-9])|(?<=[0-9\u202f])%"  # no markup anywhere where they stand like this
_SPECIAL = re.compile(rf"{_INERT}|([!-/:-@\[-`{{-~])")
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_PLAIN_CODE = re.compile(r"[A-Za-z0-9 _./:,=+*-]+")


class Markup(str):
    """Finished Markdown. Outside this package's ``printing`` nothing makes one but by the functions that escape."""

    __slots__ = ()


class Sentence(str):  # noqa: SLOT000  # a str subclass with an attribute cannot have non-empty slots
    """A text of the strings file, its placeholders filled: as plain text (itself) and as ``markup`` with each value escaped."""

    markup: Markup

    def __new__(cls, plain: str, markup: Markup) -> Self:
        """Both forms of one text."""
        made = super().__new__(cls, plain)
        made.markup = markup
        return made

    def __getnewargs__(self) -> tuple[str, Markup]:  # type: ignore[override]  # one argument more than str
        """What a copy in another process is made from."""
        return str(self), self.markup


def visible(text: str, longest: int = LONGEST) -> str:
    r"""``text`` with each character that prints nothing, or reorders its neighbours, as an escape such as ``\x1b``.

    White space becomes single spaces; more than ``longest`` characters lose their middle, and how many is said.
    """
    if len(text) > longest:
        head = longest - 2 * _KEPT_TAIL
        text = f"{text[:head]} [… {len(text) - head - _KEPT_TAIL} …] {text[-_KEPT_TAIL:]}"
    text = _WHITE.sub(" ", text).strip(" ")
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable() or character in _SPACES:
        return character
    return character.encode("unicode_escape").decode("ascii")


def escaped(text: str, longest: int = LONGEST) -> Markup:
    """``text`` so that Markdown prints it literally: all ASCII punctuation that could mean something gets a backslash."""
    return Markup(_SPECIAL.sub(lambda found: f"\\{found[1]}" if found[1] else found[0], visible(text, longest)))


def finished(value: object) -> Markup:
    """What a template prints for ``value``: markup as it is, text escaped, numbers in digits; TypeError for anything else."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, Sentence):
        return value.markup
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Markup(value)
    message = f"a template prints text, markup and numbers, not {type(value).__name__}"
    raise TypeError(message)


def code(text: str) -> Markup:
    """``text`` as code. Where backticks could not hold it, as a span of the class ``code`` with escaped text."""
    shown = visible(text)
    if _PLAIN_CODE.fullmatch(shown):
        return Markup(f"`{shown}`")
    return Markup(f"[{escaped(text)}]{{.code}}") if shown else Markup("")


def joined(separator: str, parts: Iterable[object]) -> Markup:
    """The parts' markup with ``separator``, which is markup of the program's own, between them."""
    return Markup(separator.join(finished(part) for part in parts))


def in_language(text: str, language: str) -> Sentence:
    """Words of the source as they stand there, marked with their language for voices and hyphenation."""
    return Sentence(text, Markup(f"[{escaped(text)}]{{lang={language}}}"))


def placed(markup: Markup, identifier: str) -> Markup:
    """``markup`` under an identifier that links can lead to; raises ValueError for one that Markdown would not read."""
    if not _IDENTIFIER.fullmatch(identifier):
        message = f"{identifier!r} is no identifier: letters, digits, '.', '-' and '_', a letter first"
        raise ValueError(message)
    return Markup(f"[{markup}]{{#{identifier}}}")


def drawn(markup: Markup, kind: str, marks: str) -> Markup:
    """``markup`` as the words of a small drawing (``strip`` or ``tally``) that the page's style makes of ``marks``."""
    return Markup(f"[{markup}]{{.{kind} marks={attribute(marks)}}}")


def references(identifiers: Iterable[str], otherwise: str) -> Markup:
    """References to those of the elements that the report has (`report/printing/references.py`); else ``otherwise``."""
    wanted = " ".join(identifiers)
    return Markup(f"{{?{wanted}|{{&{wanted}}}|{escaped(otherwise)}}}")


def block(lines: Iterable[str]) -> Markup:
    """Lines as a block of code, indented as they are, in a fence longer than any row of backticks in them."""
    shown = [" " * (len(line) - len(line.lstrip(" "))) + visible(line) for line in lines]
    longest = max((len(found) for line in shown for found in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return Markup("\n".join([fence, *shown, fence]))


def within(text: str, identifier: str) -> Markup:
    """``text`` as a link to a place in the report."""
    return Markup(f"[{escaped(text)}](#{identifier})")


def attribute(text: str) -> Markup:
    """``text`` as an attribute's value between double quotes."""
    return Markup(f'"{escaped(text, LONGEST_ALT)}"')


def drawable(text: str, longest: int = 80) -> str:
    r"""``text`` for a figure: unprintables as escapes, and no dollar sign that would begin a formula; long lines end in "…"."""
    lines = [visible(line[: longest + 1]) for line in text.split("\n")]
    return "\n".join(line if len(line) <= longest else f"{line[:longest]}…" for line in lines).replace("$", r"\$")
