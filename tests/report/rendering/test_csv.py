"""Files of numbers that the page hands out: a spreadsheet shows what stands in them, and computes nothing of it."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess

import pytest

from report.rendering.style import STYLE_FOLDER

NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="no node")


def written(rows: list[list[object]]) -> list[list[str]]:
    """The file that the page's own function writes, as a reader of CSV takes it."""
    script = (STYLE_FOLDER / "script" / "10-page.js").read_text(encoding="utf-8")
    start = script.index("function csv(")
    function = script[start : script.index("\n}\n", start) + 3]
    command = [str(NODE), "-e", f"{function}process.stdout.write(csv({json.dumps(rows)}));"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    return list(csv.reader(io.StringIO(done.stdout.decode("utf-8-sig"), newline=""), strict=True))


def test_no_text_is_a_formula() -> None:
    """Whatever it begins with; numbers of either sign stay numbers."""
    formulas = ["=1+1", "+cmd|' /C calc'!A0", "-1+cmd|' /C calc'!A0", "-a", "@SUM(1)", "\t=1", "\r=1", '=HYPERLINK("http://x")']
    numbers = ["-0.5", "+0.01", "-1.2e-05", "-12 %", "1,234.5", "-.5"]
    assert written([formulas, numbers]) == [[f"'{text}" for text in formulas], numbers]


def test_any_text_comes_back() -> None:
    """Quotation marks, separators, and line ends of every kind."""
    rows: list[list[object]] = [["a,b", 'say "x"', "two\nlines", "a\rb", "\u00e9", ""], [1, -0.25, 1e-12, "x", "y", "z"]]
    assert written(rows) == [[str(each) for each in row] for row in rows]
