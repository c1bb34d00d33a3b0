"""The page in a real browser: views open, numbers tell their records, axe-core finds nothing, nothing is fetched."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from report.rendering.style import labels_of

TOOLS = Path(__file__).with_name("browser")
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NODE = shutil.which("node")
FILES = {"en": "report.html", "pt-PT": "report.pt.html"}
WORDS = {"en": "latent", "pt-PT": "latente"}
READY = BROWSER is not None and NODE is not None and (TOOLS / "node_modules" / "playwright-core").is_dir()

pytestmark = [pytest.mark.campaign, pytest.mark.skipif(not READY, reason=f"no Chromium, node or npm packages in {TOOLS.name}")]


WINDOWS = [(360, "light"), (768, "dark"), (1280, "light"), (2560, "dark")]


@cache
def met(page: Path, language: str, width: int, scheme: str) -> dict[str, Any]:
    """What a reader of the page in that language meets, with scripts ``on`` and ``off``."""
    assert NODE is not None
    assert BROWSER is not None
    file, labels = page.with_name(FILES[language]), labels_of(language)
    names = [labels["js_explore"], labels["js_enlarge"], WORDS[language]]
    command = [NODE, str(TOOLS / "explore.mjs"), BROWSER, str(file), str(width), scheme, *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def is_dark(grounds: list[str]) -> list[bool]:
    """Whether each ground, ``rgb(R, G, B)`` as the browser gives it, is nearer to black than to white."""
    return [sum(map(int, re.findall(r"\d+", ground)[:3])) < 3 * 128 for ground in grounds]


@pytest.mark.parametrize("language", ["en", "pt-PT"])
@pytest.mark.parametrize(("width", "scheme"), WINDOWS)
def test_everything_on_the_page_works(whole_page: Path, language: str, width: int, scheme: str) -> None:
    """No console message, no request, no finding of axe-core, no sideways scrolling; views, cards, sorting, files, search.

    In one colour scheme the page is used, and then it changes to the other one with all views open; axe-core looks at
    colours in English alone, as all languages share them.
    """
    found = met(whole_page, language, width, scheme)["on"]
    assert (found["messages"], found["requests"], found["violations"]) == ([], [], [])
    assert found["width"] == [width, width]
    assert is_dark(found["grounds"]) == [scheme == "dark", scheme == "light"]
    assert {"fig-latent", "fig-confusion-ae", "fig-pairs-ae", "fig-detections-1"} <= found["views"].keys()
    assert language != "en" or "test images (seed" in found["views"]["fig-confusion-ae"]
    assert found["card"].strip()
    assert (found["sorted"], found["enlarged"]) == (1, 1)
    assert [Path(name).suffix for name in found["downloads"]] == [".csv", ".svg", ".csv"]
    assert found["found"].startswith("1/")
    filtered = found["filtered"]
    assert 0 < filtered["rows"] == filtered["refuted"] < found["claims"]
    assert filtered["told"].split()[0].isdigit()
    assert found["permalink"] is True
    assert width > 900 or found["cut"] == 0  # published, re-run and verdict of each claim are seen without scrolling
    assert width < 1280 or not {"tbl-answer", "tbl-protocol-assumed", "tbl-tasks"} & set(found["scrolled"])
    assert found["broken"] == []
    assert len(found["drawn"]) > 10
    assert all(found["drawn"])


@pytest.mark.parametrize("language", ["en", "pt-PT"])
@pytest.mark.parametrize(("width", "scheme"), WINDOWS)
def test_the_page_is_whole_without_scripts(whole_page: Path, language: str, width: int, scheme: str) -> None:
    """The same words, nothing asked of the network, and no sideways scrolling, in either colour scheme."""
    found = met(whole_page, language, width, scheme)["off"]
    assert (found["messages"], found["requests"]) == ([], [])
    assert found["width"] == [width, width]
    assert is_dark(found["grounds"]) == [scheme == "dark", scheme == "light"]
    assert found["words"] > 20_000
