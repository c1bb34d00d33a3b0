"""The numbers that a page prints, in one form for every language: what the editions of a report are compared by."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

_MARKS = {"en": (",", "."), "pt": ("\u202f", ",")}  # between thousands, before decimals
_UNREAD = {"style", "script", "code", "math", "title", "template"}
_VOID = {"meta", "img", "br", "hr", "link", "input", "col"}
_NUMBER = re.compile(r"[-+\u2212]?\d+(?:\.\d+)*")


class _Reader(HTMLParser):
    """Collects the text of each table row, and the text outside of tables, without code, formulas and quotes of the source."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[str] = []
        self.prose: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._in_row = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "tr":
            self.rows.append("")
            self._in_row = True
        if tag == "img" and not self._hidden():
            self.prose.append(given.get("alt") or "")
        if tag not in _VOID:
            self._open.append((tag, tag in _UNREAD or (tag in {"span", "a"} and "lang" in given)))

    def handle_endtag(self, tag: str) -> None:
        if tag == "tr":
            self._in_row = False
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._hidden():
            return
        if self._in_row:
            self.rows[-1] += f" {data}"
        else:
            self.prose.append(data)

    def _hidden(self) -> bool:
        return any(unread for _, unread in self._open)


def numbers_of(text: str, language: str) -> Counter[str]:
    """How often each number stands in a text of the language."""
    group, decimal = _MARKS[language]
    text = re.sub(rf"(?<=\d){re.escape(group)}(?=\d{{3}}(?!\d))", "", text)
    return Counter(_NUMBER.findall(re.sub(rf"(?<=\d){re.escape(decimal)}(?=\d)", ".", text)))


def page_numbers(page: str, language: str) -> tuple[list[Counter[str]], Counter[str]]:
    """The numbers of each table row, and those of everything else together."""
    reader = _Reader()
    reader.feed(page)
    return [numbers_of(row, language) for row in reader.rows], numbers_of("\n".join(reader.prose), language)
