"""From one Markdown source and its figures to HTML and PDF: by pandoc and typst, or by Quarto where that is installed."""

from report.rendering.engine import render
from report.rendering.job import EngineChoice, EngineName, Job, RenderResult

__all__ = ["EngineChoice", "EngineName", "Job", "RenderResult", "render"]
