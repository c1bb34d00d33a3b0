"""The HTML report: one file, accessible, with its cross-references, tables and marks."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

import pytest

from tests.report.rendering.conftest import WATERMARK
from tests.report.rendering.pages import Page, read_page

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def page(rendered: Path) -> Page:
    """The sample's page."""
    return read_page(rendered / "report.html")


@pytest.fixture(scope="module")
def style(page: Page) -> str:
    """All style text of the page."""
    return "".join(element.text for element in page.all("style"))


def test_page_loads_nothing_from_elsewhere(page: Page, style: str) -> None:
    """Every image is a data address, the one script and the style sheet are those of the policy, which lets in nothing else."""
    (policy,) = (e.attributes["content"] for e in page.all("meta") if "Policy" in e.attributes.get("http-equiv", ""))
    (script,) = (e.text for e in page.all("script") if "type" not in e.attributes)
    for kind, content in (("style", style), ("script", script)):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert len(script) <= 40_000
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|eval|innerHTML|insertAdjacentHTML|import)\b", script)
    assert not [e for e in page.all("link") if not e.attributes["href"].startswith("data:")]
    assert all(e.attributes["src"].startswith("data:image/") for e in page.all("img"))
    assert re.findall(r"url\(([\"']?)(?!data:)", style) == []
    assert "@import" not in style


def test_math_font_is_embedded(style: str) -> None:
    """Formulas look right without a font on the reader's machine."""
    assert re.search(r"@font-face\s*{[^}]*Report Math[^}]*data:font/woff2;base64,", style)


def test_page_has_landmarks_language_and_one_top_heading(page: Page) -> None:
    """A screen reader finds the language, the main text, the contents, a way to skip them, and one title."""
    assert page.all("html")[0].attributes["lang"] == "en"
    assert [e.text for e in page.all("title")] == ["What holds & what does not"]
    assert [e.text for e in page.all("h1")] == ["What holds & what does not"]
    assert page.all("main")[0].attributes["id"] == page.all("a", cls="skip")[0].attributes["href"][1:]
    assert all(e.attributes["aria-label"] == "Contents" for e in page.all("nav"))


def test_ids_are_unique_and_links_lead_somewhere(page: Page) -> None:
    """Every link inside the page has its target; the contents that stand twice may repeat theirs."""
    outside = [e.attributes["id"] for e in page.elements if "id" in e.attributes and "nav" not in e.parents]
    assert len(outside) == len(set(outside))
    targets = {e.attributes["href"][1:] for e in page.all("a") if e.attributes["href"].startswith("#")}
    assert targets <= set(outside)


def test_references_show_the_number_of_what_they_point_to(page: Page) -> None:
    """The words of each cross-reference equal the label of its target."""
    texts = {(e.attributes["href"], e.text.replace("\N{NO-BREAK SPACE}", " ")) for e in page.all("a", cls="xref")}
    assert texts == {
        *(("#fig-loss", "Figure 1"), ("#fig-pairs", "Figure 2"), ("#tbl-loss", "Table 3"), ("#tbl-loss", "Tab. 3")),
        *(("#tbl-loss", "3"), ("#sec-theory", "Section 2"), ("#eq-elbo", "Equation 2")),
    }
    assert page.by_id("sec-theory").attributes["data-number"] == "2"
    assert page.by_id("fig-pairs").text.replace("\N{NO-BREAK SPACE}", " ").strip().startswith("Figure 2. Pairs")
    assert page.by_id("eq-elbo").text.strip().endswith("(2)")


def test_images_carry_their_alt_text(page: Page) -> None:
    """The alt text is the author's, quotes and all, not the caption."""
    assert page.all("img")[0].attributes["alt"] == 'Two falling "curves" of 25 epochs.'
    assert all(e.attributes["alt"] for e in page.all("img"))


def test_wide_tables_scroll_and_take_the_keyboard_focus(page: Page) -> None:
    """Every table sits in a focusable region that its caption names, as does the table itself; heads say what they head."""
    areas = [e for e in page.all("div", cls="scroll") if e.attributes["role"] == "region"]
    assert len(areas) == len(page.all("table")) > 3
    named = [e.attributes["aria-labelledby"] for e in (*areas, *page.all("table")) if "aria-label" not in e.attributes]
    assert len(named) >= 6
    assert all(page.by_id(name).text.strip().startswith("Table") for name in named)
    assert all(e.attributes["tabindex"] == "0" for e in areas)
    assert {e.attributes["scope"] for e in page.all("th")} == {"col", "row"}


def test_caption_stands_above_table_and_below_figure(page: Page) -> None:
    """In reading order a table's caption comes before its table, a figure's after its image."""
    tags = [(e.tag, e.parents[-1:]) for e in page.elements if e.tag in {"figcaption", "table", "img"}]
    order = [tag for tag, _ in tags]
    assert order[:2] == ["figcaption", "table"]
    first_image = order.index("img")
    assert order[first_image + 1] == "figcaption"


def test_values_keep_their_record(page: Page) -> None:
    """A number's record is readable by a program."""
    (value,) = page.all("span", cls="value", **{"data-record": "autoencoder/ae/seed-0"})
    assert value.text == "0.0047"


def test_badges_keep_their_class(page: Page) -> None:
    """The verdicts' classes arrive for the style sheet."""
    assert {e.text for e in page.all("span", cls="bad")} == {"refuted"}


def test_watermark_stays_in_view(page: Page, style: str) -> None:
    """The words stand in a bar that does not scroll away, and print on every page."""
    (bar,) = page.all("aside", cls="watermark-bar")
    assert bar.text == WATERMARK
    assert re.search(r"\.watermark-bar\s*{[^}]*position: sticky", style)
    assert f'@bottom-center {{ content: "{WATERMARK}"' in style


def test_callouts_have_titles(page: Page) -> None:
    """A callout's title is its heading, its attribute or its kind, and no section of the contents."""
    titles = [e.text for e in page.elements if "callout-title" in e.attributes.get("class", "").split()]
    assert titles == ["How to read this", "Note", "With an attribute", "Not comparable", "Folded"]
    assert [e.text for e in page.all("summary", cls="callout-title")] == ["Folded"]
    assert not [e for e in page.all("a") if "nav" in e.parents and "Not comparable" in e.text]


def test_citation_is_resolved(page: Page) -> None:
    """The citation names its authors and the list of references has the entry."""
    assert "(Kingma and Welling 2014)" in page.all("main")[0].text
    assert "Auto-Encoding Variational Bayes" in page.by_id("refs").text


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("dark", [False, True])
def test_text_colours_have_enough_contrast(style: str, dark: bool) -> None:  # noqa: FBT001  # a parameter of the test
    """Every pair of text and background reaches 4.5 to 1 (WCAG AA), by day and by night."""
    pairs_of_colours = re.findall(r"--([\w-]+):\s*light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", style)
    colours = {name: by_night if dark else by_day for name, by_day, by_night in pairs_of_colours}
    pairs = [(text, back) for text in ("ink", "soft", "accent") for back in ("paper", "raised")]
    pairs += [(name, f"{name}-tint") for name in ("ok", "warn", "bad", "note", "mark")]
    pairs += [("soft", "muted-tint"), *(("ink", f"{name}-tint") for name in ("ok", "warn", "bad", "note"))]
    ratios = {}
    for text, back in pairs:
        low, high = sorted((luminance(colours[text]), luminance(colours[back])))
        ratios[text, back] = (high + 0.05) / (low + 0.05)
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5} == {}
