"""Tags the cells that say what a row is about, which a screen reader says with each value: Typst tags those of columns only."""

from __future__ import annotations

import hashlib
import io
import re
from typing import TYPE_CHECKING

import pikepdf

from store.errors import StudyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BODIES = frozenset({"/TBody", "/TFoot"})


def table_mark(source: Path) -> str:
    """What the filter writes before each table of this source; no text in the source can hold its own digest."""
    return hashlib.sha256(source.read_bytes()).hexdigest()


def with_row_headers(pdf: bytes, document: bytes, source: Path) -> bytes:
    """The PDF of a Typst document with the first cells of each row as its header; equal bytes for equal PDFs.

    How many cells those are stands before each table of the document. The file becomes smaller, as its structure is packed.

    Raises:
        StudyError: the document has other tables than the PDF.
    """
    marks = re.findall(rf"^ *// {table_mark(source)} (\d+) (\d+)$", document.decode(), re.MULTILINE)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        root = opened.Root.StructTreeRoot
        tables = [element for element in _below(root) if element.S == "/Table"]
        rows = [[_cells(row) for body in _kids(table) if body.S in _BODIES for row in _kids(body)] for table in tables]
        widths = [max((sum(span for _, span in row) for row in table), default=0) for table in rows]
        if widths != [int(columns) for columns, _ in marks]:
            message = f"the report has {len(marks)} tables, and its PDF {len(tables)} or others"
            raise StudyError(message, where=str(source), cure="the page in HTML is whole; open an issue with the study")
        if tables:
            _tag(pikepdf.NameTree(root.IDTree), rows, [int(heads) for _, heads in marks])
        sink = io.BytesIO()
        opened.save(sink, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return sink.getvalue()


def _tag(names: pikepdf.NameTree, tables: list[list[list[tuple[pikepdf.Object, int]]]], heads: list[int]) -> None:
    """Make headers of the first cells, and let every other cell of their row name them beside its column's."""
    for place, table in enumerate(tables):
        for number, row in enumerate(table):
            ids, column = [], 0
            for cell, span in row:
                if column + span <= heads[place]:
                    cell.S = pikepdf.Name.TH
                    cell.ID = pikepdf.String(f"R{place}x{column}y{number}")
                    _attributes(cell).Scope = pikepdf.Name.Row
                    names[str(cell.ID)] = cell
                    ids.append(cell.ID)
                else:
                    _attributes(cell).Headers.extend(ids)
                column += span


def _kids(element: pikepdf.Object) -> list[pikepdf.Object]:
    """The structure elements right below one; its marked contents are none."""
    found = element.get("/K")
    if found is None:
        return []
    several = list(found.as_list()) if isinstance(found, pikepdf.Array) else [found]
    return [kid for kid in several if isinstance(kid, pikepdf.Dictionary) and "/S" in kid]


def _below(element: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """All structure elements below one, in the order in which they are read."""
    for kid in _kids(element):
        yield kid
        yield from _below(kid)


def _cells(row: pikepdf.Object) -> list[tuple[pikepdf.Object, int]]:
    """A row's cells and how many columns each takes."""
    return [(cell, int(_attributes(cell).get("/ColSpan", 1))) for cell in _kids(row)]


def _attributes(cell: pikepdf.Object) -> pikepdf.Object:
    """What a cell says of its place in the table."""
    return next(owned for owned in cell.A if owned.O == "/Table")
