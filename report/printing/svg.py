"""A drawing as matplotlib writes it, and the same in half of the bytes: nothing seen moves by a hundredth of a point.

The outlines of words stay, for print, and each group of them says in ``data-words`` and ``data-length`` what it spells and how
long that is, so that a page can set the words as text in their place (``report.rendering.drawings``).
"""

from __future__ import annotations

import re
from html import escape, unescape
from typing import TYPE_CHECKING

from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import LoadFlags

if TYPE_CHECKING:
    from collections.abc import Iterator

_GRID = 100  # coordinates are kept to a hundredth of a point
_EM = 100.0  # units of a letter's size in which matplotlib places the outlines of a word
_METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_SPELT = re.compile(
    r"<!-- ((?:(?!-->).)*) -->\s*<g((?: style=\"[^\"]*\")? transform=\"[^\"]*\")>((?:(?!</g>).)*)</g>", re.DOTALL
)
_LETTER = re.compile(r'<use xlink:href="#DejaVuSans(?:-(Bold|Oblique))?-[0-9a-f]+"(?: transform="translate\((\S+) 0\)")?/>')
_DEFINITIONS = re.compile(r"<defs>.*?</defs>", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_BETWEEN = re.compile(r">\s+<")
_PATH = re.compile(r'(?<= d=")[^"]*(?=")')
_STEP = re.compile(r"([MLQCZz])([^MLQCZz]*)")
_PLACE = re.compile(r'(?<= )(x|y|width|height)="(-?\d+\.\d+)"')
_MOVED = re.compile(r"translate\((-?[\d.]+) (-?[\d.]+)\)")
_STYLE = re.compile(r'(?<= style=")[^"]*(?=")')
_NAME = re.compile(r' id="([^"]*)"')
_MEANT = re.compile(r"#([\w.-]+)")
_TAG = re.compile(r"(<[^>]*>)")
_TWICE = re.compile(r'<path d="([^"]{200,})"([^>]*)/><path d="\1"([^>]*)/>')  # a word with a halo is drawn two times


def slim(svg: str) -> str:
    """The drawing without what is not seen, with shorter numbers, and with the words of each group of outlines."""
    text = _METADATA.sub("", svg[svg.index("<svg") :])
    text = _COMMENT.sub("", _SPELT.sub(_spelt, text))
    text = _BETWEEN.sub("><", text)
    text = _PATH.sub(lambda found: _path(found[0]), text)
    text = _PLACE.sub(lambda found: f'{found[1]}="{_number(round(float(found[2]) * _GRID))}"', text)
    text = _MOVED.sub(
        lambda found: f"translate({' '.join(_number(round(float(one) * _GRID)) for one in found.groups())})", text
    )
    text = _STYLE.sub(lambda found: found[0].replace("; ", ";").replace(": ", ":"), text)
    meant = set(_MEANT.findall(text))
    text = _NAME.sub(lambda found: found[0] if found[1] in meant else "", text)
    return _once("".join(_unwrapped(text)))


def _spelt(found: re.Match[str]) -> str:
    """A group of outlines with its words; as it was where it is a formula, whose signs do not stand in one line."""
    said, look, outlines = unescape(found[1]), found[2], found[3]
    letters = _LETTER.findall(outlines)
    rest = _LETTER.sub("", _DEFINITIONS.sub("", outlines)).strip()
    if rest or not letters or "- -" in said or not said.strip():  # a comment cannot hold two hyphens in a row
        return found[0]
    face, start = letters[0][0].lower(), float(letters[-1][1] or 0)
    length = f' data-length="{start + _advance(said[-1], face):.1f}"'
    kind = f' data-face="{face}"' if face else ""
    return f'<g{look} data-words="{escape(said)}"{length}{kind}>{outlines}</g>'


def _advance(letter: str, face: str) -> float:
    """How far the letter moves what follows it."""
    weight = "bold" if face == "bold" else "normal"
    wanted = FontProperties(family="DejaVu Sans", weight=weight, style="oblique" if face == "oblique" else "normal")
    font = get_font(findfont(wanted))
    font.set_size(_EM, 72)
    return float(font.load_char(ord(letter), flags=LoadFlags.NO_HINTING).linearHoriAdvance) / 65536


def _path(given: str) -> str:
    """The same way in steps from point to point: on the grid their sum is exact."""
    at = (0, 0)
    told: list[str] = []
    for command, numbers in _STEP.findall(given):
        values = [round(float(one) * _GRID) for one in numbers.split()]
        if command in "zZ":
            told.append("z")
            continue
        if command == "M":
            at = (values[0], values[1])
            told.append(f"M{_joined(values)}")
            continue
        steps = [value - at[place % 2] for place, value in enumerate(values)]
        told.append(f"{command.lower()}{_joined(steps)}")
        at = (values[-2], values[-1])
    return "".join(told)


def _joined(values: list[int]) -> str:
    first, *others = map(_number, values)
    return first + "".join(one if one.startswith("-") else f",{one}" for one in others)


def _number(hundredths: int) -> str:
    """A number of hundredths in as few characters as it takes."""
    whole, rest = divmod(abs(hundredths), _GRID)
    digits = f"{whole or ''}.{rest:02d}".rstrip("0") if rest else str(whole)
    return f"-{digits}" if hundredths < 0 else digits


def _unwrapped(text: str) -> Iterator[str]:
    """The drawing without groups that say nothing of what is inside."""
    kept: list[bool] = []
    for part in _TAG.split(text):
        if part == "<g/>":
            continue
        if part == "</g>":
            if not kept.pop():
                continue
        elif part == "<g>" or (part.startswith("<g ") and not part.endswith("/>")):
            kept.append(part != "<g>")
            if part == "<g>":
                continue
        yield part


def _once(text: str) -> str:
    """What is drawn two times in a row is written once."""
    count = 0

    def shared(found: re.Match[str]) -> str:
        nonlocal count
        count += 1
        uses = "".join(f'<use xlink:href="#twice{count}"{look}/>' for look in (found[2], found[3]))
        return f'<defs><path id="twice{count}" d="{found[1]}"/></defs>{uses}'

    return _TWICE.sub(shared, text)
