"""Writes cells, tables and figures in the Markdown subset that Quarto and plain pandoc both read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.printing.markup import Markup, attribute, code, escaped, finished

if TYPE_CHECKING:
    from collections.abc import Sequence

    from report.printing.table import Cell, Column, Table

_MOST = 34  # characters beyond which a column gets no wider: longer text wraps
_LEAST = 4


def link(text: str, target: str) -> Markup:
    """A link whose text is code, such as a path."""
    return Markup(f"[{code(text)}](<{escaped(target)}>)")


def cell(content: Cell) -> Markup:
    """Plain text as it is; a number as a span that carries its record or its place in the source."""
    text = escaped(content.text) if content.markup is None else content.markup
    if content.kind == "text":
        return text
    attributes = [f".{content.kind}"]
    if content.tone:
        attributes.append(f".{content.tone}")
    if content.records:
        attributes.append(f"record={attribute(' '.join(content.records))}")
    if content.detail:
        attributes.append(f"seeds={attribute(content.detail)}")
    if content.source:
        attributes.append(f"source={attribute(content.source)}")
    return Markup(f"[{text}]{{{' '.join(attributes)}}}")


def table(content: Table) -> Markup:
    """A pipe table with caption, identifier and its notes below; widths follow the longest text of each column."""
    lines = [_row([escaped(column.title) for column in content.columns]), _rule(content)]
    lines += [_row([cell(entry) for entry in row]) for row in content.rows]
    kind = "" if content.heads == 1 else f" .heads-{content.heads}"
    lines += ["", f": {finished(content.caption)} {{#tbl-{content.id}{kind}}}"]
    if content.notes:
        lines += ["", "::: {.table-notes}", "\n\n".join(map(finished, content.notes)), ":::"]
    return Markup("\n".join(lines))


def figure(path: str, identifier: str, caption: str, alt: str, *, wide: bool = False) -> Markup:
    """An image with caption, identifier and alternative text; a ``wide`` one keeps its size on a narrow screen."""
    mark = ".wide " if wide else ""
    return Markup(f"![{finished(caption)}]({path}){{#fig-{identifier} {mark}fig-alt={attribute(alt)}}}")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _rule(content: Table) -> str:
    return "|" + "|".join(_dashes(column, width) for column, width in zip(content.columns, _widths(content), strict=True)) + "|"


def _dashes(column: Column, width: int) -> str:
    return f"{'-' * (width - 1)}:" if column.align == "right" else f":{'-' * (width - 1)}"


def _widths(content: Table) -> list[int]:
    """Relative widths: the longest text of each column, within bounds (pandoc takes the dashes of the rule as ratios)."""
    longest = [len(column.title) for column in content.columns]
    for row in content.rows:
        longest = [max(width, len(entry.text)) for width, entry in zip(longest, row, strict=True)]
    return [min(_MOST, max(_LEAST, width)) for width in longest]
