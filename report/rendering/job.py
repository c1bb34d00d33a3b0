"""What one rendering needs and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from store.errors import StudyError

EngineName: TypeAlias = Literal["pandoc", "quarto"]
EngineChoice: TypeAlias = Literal["auto", "pandoc", "quarto"]

FIXED_TIMESTAMP = 946_684_800
"""2000-01-01T00:00:00Z in Unix seconds: the creation date of every PDF, so that equal sources give equal bytes."""


@dataclass(frozen=True, slots=True)
class Edition:
    """The same report in another language: the language, and the name of its files beside this report's, without ending."""

    language: str
    stem: str


@dataclass(frozen=True, slots=True)
class Job:
    """One source and the files to make from it.

    Attributes:
        source: the ``.qmd`` in its build folder; figures and bibliography are relative to it.
        title: plain text, printed as the report's title and kept in the PDF's metadata.
        lang: a language of ``templates/style/labels.toml``, with or without a region ("pt", "pt-PT").
        watermark: plain text shown on every screen and page; "" for none.
        output_html: where the self-contained HTML goes; None for no HTML.
        output_pdf: where the PDF goes; None for no PDF.
        others: the report's other languages, which it links to.
        short: whether it is a short form: no contents, and figures of a third of a page.
        timestamp: creation date in the PDF, Unix seconds.
    """

    source: Path
    title: str
    lang: str = "en"
    watermark: str = ""
    output_html: Path | None = None
    output_pdf: Path | None = None
    others: tuple[Edition, ...] = ()
    timestamp: int = FIXED_TIMESTAMP
    short: bool = False


@dataclass(frozen=True, slots=True)
class RenderResult:
    """The engine that ran, the files that it wrote, HTML first, and why another one could not be made."""

    engine: EngineName
    outputs: tuple[Path, ...]
    failed: Mapping[Path, StudyError]
