"""Takes the pictures that README.md shows, from the kept reports: ``python -m tests.project.pictures``.

It needs Chromium, Node.js with the packages of tests/report/rendering/browser, and pdftoppm. Each picture says in itself
which run it shows, and a test holds that against the kept report.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

ROOT = Path(__file__).parents[2]
RESULTS, IMAGES = ROOT / "docs" / "results", ROOT / "docs" / "images"
BROWSER = ROOT / "tests" / "report" / "rendering" / "browser"
SHOWN = {"report.png": "assignment_2_part_1", "report-front.png": "fashion_benchmark", "report-claims.png": "fashion_benchmark"}
PAGES = ("Summary", "Loss curves", "Published Figure 5")  # a heading on each of the three pages that stand side by side
RUN = "Run"  # the name of the text in a picture that says which run it shows
_PAGE_PX, _MARGIN, _GROUND = (596, 843), 14, "#e3e5e7"


def run_of(name: str) -> str:
    """The run that a kept report is of."""
    found = re.search(r"paper-[0-9a-f]{8}", (RESULTS / name / "report.html").read_text(encoding="utf-8"))
    assert found is not None
    return found[0]


def take() -> None:
    """Write all three pictures."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _pages(RESULTS / SHOWN["report.png"] / "report.pdf", folder).save(folder / "report.png")
        chromium, node = shutil.which("chromium"), shutil.which("node")
        assert chromium is not None, "no Chromium on PATH"
        assert node is not None, "no Node.js on PATH"
        page = RESULTS / SHOWN["report-front.png"] / "report.html"
        shots = [str(folder / name) for name in ("report-front.png", "report-claims.png")]
        subprocess.run([node, str(BROWSER / "pictures.mjs"), chromium, str(page), *shots], check=True)
        for name, kept in SHOWN.items():
            text = PngInfo()
            text.add_text(RUN, run_of(kept))
            picture = Image.open(folder / name).convert("RGB").quantize(256, dither=Image.Dither.NONE)
            picture.save(IMAGES / name, optimize=True, pnginfo=text)


def _pages(pdf: Path, folder: Path) -> Image.Image:
    words = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True, text=True).stdout
    width, height = _PAGE_PX
    sheet = Image.new("RGB", (3 * (width + _MARGIN) + _MARGIN, height + 2 * _MARGIN), _GROUND)
    for place, heading in enumerate(PAGES):
        line = re.compile(rf"^[\d. ]*{heading}(?!.*\. \.)", re.MULTILINE)  # and not the one in the contents
        number = str(next(at for at, text in enumerate(words.split("\f"), 1) if line.search(text)))
        size = ("-scale-to-x", str(width), "-scale-to-y", str(height))
        made = str(folder / f"page-{place}")
        subprocess.run(["pdftoppm", "-png", "-singlefile", "-f", number, "-l", number, *size, str(pdf), made], check=True)
        sheet.paste(Image.open(f"{made}.png"), (_MARGIN + place * (width + _MARGIN), _MARGIN))
    return sheet


if __name__ == "__main__":
    take()
