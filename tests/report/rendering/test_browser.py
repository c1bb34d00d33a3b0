"""The report in a real browser: nothing wider than a phone, every picture drawn, legible in the dark."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--allow-file-access-from-files",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--hide-scrollbars",
    "--virtual-time-budget=10000",
)
PHONE_PX = 390
# The outer page holds the report in a frame of a phone's width, and writes down what a person would see there.
OUTER = """<!doctype html><iframe id="f" style="width:{width}px;height:800px;border:0" src="{report}"></iframe>
<pre id="out"></pre><script>
document.getElementById("f").onload = () => {{
  const page = document.getElementById("f").contentDocument, body = getComputedStyle(page.body);
  const images = [...page.images];
  document.getElementById("out").textContent = JSON.stringify({{
    width: page.documentElement.scrollWidth,
    images: images.length,
    drawn: images.filter(i => i.complete && i.naturalWidth > 0).length,
    background: body.backgroundColor,
    color: body.color,
  }});
}};
</script>"""

pytestmark = [pytest.mark.campaign, pytest.mark.skipif(BROWSER is None, reason="no Chromium here")]


def seen(page: Path, folder: Path, *flags: str) -> dict[str, object]:
    """What the browser makes of the page at a phone's width."""
    assert BROWSER is not None
    outer = folder / "outer.html"
    outer.write_text(OUTER.format(width=PHONE_PX, report=page.as_uri()), encoding="utf-8")
    line = [BROWSER, *FLAGS, *flags, f"--user-data-dir={folder / 'profile'}", "--dump-dom", outer.as_uri()]
    done = subprocess.run(line, capture_output=True, text=True, check=True, timeout=120)
    found = re.search(r'<pre id="out">(.+?)</pre>', done.stdout)
    assert found, done.stdout[-500:]
    facts: dict[str, object] = json.loads(found[1])
    return facts


def brightness(color: object) -> float:
    """Mean of a colour's three channels, 0 to 255."""
    return sum(int(part) for part in re.findall(r"\d+", str(color))[:3]) / 3


def test_page_fits_a_phone_and_draws_every_picture(whole_page: Path, tmp_path: Path) -> None:
    """No sideways scrolling of the page, and all figures there without a network."""
    facts = seen(whole_page, tmp_path)
    assert facts["width"] == PHONE_PX
    assert facts["images"] == facts["drawn"]
    assert int(str(facts["images"])) > 10


def test_page_is_dark_where_the_reader_asks_for_it(whole_page: Path, tmp_path: Path) -> None:
    """Light text on a dark ground under a dark colour scheme, and the other way round otherwise."""
    light = seen(whole_page, tmp_path, "--blink-settings=preferredColorScheme=1")
    dark = seen(whole_page, tmp_path, "--blink-settings=preferredColorScheme=0")
    assert brightness(light["background"]) > 200
    assert brightness(light["color"]) < 100
    assert brightness(dark["background"]) < 60
    assert brightness(dark["color"]) > 150
