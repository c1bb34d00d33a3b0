"""Drawings are written small: what is seen stays where it was, and outlines say which words they are."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import patheffects
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from report.printing.figure_style import styled
from report.printing.svg import slim

D = "{http://www.w3.org/2000/svg}"
NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)")
WORDS = ("Epoch", 'a < b & "c"', "oblique words", "bold words", "\N{MINUS SIGN}12.5")


@pytest.fixture(scope="module")
def both() -> tuple[str, str]:
    """A figure with a curve, words of every face, a formula and a halo: as matplotlib writes it, and slim."""
    with mpl.rc_context(styled()):
        figure = Figure(figsize=(4, 3))
        FigureCanvasSVG(figure)
        axis = figure.subplots()
        axis.plot(np.linspace(0, 7, 60), np.sin(np.linspace(0, 7, 60)))
        axis.set_xlabel(WORDS[0])
        axis.set_ylabel(WORDS[1])
        axis.text(1, 0, WORDS[2], style="italic", color="#aa0000")
        axis.text(2, 0.2, WORDS[3], weight="bold", rotation=30)
        axis.text(1, -0.5, WORDS[4])
        axis.text(3, 0, "$x^2$")
        axis.text(4, 0.5, "halo", path_effects=[patheffects.withStroke(linewidth=2.5, foreground="white")])
        sink = io.StringIO()
        figure.savefig(sink, format="svg", metadata={"Date": None})
    return sink.getvalue(), slim(sink.getvalue())


def read(svg: str) -> ET.Element:
    """A drawing that this test made."""
    return ET.fromstring(svg)  # noqa: S314  # not from elsewhere


def ways(svg: str) -> list[list[tuple[float, float]]]:
    """The points of every path in document order, with each use of a path that is drawn two times as a path."""
    root = read(svg)
    twice = {one.get("id"): one.get("d") for one in root.iter(f"{D}path") if str(one.get("id")).startswith("twice")}
    found = []
    for one in root.iter():
        target = str(one.get("{http://www.w3.org/1999/xlink}href", "")).removeprefix("#")
        way = twice.get(target) if one.tag == f"{D}use" else one.get("d") if one.get("id") not in twice else None
        if way is not None:
            found.append(points(way))
    return found


def points(way: str) -> list[tuple[float, float]]:
    """Every point that the path names, as a place on the canvas."""
    at, found = (0.0, 0.0), []
    for command, rest in re.findall(r"([MLQCZmlqcz])([^MLQCZmlqcz]*)", way):
        numbers = [float(one) for one in NUMBER.findall(rest)]
        steps = [*zip(numbers[::2], numbers[1::2], strict=True)]
        base = at if command.islower() else (0.0, 0.0)
        steps = [(base[0] + x, base[1] + y) for x, y in steps]
        found += steps
        at = steps[-1] if steps else at
    return found


def test_no_point_moves_by_a_hundredth(both: tuple[str, str]) -> None:
    """Every path is there, in its order, with every point of it; the drawing takes less than two thirds of the bytes."""
    before, after = map(ways, both)
    assert len(before) == len(after) > 20
    for one, other in zip(before, after, strict=True):
        np.testing.assert_allclose(other, one, atol=0.0051)
    assert len(both[1]) < len(both[0]) * 2 / 3


def test_outlines_say_which_words_they_are_and_how_long(both: tuple[str, str]) -> None:
    """Words of every face with marks and signs; a formula and a halo, which are more than letters in a line, say nothing."""
    groups = {one.get("data-words"): one for one in read(both[1]).iter(f"{D}g") if one.get("data-words")}
    assert set(WORDS) <= groups.keys()
    assert not {"$x^2$", "halo"} & groups.keys()
    assert [groups[words].get("data-face") for words in WORDS[:4]] == [None, None, "oblique", "bold"]
    width, _, _ = text_to_path.get_text_width_height_descent(
        WORDS[0], FontProperties(family="DejaVu Sans", size=100), ismath=False
    )
    assert float(str(groups[WORDS[0]].get("data-length"))) == pytest.approx(width, rel=0.03)


def test_what_is_meant_keeps_its_name(both: tuple[str, str]) -> None:
    """Clip paths, letters and markers are found where they are used; other names, comments and metadata are gone."""
    root = read(both[1])
    names = [str(one.get("id")) for one in root.iter() if one.get("id")]
    meant = set(re.findall(r'(?:href="|url\()#([\w.-]+)', both[1]))
    assert len(names) == len(set(names))
    assert meant == set(names)
    assert not re.search(r"<!--|<metadata|<g>", both[1])
