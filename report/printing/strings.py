"""Language-dependent text: one TOML file a language, its placeholders filled strictly."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

TEMPLATES = Path(__file__).parents[2] / "templates" / "studies" / "assignment_2"


@cache
def environment() -> Environment:
    """Jinja with ``<% %>``, ``<< >>``, ``<# #>``, which leave Markdown's and formulas' braces alone; undefined names raise."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  # the output is Markdown for pandoc, which escapes for HTML itself
    )


@dataclass(frozen=True, slots=True)
class Strings:
    """The text of one language, by dotted key."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text of ``key``, placeholders filled; KeyError or jinja2.UndefinedError where one of them is unknown."""
        text = self.texts[key]
        return environment().from_string(text).render(values).strip() if "<<" in text or "<%" in text else text.strip()


def languages() -> tuple[str, ...]:
    """The languages that have a strings file."""
    return tuple(sorted(path.stem for path in (TEMPLATES / "strings").glob("*.toml")))


def load_strings(language: str) -> Strings:
    """Read one language; raises UsageError that lists the languages there are."""
    if language not in languages():
        message = f"the report has no language {language!r}"
        raise UsageError(message, where="--lang", cure=f"choose one of: {', '.join(languages())}")
    path = TEMPLATES / "strings" / f"{language}.toml"
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        cure = "correct it, or restore it: git checkout -- templates"
        raise UsageError(f"cannot read {path.name}: {error}", where=str(path), cure=cure) from error
    return Strings(language, dict(_flatten(tree, "")))


def _flatten(tree: dict[str, object], prefix: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in tree.items():
        if isinstance(value, dict):
            pairs += _flatten(cast("dict[str, object]", value), f"{prefix}{key}.")
        else:
            pairs.append((f"{prefix}{key}", str(value)))
    return pairs
