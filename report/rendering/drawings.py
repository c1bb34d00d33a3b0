"""Drawings inside a page: their words as text that can be selected, searched and read out, and the whole as a data address."""

from __future__ import annotations

import re
from urllib.parse import quote

ADDRESS = "data:image/svg+xml,"
_SPELT = re.compile(
    r'<g((?: style="[^"]*")?) transform="((?:translate|rotate)[^"]*?) ?scale\((\S+) -\3\)"'
    r' data-words="([^"]*)" data-length="([\d.]+)"(?: data-face="(bold|oblique)")?>(.*?)</g>'
)
_DEFINITIONS = re.compile(r"<defs>.*?</defs>")
_LETTER = re.compile(r'<path id="([^"]+)"[^>]*/>')
_USED = re.compile(r'xlink:href="#([^"]+)"')
_FACES = {"": "", "bold": ' font-weight="700"', "oblique": ' font-style="oblique"'}
_FONT = '<style>text{font-family:"DejaVu Sans",Verdana,"Bitstream Vera Sans",sans-serif;white-space:pre}</style>'
_EM = 100  # units of data-length in a letter's size
_PLAIN = " !'()*,/:;=?@[]^`{|}~$+-._"  # what stands for itself between the quotes of an attribute and in an address


def with_words(svg: str) -> str:
    """The drawing with text in place of outlines, as long as these whatever font the reader has; formulas stay outlines."""
    shared: list[str] = []

    def text(found: re.Match[str]) -> str:
        style, transform, scale, words, length, face, inside = found.groups()
        shared.extend(_DEFINITIONS.findall(inside))  # a letter is defined where it stands first, and a formula may use it
        size = float(scale) * _EM
        long = f"{float(length) * float(scale):.2f}"
        look = f'font-size="{size:g}" textLength="{long}" lengthAdjust="spacingAndGlyphs"{_FACES[face or ""]}'
        return f'<text{style} transform="{transform}" {look}>{words}</text>'

    changed = _SPELT.sub(text, svg)
    if changed == svg:
        return svg
    used = set(_USED.findall(changed))
    letters = "".join(path[0] for one in shared for path in _LETTER.finditer(one) if path[1] in used)
    head, rest = changed.split(">", 1)
    return f"{head}>{_FONT}{f'<defs>{letters}</defs>' if letters else ''}{rest}"


def address(svg: str) -> str:
    """The drawing as a data address: percent signs cost a third of what base64 does."""
    return ADDRESS + quote(svg, safe=_PLAIN)
