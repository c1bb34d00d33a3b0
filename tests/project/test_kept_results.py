"""The results that are kept with the project: whole, free of what may not be handed on, and what their reports say."""

from __future__ import annotations

import io
import json
import os
import re
import tarfile
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import outloud
import pytest

from bench.cli import main as bench
from report.cli import main as report

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs" / "results"
KEPT = sorted(path.parent for path in RESULTS.glob("*/records.tar"))
LIMIT_BYTES = 12 * 2**20
LARGE_BYTES = 640 * 2**10  # a page of a study of one part and one seed
REPORTS = ("report.html", "report.pdf", "report.pt.html", "report.pt.pdf")
WITHHELD = ("weights.safetensors", "best.safetensors", "shown.npz")  # weights, and photographs of KITTI
PLACES = ('"/home/', '"/root/', '"/tmp/', '"--data', '"--artifacts')  # what is a machine's own

pytestmark = pytest.mark.parametrize("folder", KEPT, ids=[folder.name for folder in KEPT], scope="module")


def _told(program: Callable[[list[str]], int], *words: str | Path, codes: tuple[int, ...] = (0,)) -> str:
    """Run a command as its users do, but in this process, and return what it prints."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as out:
        for name in [name for name in os.environ if name.startswith("BENCH_")]:
            patch.delenv(name)
        assert program([*map(str, words)]) in codes, out.getvalue()
    return out.getvalue()


def test_what_is_kept_is_small_and_may_be_handed_on(folder: Path) -> None:
    """Records of at most 12 MB a study, no weights, no photographs, no folder of the machine that made it."""
    assert (folder / "records.tar").stat().st_size <= LIMIT_BYTES
    with tarfile.open(folder / "records.tar") as archive:
        files = [member for member in archive.getmembers() if member.isfile()]
        assert not [member.name for member in files if Path(member.name).name in WITHHELD]
        manifests = [member for member in files if Path(member.name).name in {"run.json", "record.json"}]
        texts = [stream.read().decode() for member in manifests if (stream := archive.extractfile(member)) is not None]
    assert texts
    assert not [place for place in PLACES if any(place in text for text in texts)]


@pytest.fixture(scope="module")
def kept(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The records, taken in as by anybody."""
    root = tmp_path_factory.mktemp(folder.name)
    _told(bench, "import", folder / "records.tar", "--artifacts", root)
    return root


def test_the_kept_records_give_the_kept_page(folder: Path, request: pytest.FixtureRequest) -> None:
    """Derived again from the records, the page in English comes out with the same bytes; large ones in the campaigns alone."""
    if (folder / "report.html").stat().st_size > LARGE_BYTES:
        pytest.skip("a large page: `nox -s campaigns` derives it, with the three other files")
    kept = request.getfixturevalue("kept")  # not asked for above: large archives are not taken in to be skipped
    assert "sound" in _told(report, "verify", folder / "report.html", "--artifacts", kept)


@pytest.mark.campaign
def test_the_kept_records_give_the_kept_reports(folder: Path, kept: Path, tmp_path: Path) -> None:
    """So do the page in Portuguese and the PDF in both languages."""
    words = ("--engine", "pandoc", "--json", "--artifacts", kept, "--output", tmp_path)
    made = json.loads(_told(report, "build", *words))
    found = {Path(path).name: Path(path) for path in made["outputs"]}
    assert sorted(found) == sorted(REPORTS)
    assert [name for name, path in found.items() if path.read_bytes() != (folder / name).read_bytes()] == []


@pytest.mark.campaign
def test_the_kept_pdf_conforms(folder: Path) -> None:
    """The tables, figures and formulas of a whole report are tagged as PDF/UA-1 asks; one language of each."""
    found = outloud.check(str(folder / "report.pt.pdf"), layers=["conformance"])
    assert (found.verdict, found.error, found.findings) == ("pass", None, [])


@pytest.mark.campaign
def test_the_kept_records_are_sound(kept: Path) -> None:
    """Every number in them is recomputed from their files."""
    assert _told(bench, "verify", "--artifacts", kept).splitlines()[-1].startswith("sound: ")


@pytest.mark.campaign
def test_the_page_and_the_readme_count_as_the_judge_does(folder: Path, kept: Path) -> None:
    """Run and verdicts of the pages in prose are those of the records."""
    audit = _told(report, "audit", "--artifacts", kept, codes=(0, 5))  # 5: a claim is refuted
    run, _, counts = audit.splitlines()[-1].removeprefix("run ").split(": ")
    said = ", ".join(count for count in counts.split(", ") if not count.startswith("0 "))
    link = f"](docs/results/{folder.name}/"
    (row,) = (line for line in (ROOT / "README.md").read_text().splitlines() if link in line)
    page = (RESULTS / "README.md").read_text()
    (section,) = (text for text in page.split("\n## ") if f"]({folder.name}/report.html)" in text)
    assert said in row
    assert f"`{run}`" in section
    words = section.replace("\n", " ")
    counts = [count.split(" ", 1) for count in said.split(", ")]
    patterns = [rf"\b{number}(?: claims?)?(?: are| is)? {verdict}\b" for number, verdict in counts]
    assert [pattern for pattern in patterns if not re.search(pattern, words)] == []
