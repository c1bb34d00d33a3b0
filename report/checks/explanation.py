"""Says where two report pages part, in linear time: it explains a difference and never decides one."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import JsonValue

_TOKEN = re.compile(r"<[^<>]*>|[^<>\s]+")
_BLOCK = re.compile(r"<(?:p|li|tr|h[1-6]|figure|figcaption|summary|details|main|body|script|style|title|template)\b")
_HEADING = re.compile(r"<h[1-6]\b")
_RECORD = re.compile(r'data-record="([^"]*)"')
_ALT = re.compile(r' alt="([^"]*)"')
_EMBEDDED = re.compile(r'"data:[^"]*"')
_SHOWN_CHARACTERS = 160
_SHOWN_BLOCKS = 20


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, row or heading: its markup, its words, and the heading that it stands under."""

    markup: str
    words: str
    section: str


def explain(derived: bytes, printed: bytes) -> list[dict[str, JsonValue]]:
    """The blocks that one page has and the other has not, in pairs where both have one under the same heading.

    Never empty for pages that differ: where all blocks are the same, their order or the first byte that differs is told.
    """
    sides = [_blocks(page.decode("utf-8", errors="replace")) for page in (derived, printed)]
    left, right = (_surplus(one, other) for one, other in (sides, sides[::-1]))
    found = [_difference(one, other) for one, other in _pairs(left, right)]
    return found or [_first_byte(derived, printed)]


def count_words(page: bytes) -> int:
    """How many words and figures a page shows."""
    return sum(len(block.words.split()) for block in _blocks(page.decode("utf-8", errors="replace")))


def _blocks(page: str) -> list[Block]:
    blocks: list[Block] = []
    markup: list[str] = []
    words: list[str] = []
    section, heading = "", False

    def close() -> None:
        nonlocal section
        if heading:
            section = " ".join(words)
        if markup:
            blocks.append(Block(" ".join(markup), " ".join(words), section))

    for token in _TOKEN.findall(page):
        if token.startswith("<"):
            if _BLOCK.match(token):
                close()
                markup, words, heading = [], [], bool(_HEADING.match(token))
            markup.append(token)
            words += [word for text in _ALT.findall(token) for word in text.split()]
        else:
            markup.append(token)
            words.append(token)
    close()
    return blocks


def _surplus(one: Iterable[Block], other: Iterable[Block]) -> list[Block]:
    """The blocks of ``one`` beyond those that ``other`` has as often under the same heading."""
    there = Counter(other)
    found = []
    for block in one:
        there[block] -= 1
        if there[block] < 0:
            found.append(block)
    return found


def _pairs(left: list[Block], right: list[Block]) -> list[tuple[Block | None, Block | None]]:
    """Derived beside printed, each section's in order; at most ``_SHOWN_BLOCKS``."""
    waiting: dict[str, list[Block]] = {}
    for block in reversed(left):
        waiting.setdefault(block.section, []).append(block)
    pairs: list[tuple[Block | None, Block | None]] = []
    for block in right:
        partners = waiting.get(block.section)
        pairs.append((partners.pop() if partners else None, block))
    pairs += [(block, None) for blocks in waiting.values() for block in reversed(blocks)]
    return pairs[:_SHOWN_BLOCKS]


def _difference(derived: Block | None, printed: Block | None) -> dict[str, JsonValue]:
    there, here = (block.words if block else "" for block in (derived, printed))
    by_words = there != here
    embedded = [_EMBEDDED.findall(block.markup) if block else [] for block in (derived, printed)]
    if not by_words:
        there, here = (_EMBEDDED.sub('"data:…"', block.markup) if block else "" for block in (derived, printed))
    there, here = _parting(there.split(" "), here.split(" "))
    block = printed or derived
    record = next((found[1] for one in (printed, derived) if one and (found := _RECORD.search(one.markup))), "")
    shown: dict[str, JsonValue] = {"printed": here[:_SHOWN_CHARACTERS], "derived": there[:_SHOWN_CHARACTERS]}
    kind = "another figure" if not by_words and embedded[0] != embedded[1] else _kind(there, here, by_words=by_words)
    return {"kind": kind, "section": block.section if block else "", "record": record, **shown}


def _kind(there: str, here: str, *, by_words: bool) -> str:
    if not by_words:
        return "another record" if "data-record" in there and "data-record" in here else "other markup"
    return "another number" if re.search(r"\d", there + here) else "another text"


def _parting(one: list[str], other: list[str]) -> tuple[str, str]:
    """Two texts without the words that both begin with and end in."""
    start = _common(one, other)
    end = _common(one[start:][::-1], other[start:][::-1])
    return " ".join(one[start : len(one) - end]), " ".join(other[start : len(other) - end])


def _common(one: list[str], other: list[str]) -> int:
    least = min(len(one), len(other))
    return next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), least)


def _first_byte(derived: bytes, printed: bytes) -> dict[str, JsonValue]:
    place = next((n for n, (a, b) in enumerate(zip(derived, printed, strict=False)) if a != b), min(len(derived), len(printed)))
    texts = [page[place : place + 40].decode("utf-8", errors="backslashreplace") for page in (printed, derived)]
    return {"kind": "bytes", "section": f"byte {place}", "record": "", "printed": texts[0], "derived": texts[1]}
