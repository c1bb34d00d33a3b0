"""Turns what pandoc, typst and Quarto print when they fail into one error that names the line of the source."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from store.errors import StudyError

if TYPE_CHECKING:
    from pathlib import Path

PROBLEM = re.compile(r"^qmd-problem\t(\d+)\t([^\t]*)\t(.*)$", re.MULTILINE)
NAMED_BY_PANDOC = (
    re.compile(r"citation (\S+) not found"),
    re.compile(r"Could not fetch resource '?([^'\s:]+)"),
    re.compile(r"Could not convert TeX math (.+?), rendering", re.DOTALL),
    re.compile(r"Duplicate identifier '([^']+)'"),
)
NAMED_BY_TYPST = (re.compile(r'"([^"\n]+\.\w+)"'), re.compile(r"<([\w:.-]+)>"))
IN_MEMORY = re.compile(r"\S*__typst_py_bytes__\.typ")
"""How Typst names a document that it got as bytes."""
SHOWN_LINES = 12


def pandoc_failure(source: Path, stderr: str) -> StudyError:
    """The filters' own findings where they made any, else pandoc's words and the line that they are about."""
    problems = PROBLEM.findall(stderr)
    if problems:
        lines = [f"{source.name}{f':{line}' if line != '0' else ''}: {what} ({cure})" for line, what, cure in problems]
        return StudyError("\n".join(["the report's source has problems:", *lines]), where=str(source), cure=problems[0][2])
    return _failure("pandoc", source, stderr, NAMED_BY_PANDOC)


def too_much(source: Path, limit: str) -> StudyError:
    """The error of a text that pandoc does not get through with what it is given."""
    message = f"pandoc did not get through the report's source with {limit}"
    cure = "look there for a text with thousands of brackets, quotes or marks, shorten it in the study's files, and build again"
    return StudyError(message, where=str(source), cure=cure)


def typst_failure(source: Path, diagnostic: str) -> StudyError:
    """Typst's diagnostic, with the source line of the figure or label that it shows."""
    shown = IN_MEMORY.sub(f"{source.stem}.typ", diagnostic)
    first = "\n".join(shown.strip().splitlines()[:SHOWN_LINES])  # the error comes first, the calls that led there follow
    return _failure("typst", source, first, NAMED_BY_TYPST)


def quarto_failure(source: Path, exit_code: int, stderr: str) -> StudyError:
    """The last lines that Quarto printed before it gave up."""
    return _failure(f"quarto (exit {exit_code})", source, stderr, NAMED_BY_PANDOC)


def _failure(tool: str, source: Path, message: str, patterns: tuple[re.Pattern[str], ...]) -> StudyError:
    tail = "\n".join(message.strip().splitlines()[-SHOWN_LINES:])
    line = _line_about(source, message, patterns)
    where = f"{source}:{line}" if line else str(source)
    return StudyError(
        f"{tool} could not render the report:\n{tail}", where=where, cure="correct the source there and build again"
    )


def _line_about(source: Path, message: str, patterns: tuple[re.Pattern[str], ...]) -> int:
    """Number of the first source line that holds what the message names, 0 where it names nothing that is found."""
    lines = source.read_text(encoding="utf-8").splitlines()
    names = [name.strip() for pattern in patterns for name in pattern.findall(message)]
    return next((number for name in names for number, line in enumerate(lines, start=1) if name in line), 0)
