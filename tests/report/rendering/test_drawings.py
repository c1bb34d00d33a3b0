"""Drawings inside a page: words are text, as long as their outlines, and an address gives the drawing back."""

from __future__ import annotations

from urllib.parse import unquote
from xml.etree import ElementTree as ET

from report.rendering.drawings import ADDRESS, address, with_words

SVG = "{http://www.w3.org/2000/svg}"
HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">'
LETTERS = '<defs><path id="L-1" d="M0,0l1,1z"/><path id="L-2" d="M0,0l2,2z"/></defs>'
SPELT = (
    '<g style="fill:#aa0000" transform="translate(1 2) rotate(-90) scale(.095 -.095)" data-words="a &lt; &amp; &quot;b"'
    f' data-length="300.0" data-face="bold">{LETTERS}<use xlink:href="#L-1"/></g>'
)
FORMULA = '<g transform="translate(3 4) scale(.1 -.1)"><use xlink:href="#L-2"/></g>'


def test_words_are_text_of_the_length_of_their_outlines() -> None:
    """Size, place, turn, colour and face are those of the outlines; the letters that a formula shares with them stay."""
    root = ET.fromstring(with_words(f"{HEAD}{SPELT}{FORMULA}</svg>"))  # noqa: S314  # not from elsewhere
    (text,) = root.iter(f"{SVG}text")
    assert text.text == 'a < & "b'
    assert (text.get("style"), text.get("font-weight")) == ("fill:#aa0000", "700")
    assert text.get("transform") == "translate(1 2) rotate(-90)"
    assert (text.get("font-size"), text.get("textLength")) == ("9.5", "28.50")
    assert [one.get("id") for one in root.iter(f"{SVG}path")] == ["L-2"]


def test_a_drawing_without_such_words_is_left_alone() -> None:
    """Not a byte of it changes."""
    assert with_words(f"{HEAD}{FORMULA}</svg>") == f"{HEAD}{FORMULA}</svg>"


def test_an_address_ends_no_attribute_and_gives_the_drawing_back() -> None:
    """Marks that mean something in an attribute, a tag or an address are written by their codes."""
    drawing = f"{HEAD}{SPELT}\u00e9 100% #x</svg>"
    made = address(drawing)
    assert made.startswith(ADDRESS)
    assert not set('"<>&#\n') & set(made)
    assert unquote(made.removeprefix(ADDRESS)) == drawing
