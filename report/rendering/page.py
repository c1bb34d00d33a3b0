"""Makes pandoc's page self-contained: style, font and the build's figures inside, and a policy that lets in nothing else."""

from __future__ import annotations

import base64
import json
import re
from hashlib import sha256
from typing import TYPE_CHECKING

from report.rendering.drawings import address, with_words
from report.rendering.style import STYLE_FOLDER

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue

VIEWS = "views.json"
"""The file in a build's folder with the data of the interactive views, by figure."""
GENERATOR = "report pandoc"
"""What the page says of its making; `report verify` reads the engine there."""
_FIGURE = re.compile(rb'(<img [^<>]*?src=")(figures/[\w.-]+)(")')  # text has its quotes and brackets escaped
_FONT = re.compile(r'url\("(fonts/[\w.-]+)"\)')
_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".woff2": "font/woff2"}


def self_contained(page: bytes, folder: Path, words: dict[str, JsonValue], watermark: str) -> bytes:
    """``page`` with everything that it shows inside. Only files in the ``figures`` of the build's ``folder`` are taken.

    ``words`` are what the script says in the report's language; ``watermark`` is printed below every sheet.
    """
    style = _FONT.sub(lambda found: f"url({_data_address(STYLE_FOLDER / found[1])})", _style_sheet() + _foot(watermark))
    page = _FIGURE.sub(lambda found: found[1] + _data_address(folder / found[2].decode()).encode() + found[3], page)
    script = _script()
    inside = {"policy": _policy(style, script), "generator": GENERATOR, "style": style, "script": script}
    inside |= {"words": _embedded(words), "views": _embedded(_views(folder))}
    for name, content in inside.items():
        page = page.replace(f"<!-- {name} -->".encode(), content.encode(), 1)
    return page


def _views(folder: Path) -> JsonValue:
    """The data of the interactive views, where the build has some."""
    path = folder / VIEWS
    views: JsonValue = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return views


def _embedded(value: JsonValue) -> str:
    """JSON that no HTML parser sees a tag in."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), sort_keys=True).replace("<", "\\u003c")


def _script() -> str:
    """The modules of ``templates/style/script`` in one closed scope, in the order of their names."""
    parts = [path.read_text(encoding="utf-8") for path in sorted((STYLE_FOLDER / "script").glob("*.js"))]
    return "".join(['(() => {\n"use strict";\n', *map(_without_comments, parts), "})();\n"])


def _without_comments(module: str) -> str:
    """Whole-line comments and indentation are for those who read the source."""
    lines = (line.strip() for line in module.splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("// "))


def _style_sheet() -> str:
    return (STYLE_FOLDER / "page.css").read_text(encoding="utf-8")


def _foot(watermark: str) -> str:
    """The watermark in the margin of each printed page; a bar that stays in view on paper would lie over the text."""
    if not watermark:
        return ""
    quoted = "".join(f"\\{ord(one):06x}" if one in '"\\<>&' else one for one in watermark)
    return f'\n@page {{ @bottom-center {{ content: "{quoted}"; font: 600 8pt sans-serif; color: #7a4b00; }} }}\n'


def _policy(style: str, script: str) -> str:
    """Nothing from elsewhere, no form, no frame; style and script by their digests."""
    digests = [base64.b64encode(sha256(content.encode()).digest()).decode() for content in (style, script)]
    rules = ("default-src 'none'", f"style-src 'sha256-{digests[0]}'", f"script-src 'sha256-{digests[1]}'")
    return "; ".join((*rules, "img-src data:", "font-src data:", "base-uri 'none'", "form-action 'none'"))


def _data_address(path: Path) -> str:
    if path.suffix == ".svg":
        return address(with_words(path.read_text(encoding="utf-8")))
    return f"data:{_TYPES[path.suffix]};base64,{base64.b64encode(path.read_bytes()).decode()}"
