"""Tables in print: widths that keep rows low, settings that break where they may, badges that stay whole."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from report.rendering import render
from report.rendering.pandoc import pandoc_path
from report.rendering.style import STYLE_FOLDER
from tests.report.rendering.conftest import job_of

if TYPE_CHECKING:
    from pathlib import Path

SETTING = "priors=[0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1]"
REASON = "One more run could give it, and no more is shown: 0.752 ± 0.0050; about 81 seeds would settle it"
LOWEST = """
package.path = arg[1] .. "/?.lua"
local wrap = require("wrap")
local short, long = "KNeighborsClassifier, weights=distance: accuracy 0.851 on the test images", "(a)"
local columns = { {}, {} }
for place = 1, 24 do
  columns[1][place] = wrap.pieces(short, 1)
  columns[2][place] = wrap.pieces(place % 4 == 0 and arg[2] or long, 1)
end
local function lines(first, second)
  local total = 0
  for place = 1, 24 do
    total = total + math.max(wrap.lines(columns[1][place], first), wrap.lines(columns[2][place], second))
  end
  return total
end
local least = math.huge
for first = 14, 70 do least = math.min(least, lines(first, 84 - first)) end
local widths = wrap.widths(columns, { 14, 8 }, { 73, 98 }, 84)
print(widths[1] + widths[2], lines(widths[1], widths[2]), least)
"""


def printed(folder: Path, body: str) -> PdfReader:
    """The PDF of a source with this body."""
    source = folder / "build" / "report.qmd"
    source.parent.mkdir()
    source.write_text(body, encoding="utf-8")
    render(job_of(source, folder, watermark=""), "pandoc")
    return PdfReader(folder / "report.pdf")


def table(heads: list[str], rows: list[list[str]], caption: str = ": Rows {#tbl-rows}") -> str:
    """A pipe table with its caption."""
    lines = ["| " + " | ".join(row) + " |" for row in [heads, ["---"] * len(heads), *rows]]
    return "\n".join([*lines, "", caption, ""])


@pytest.mark.parametrize("word", ["x" * 5_000, "x " * 5_000, "/" * 5_000], ids=["a word", "words", "places for a break"])
def test_a_cell_beyond_all_measure_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    """No width is left beside it, and its parts are too many to be weighed one by one: the table comes out all the same."""
    monkeypatch.setattr("report.rendering.pandoc.MOST_SECONDS", 120)
    found = printed(tmp_path, table(["Reason", "Status", "Number"], [[word, "kept", str(number)] for number in range(7)]))
    assert "kept" in "".join(page.extract_text() for page in found.pages)


def test_widths_are_those_of_the_lowest_rows(tmp_path: Path) -> None:
    """A column that is long in few rows gets the room that makes the table low, within a seventh of the best division."""
    script = tmp_path / "lowest.lua"
    script.write_text(LOWEST, encoding="utf-8")
    command = [str(pandoc_path()), "lua", str(script), str(STYLE_FOLDER), REASON]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    room, found, least = map(int, done.stdout.split())
    assert room <= 84
    assert found <= 1.15 * least


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The text of a printed table of claims, most of them with short reasons and a few with long ones."""
    claim = f"GaussianNB, {SETTING}: accuracy 0.511 on the test images"
    few = ["consistent", claim, "0.511", "0.752 [0.746, 0.758]", "5", REASON]
    most = ["[not comparable]{.muted}", claim, "0.511", "\N{EN DASH}", "\N{EN DASH}", "(a)"]
    rows = [few, *[most] * 3] * 2
    heads = ["Verdict", "Claim", "Published", "Re-run", "n", "Why"]
    return printed(tmp_path_factory.mktemp("claims"), table(heads, rows)).pages[-1].extract_text()


def test_a_long_setting_breaks_within_its_cell_and_is_copied_as_it_is(claims: str) -> None:
    """It does not take the room of the reasons, and nothing is put between its parts that a reader would copy."""
    assert SETTING not in claims
    assert "".join(claims.split()).count(SETTING) == 8


def test_a_badge_in_a_cell_goes_over_no_line(claims: str) -> None:
    """Also where the column would be narrower without it."""
    assert claims.count("not comparable") == 6


def test_no_row_and_no_note_stands_alone_on_a_page(tmp_path: Path) -> None:
    """Wherever on its page a table begins, each of its pages has two rows at least, and the last has the notes."""
    numbers, parts = range(101, 121), []
    for number in numbers:
        rows = [[f"t{number}row", "7"] for _ in range(number - 59)]
        parts += ["One line.\n", table(["Row", "Value"], rows, f": Rows {{#tbl-t{number}}}")]
        parts += [f"::: {{.table-notes}}\nt{number}note\n:::\n"] if number % 2 else []
    pages = [page.extract_text() for page in printed(tmp_path, "\n".join(parts)).pages]
    for number in numbers:
        counts = [page.count(f"t{number}row") for page in pages]
        assert sum(counts) == number - 59
        assert 1 not in counts
        last = max(place for place, count in enumerate(counts) if count)
        assert pages[last].count(f"t{number}note") == number % 2
