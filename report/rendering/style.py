"""The files of ``templates/style`` and the words that they need in each language."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from store.errors import UsageError

if TYPE_CHECKING:
    from report.rendering.job import Job

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


def links_of(job: Job, suffix: str) -> list[dict[str, str]]:
    """What a report in the format of ``suffix`` says of its other languages: the name in the language itself, tag and file."""
    return [
        {"name": labels["name"], "tag": labels["tag"], "href": f"{other.stem}{suffix}"}
        for other in job.others
        for labels in (labels_of(other.language),)
    ]
