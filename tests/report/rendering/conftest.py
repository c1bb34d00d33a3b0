"""A build folder with one source that uses the whole subset, its figures and its bibliography, rendered once for all tests."""

from __future__ import annotations

import base64
import struct
import zlib
from pathlib import Path

import pytest

from report.build import Options
from report.build import build as build_report
from report.rendering import Job, render
from tests.sharing import made_once

SAMPLE = Path(__file__).with_name("sample.qmd")
WATERMARK = "Quick profile: not comparable with the published values"
BIBLIOGRAPHY = """@inproceedings{kingma2014,
  title = {Auto-Encoding Variational {B}ayes}, author = {Kingma, Diederik P. and Welling, Max},
  booktitle = {International Conference on Learning Representations}, year = {2014}}
"""
NOTE = "diverged at epoch 3 because the loss became not a number, so that no score is given and none is invented"


def grey_png(side: int = 8) -> bytes:
    """A grey square of ``side`` pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + b"\x80" * side for _ in range(side))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def drawing(width: int, height: int, inside: str = "") -> str:
    """An SVG with a frame, a clip path whose id every drawing shares, and what stands ``inside``."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{width}pt"'
        f' height="{height}pt" viewBox="0 0 {width} {height}"><defs><clipPath id="c"><rect width="{width}" height="{height}"/>'
        f'</clipPath></defs><path d="M5 5 L{width - 5} {height - 5}" stroke="#0072b2" clip-path="url(#c)"/>{inside}</svg>'
    )


def runs_table(rows: int = 60) -> str:
    """A pipe table of ten columns, one row per seed, some with a long note."""
    names = ("task", "variant", "seed", "train MSE", "validation MSE", "published", "gap", "epochs", "seconds", "note")
    lines = ["| " + " | ".join(names) + " |", "|" + ":---|:---|" + "---:|" * 7 + ":---|"]
    for seed in range(rows):
        note = NOTE if seed % 5 == 0 else "ok"
        lines.append(
            f"| autoencoder | AE | {seed} | 0.0{100 + seed} | 0.0047 | 0.0058 | +{seed}.0 % | 25 | {100 + seed}.3 | {note} |"
        )
    return "\n".join(lines)


def write_build(folder: Path) -> Path:
    """Write the sample and all that it needs under ``folder``; the source's path."""
    figures = folder / "figures"
    figures.mkdir(parents=True)
    for name in ("loss", "errors", "latent", "confusion"):
        (figures / f"{name}.svg").write_text(drawing(432, 240), encoding="utf-8")
    inside = f'<image width="60" height="60" xlink:href="data:image/png;base64,{base64.b64encode(grey_png()).decode()}"/>'
    (figures / "pairs.svg").write_text(drawing(640, 140, inside), encoding="utf-8")
    (figures / "tall.svg").write_text(drawing(300, 1400), encoding="utf-8")
    (figures / "picture.png").write_bytes(grey_png())
    (folder / "references.bib").write_text(BIBLIOGRAPHY, encoding="utf-8")
    source = folder / "report.qmd"
    source.write_text(SAMPLE.read_text(encoding="utf-8").replace("RUNS", runs_table()), encoding="utf-8")
    return source


def job_of(source: Path, output: Path, **changes: str) -> Job:
    """A job for the sample that writes both files into ``output``."""
    settings = {"title": "What holds & what does not", "lang": "en", "watermark": WATERMARK, **changes}
    return Job(source=source, output_html=output / "report.html", output_pdf=output / "report.pdf", **settings)


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """The sample's source in a build folder of its own."""
    return write_build(tmp_path / "build")


@pytest.fixture(scope="session")
def whole_page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a whole synthetic study in English, built once for all processes; nobody alters it."""

    def make(folder: Path) -> None:
        build_report(request.getfixturevalue("whole_root"), Options(formats=("html",), engine="pandoc", output=folder))

    return made_once(tmp_path_factory, "whole_page", make) / "report.html"


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the sample's HTML and PDF in English."""
    folder = tmp_path_factory.mktemp("rendered")
    render(job_of(write_build(folder / "build"), folder), "pandoc")
    return folder
