"""Language-dependent text: a TOML file a language for the core and one for the study, placeholders filled strictly."""

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

    from report.evidence.studies import Study

STYLE = Path(__file__).parents[2] / "templates" / "style"
"""The templates and strings that every study shares; a study's own lie in ``Study.templates``."""


@cache
def environment(study: Study | None = None) -> Environment:
    """Jinja with ``<% %>``, ``<< >>``, ``<# #>``, which leave Markdown's and formulas' braces alone; undefined names raise.

    A template is looked for in the study first, then among those that every study shares.
    """
    folders = [STYLE] if study is None else [study.templates, STYLE]
    return Environment(
        loader=FileSystemLoader(folders),
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


def languages(study: Study) -> tuple[str, ...]:
    """The languages that a study's strings are written in."""
    return tuple(sorted(path.stem for path in (study.templates / "strings").glob("*.toml")))


def load_strings(study: Study, language: str) -> Strings:
    """Read one language of a study and of the core; raises UsageError where one lacks it or a key stands in both."""
    if language not in languages(study):
        message = f"the report of {study.name} has no language {language!r}"
        raise UsageError(message, where="--lang", cure=f"choose one of: {', '.join(languages(study))}")
    shared, own = (_texts(folder / "strings" / f"{language}.toml") for folder in (STYLE, study.templates))
    twice = sorted(shared.keys() & own.keys())
    if twice:
        path = study.templates / "strings" / f"{language}.toml"
        raise UsageError(f"these texts are the core's already: {', '.join(twice)}", where=str(path), cure="rename them there")
    return Strings(language, {**shared, **own})


def _texts(path: Path) -> dict[str, str]:
    try:
        return dict(_flatten(tomllib.loads(path.read_text(encoding="utf-8")), ""))
    except (OSError, tomllib.TOMLDecodeError) as error:
        cure = "correct it, or restore it: git checkout -- templates"
        raise UsageError(f"cannot read {path.name}: {error}", where=str(path), cure=cure) from error


def _flatten(tree: dict[str, object], prefix: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in tree.items():
        if isinstance(value, dict):
            pairs += _flatten(cast("dict[str, object]", value), f"{prefix}{key}.")
        else:
            pairs.append((f"{prefix}{key}", str(value)))
    return pairs
