"""Language-dependent text: a TOML file a language for the core and one for the study, placeholders filled strictly."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError, Undefined

from report.printing.formatting import formatter_of
from report.printing.markup import Markup, Sentence, code, finished
from store.doors import reason_of, refused_as
from store.errors import UsageError
from store.toml import toml_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from jinja2 import Template

    from report.evidence.studies import Study
    from report.printing.formatting import Formatter

STYLE = Path(__file__).parents[2] / "templates" / "style"
"""The templates and strings that every study shares; a study's own lie in ``Study.templates``."""


FIRST = "en"
"""The language that every study has: the others stand in for nothing, it stands in for a text that another one lacks."""
_PLACE = re.compile(r"\b(?:Tables?|Figures?|Sections?|and)\b")
_CODE = re.compile(r"`<<\s*([^`]+?)\s*>>`")


@cache
def environment(study: Study | None = None) -> Environment:
    """Jinja with ``<% %>``, ``<< >>``, ``<# #>``, which leave Markdown's and formulas' braces alone; undefined names raise.

    A template is looked for in the study first, then among those that every study shares. What it prints of a value is
    Markdown: text is escaped (``report/printing/markup.py``).
    """
    made = _environment(_printed, [STYLE] if study is None else [study.templates, STYLE])
    made.filters["code"] = code
    return made


def _printed(value: object) -> Markup:
    return Markup(str(value)) if isinstance(value, Undefined) else finished(value)  # str of an undefined name raises


@cache
def _plain_environment() -> Environment:
    """The same for text that is no markup, such as a table's cell, which is escaped as a whole later."""
    made = _environment(str, [])
    made.filters["code"] = str
    return made


def _environment(finalize: Callable[[object], str], folders: Sequence[Path]) -> Environment:
    return Environment(
        loader=FileSystemLoader(folders),
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        undefined=StrictUndefined,
        finalize=finalize,
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
        """The ``Sentence`` of ``key``, placeholders filled; raises UsageError where it, or one of them, is unknown."""
        if key not in self.texts:
            section, _, name = key.rpartition(".")
            message = f"no text {key}, neither in the core's strings nor in the study's"
            raise UsageError(message, where=f"strings/{FIRST}.toml", cure=f"write it: {name} below [{section}]")
        text = self.texts[key]
        if "<<" not in text and "<%" not in text:
            return Sentence(text.strip(), Markup(text.strip()))
        with template_door(f"text {key}", f"strings/{self.language}.toml"):
            plain, marked = _compiled(text)
            return Sentence(plain.render(values).strip(), Markup(marked.render(values).strip()))

    def of(self, texts: Mapping[str, str]) -> str:
        """What a declaration says in this language; where it lacks it, the English with its places in this language."""
        return texts[self.language] if self.language in texts else self.place(texts[FIRST])

    def place(self, text: str) -> str:
        """Places in the source ("Table 4", "Section 2.4, Table 5"), or its authors, in this language."""
        return _PLACE.sub(lambda found: self.texts[f"places.{found[0]}"], text)

    def day(self, date: str) -> str:
        """A date in any form of ISO 8601 (a time behind it is left out), as the language writes it; a dash for none.

        What is no date stands as it is.
        """
        if not date:
            return "\N{EN DASH}"
        try:
            found = datetime.fromisoformat(date)
        except ValueError:
            return date
        return self("dates.day", year=found.year, month=self(f"dates.month_{found.month}"), day=found.day)

    def named(self, group: str, name: str) -> str:
        """The language's word for what a record names, or the name itself where the record knows one that we do not."""
        key = f"{group}.{name}"
        return self(key) if key in self.texts else name


@contextmanager
def template_door(what: str, where: str) -> Iterator[None]:
    """Inside the block, what a template cannot be read or filled for becomes a UsageError that names ``what``."""
    try:
        yield
    except UnicodeDecodeError as error:
        message = f"{what} is no UTF-8 text: {reason_of(error)}"
        raise UsageError(message, where=where, cure="save it as UTF-8") from error
    except TemplateError as error:
        place = f", line {error.lineno} of {error.name or 'it'}" if isinstance(error, TemplateSyntaxError) else ""
        cure = "correct its placeholders, which stand between << and >>"
        raise UsageError(f"{what} cannot be filled: {reason_of(error)}{place}", where=where, cure=cure) from error


@cache
def _compiled(text: str) -> tuple[Template, Template]:
    """A text's plain form and its markup; a placeholder alone between backticks is code, whatever it holds."""
    marked = _CODE.sub(r"<< (\1) | code >>", text)
    return _plain_environment().from_string(text), environment().from_string(marked)


def languages(study: Study) -> tuple[str, ...]:
    """The languages that a study's strings are written in, English first."""
    found = sorted(path.stem for path in (study.templates / "strings").glob("*.toml"))
    return tuple(sorted(found, key=lambda language: language != FIRST))


def load_strings(study: Study, language: str) -> Strings:
    """Read one language of a study and of the core, and the names of ``study.toml``.

    A text that the language lacks is printed in English rather than not at all; a test allows none. Raises UsageError where
    one of them lacks the language altogether or a key stands twice.
    """
    if language not in languages(study):
        message = f"the report of {study.name} has no language {language!r}"
        raise UsageError(message, where="--lang", cure=f"choose one of: {', '.join(languages(study))}")
    first = texts_of(study, FIRST) if FIRST in languages(study) else {}
    return Strings(language, {**first, **texts_of(study, language)})


@cache
def formatter_of_language(language: str) -> Formatter:
    """A language's number formats, which no study changes; raises UsageError for a language that the core does not have."""
    return formatter_of(Strings(language, _texts(STYLE / "strings" / f"{language}.toml")))


def texts_of(study: Study, language: str) -> dict[str, str]:
    """The texts that stand in this language, by key; raises UsageError for a key that stands twice."""
    shared, own = (_texts(folder / "strings" / f"{language}.toml") for folder in (STYLE, study.templates))
    shared = {**shared, **study.vocabulary.texts(language)}
    twice = sorted(shared.keys() & own.keys())
    if twice:
        path = study.templates / "strings" / f"{language}.toml"
        raise UsageError(
            f"these texts stand in the core's strings or in study.toml already: {', '.join(twice)}",
            where=str(path),
            cure="rename them there",
        )
    return {**shared, **own}


def _texts(path: Path) -> dict[str, str]:
    cure = "correct it, or restore it: git checkout -- templates"
    with refused_as(lambda reason: UsageError(f"cannot read {path.name}: {reason}", where=str(path), cure=cure)):
        return dict(_flatten(toml_of(path), ""))


def _flatten(tree: dict[str, object], prefix: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in tree.items():
        if isinstance(value, dict):
            pairs += _flatten(cast("dict[str, object]", value), f"{prefix}{key}.")
        else:
            pairs.append((f"{prefix}{key}", str(value)))
    return pairs
