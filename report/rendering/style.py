"""The files of ``templates/style`` and the words that they need in each language."""

from __future__ import annotations

import tomllib
from pathlib import Path

from store.errors import UsageError

STYLE_FOLDER = Path(__file__).resolve().parents[2] / "templates" / "style"


def labels_of(lang: str) -> dict[str, str]:
    """The words of ``labels.toml`` for a language; the region of a code such as "pt-PT" does not matter.

    Raises:
        UsageError: there is no such language.
    """
    path = STYLE_FOLDER / "labels.toml"
    languages: dict[str, dict[str, str]] = tomllib.loads(path.read_text(encoding="utf-8"))
    code = lang.partition("-")[0]
    if code not in languages:
        raise UsageError(
            f"no report language {lang!r}", where=str(path), cure=f"use one of: {', '.join(sorted(languages))}, or add a table"
        )
    return languages[code]
