"""One look for every figure, and files that are equal byte for byte when their data are."""

from __future__ import annotations

import base64
import io
import re
import textwrap
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import matplotlib.image
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, FuncFormatter

from report.printing.markup import drawable
from report.printing.svg import slim

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd
    from matplotlib.axes import Axes

_HARMLESS = ("Glyph .* missing from font", "constrained_layout not applied")  # a name in another script, or a very long one
_DECIMALS = re.compile(r"(?<=\d)\.(?=\d)")
_LONGEST_TICK = 36  # characters of a label beside an axis; the alternative text has the whole
_PANEL_CHARACTERS = 24  # of a panel that has another one beside it
WIDTH_IN = 5.2  # on a phone 390 px wide this makes 9.5 pt about 8.5 px high; wider canvases would shrink the text
JPEG_QUALITY = 88  # no visible blocks around thin things at the size of print
_EMBEDDED = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)")
RASTER_DPI = 160  # of scatter points inside the SVG: sharp in print, and four maps of 10,000 points take 1.2 MB of the page

# Ten classes: Okabe and Ito's eight, and two of Tol's; each class has its own marker and a label at its median.
CLASS_COLOUR = ("#000000", "#E69F00", "#56B4E9", "#009E73", "#B8A800", "#0072B2", "#D55E00", "#CC79A7", "#882255", "#777777")
CLASS_MARKER = ("o", "s", "^", "v", "D", "P", "X", "*", "<", ">")
PUBLISHED = "#444444"
RERUN_TRAIN = "#0072B2"
RERUN_VALIDATION = "#D55E00"

STYLE = {
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.titlesize": 10.0,
    "axes.labelsize": 9.5,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "legend.fontsize": 9.5,
    "legend.frameon": False,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.0,
    "image.interpolation": "nearest",
    "svg.fonttype": "path",  # the same letters on every paper; in the page words take their place (report.rendering.drawings)
    "svg.hashsalt": "report",
    "path.simplify": True,
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure before it is written, and what it shows in words.

    One of ``photographs`` is kept as JPEG, and never shrunk to the width of a phone.
    """

    figure: Figure
    alt: str
    photographs: bool = False


def canvas(rows: int, columns: int, height_in: float, **options: object) -> tuple[Figure, list[Axes]]:
    """A figure of the common width and its axes, row by row."""
    figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **options)  # type: ignore[call-overload]
    return figure, list(axes.flat)


def abreast(count: int, height_in: float) -> tuple[Figure, list[Axes], Axes | None]:
    """``count`` panels in two columns, each row ``height_in`` high, and the place that an odd number leaves for the key."""
    figure, axes = canvas(-(-count // 2), 2, height_in * -(-count // 2))
    spare = axes[count] if count % 2 else None
    if spare is not None:
        spare.axis("off")
    return figure, axes[:count], spare


def key(figure: Figure, spare: Axes | None, explained: Axes) -> None:
    """Say what the lines of a panel mean, in the place that is left or else below all panels."""
    handles, labels = explained.get_legend_handles_labels()
    if spare is not None:
        spare.legend(handles, labels, loc="center")
    else:
        figure.legend(handles, labels, loc="outside lower center", ncols=2)


def bare(axis: Axes) -> None:
    """Take frame, ticks and grid away."""
    axis.set_xticks([])
    axis.set_yticks([])
    axis.grid(visible=False)
    for spine in axis.spines.values():
        spine.set_visible(False)


def absent(axis: Axes, message: str) -> None:
    """Say in the panel why it has no data."""
    bare(axis)
    remark(axis, message)


def remark(axis: Axes, message: str) -> None:
    """Say something in the middle of a panel, in as many lines as the narrowest panel needs."""
    text = textwrap.fill(message, _PANEL_CHARACTERS)
    axis.text(0.5, 0.5, text, ha="center", va="center", transform=axis.transAxes, color="#7A1F1F", style="italic")


def single_seeds(axis: Axes, seeds: pd.DataFrame, colour: str) -> None:
    """Draw every column of ``seeds`` faintly; one seed is its own mean and is drawn as that alone."""
    if len(seeds.columns) > 1:
        axis.plot(seeds.index, seeds, color=colour, alpha=0.25, linewidth=0.8)


def save(drawing: Drawing, path: Path, decimal_mark: str = ".") -> None:
    """Write the figure as SVG without dates; equal figures give equal bytes. Call it under ``STYLE``.

    ``decimal_mark`` is the language's, for the numbers along the axes.

    Of ``photographs`` the images become JPEG: a fifth of the size of matplotlib's PNG. They must be opaque.
    """
    figure = drawing.figure
    FigureCanvasSVG(figure)
    _make_drawable(figure)
    _mark_decimals(figure, decimal_mark)
    engine = figure.get_layout_engine()
    with warnings.catch_warnings():
        for message in _HARMLESS:
            warnings.filterwarnings("ignore", message)
        if engine is not None:
            engine.execute(figure)  # savefig would draw everything once more to no other end than this
            figure.set_layout_engine(None)
        figure.savefig(path, format="svg", dpi=RASTER_DPI, metadata={"Date": None, "Creator": None})
    drawn = path.read_text(encoding="utf-8")
    if drawing.photographs:
        drawn = _EMBEDDED.sub(lambda found: _jpeg(found.group(1)), drawn)
    path.write_text(slim(drawn), encoding="utf-8")


def _make_drawable(figure: Figure) -> None:
    """Let no text of the figure's begin a formula or hold what cannot be drawn, whatever the records call their classes."""
    for text in figure.findobj(Text):
        text.set_text(drawable(text.get_text()))
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            formatter = axis.get_major_formatter()
            if isinstance(formatter, FuncFormatter):  # labels that the program gave; they are made anew at each drawing
                formatter.func = _drawable_labels(formatter.func)
            if isinstance(formatter, FixedFormatter):
                formatter.seq = [drawable(label, _LONGEST_TICK) for label in formatter.seq]


def _mark_decimals(figure: Figure, mark: str) -> None:
    """Let the numbers that the library writes along the axes have the decimal mark of the language."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            formatter = axis.get_major_formatter()
            if mark != "." and not isinstance(formatter, FuncFormatter | FixedFormatter):
                vars(formatter)["format_ticks"] = _marked(formatter.format_ticks, mark)


def _marked(labels: Callable[[list[float]], list[str]], mark: str) -> Callable[[list[float]], list[str]]:
    return lambda values: [_DECIMALS.sub(mark, label) for label in labels(values)]


def _drawable_labels(label: Callable[..., str]) -> Callable[..., str]:
    return lambda value, place: drawable(label(value, place), _LONGEST_TICK)


def _jpeg(encoded: str) -> str:
    """A data address with the PNG's pixels as JPEG."""
    pixels = mpl.image.imread(io.BytesIO(base64.b64decode(encoded)), format="png")
    sink = io.BytesIO()
    mpl.image.imsave(sink, pixels[..., :3], format="jpg", pil_kwargs={"quality": JPEG_QUALITY})
    return f"data:image/jpeg;base64,{base64.b64encode(sink.getvalue()).decode()}"


def styled() -> dict[Any, Any]:
    """The library's own defaults with ``STYLE`` on top, whatever the user's configuration says."""
    defaults = {name: value for name, value in mpl.rcParamsDefault.items() if not name.startswith("backend")}
    return defaults | STYLE
