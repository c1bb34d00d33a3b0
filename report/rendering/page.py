"""Makes pandoc's page self-contained: style, font and the build's figures inside, and a policy that lets in nothing else."""

from __future__ import annotations

import base64
import re
from hashlib import sha256
from typing import TYPE_CHECKING

from report.rendering.style import STYLE_FOLDER

if TYPE_CHECKING:
    from pathlib import Path

GENERATOR = "report pandoc"
"""What the page says of its making; `report verify` reads the engine there."""
_FIGURE = re.compile(rb'(<img [^<>]*?src=")(figures/[\w.-]+)(")')  # text has its quotes and brackets escaped
_FONT = re.compile(r'url\("(fonts/[\w.-]+)"\)')
_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".woff2": "font/woff2"}


def self_contained(page: bytes, folder: Path) -> bytes:
    """``page`` with everything that it shows inside. Only files in the ``figures`` of the build's ``folder`` are taken."""
    style = _FONT.sub(lambda found: f"url({_data_address(STYLE_FOLDER / found[1])})", _style_sheet())
    page = _FIGURE.sub(lambda found: found[1] + _data_address(folder / found[2].decode()).encode() + found[3], page)
    for name, content in (("policy", _policy(style)), ("generator", GENERATOR), ("style", style)):
        page = page.replace(f"<!-- {name} -->".encode(), content.encode(), 1)
    return page


def _style_sheet() -> str:
    return (STYLE_FOLDER / "page.css").read_text(encoding="utf-8")


def _policy(style: str) -> str:
    """Nothing from elsewhere, no form, no frame; style by its digest, and no script."""
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()
    rules = ("default-src 'none'", f"style-src 'sha256-{digest}'", "img-src data:", "font-src data:", "base-uri 'none'")
    return "; ".join((*rules, "form-action 'none'"))


def _data_address(path: Path) -> str:
    return f"data:{_TYPES[path.suffix]};base64,{base64.b64encode(path.read_bytes()).decode()}"
