"""The how-to pages, followed to the letter in a copy of the project: their files, their changes and their commands."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "how-to"
# In this order, each on what the one before has left.
PAGES = ("add-a-study", "add-an-experiment", "add-a-table", "add-a-figure", "add-a-claim", "add-a-data-set")
MODEL = "add-a-model"
BLOCK = re.compile(r"^```(?P<kind>\w+)(?: (?P<what>file|append)=(?P<path>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block: ``what`` is to be done with the file at ``path`` (empty: nothing)."""

    kind: str
    what: str
    path: str
    text: str


def blocks(page: str) -> list[Block]:
    """The blocks of a page that do something, in their order."""
    text = (FOLDER / f"{page}.md").read_text(encoding="utf-8")
    found = [Block(*(group or "" for group in match.group("kind", "what", "path", "text"))) for match in BLOCK.finditer(text)]
    return [block for block in found if block.path or block.kind == "sh"]


def follow(block: Block, project: Path, artifacts: Path) -> str:
    """Do what the block says; returns what its commands print."""
    if block.kind == "sh":
        return "".join(command(line, project, artifacts) for line in block.text.splitlines() if line.strip())
    path = project / block.path
    if block.kind == "diff":
        old, new = ("".join(f"{line[1:]}\n" for line in block.text.splitlines() if line[:1] in f" {sign}") for sign in "-+")
        before = path.read_text(encoding="utf-8")
        assert before.count(old) == 1, f"{block.path} has not just one place like this:\n{old}"
        path.write_text(before.replace(old, new), encoding="utf-8")
    elif block.what == "append":
        path.write_text(path.read_text(encoding="utf-8") + block.text, encoding="utf-8")
    else:
        assert not path.exists(), f"{block.path} is there already"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
    return ""


def command(line: str, project: Path, artifacts: Path) -> str:
    """Run one line of a page as its reader would, in the copied project and with a store of its own."""
    words = shlex.split(line, comments=True)
    assert words[:2] == ["python", "-m"], line
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("BENCH_", "PYTHONPATH"))}
    environment["BENCH_ARTIFACTS_DIR"] = str(artifacts)
    done = subprocess.run(
        [sys.executable, *words[1:]], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


def copied(base: Path) -> tuple[Path, Path]:
    """A copy of the project's own files, and where its store will be."""
    project = base / "project"
    for room in ("bench", "store", "report", "templates", "data"):
        shutil.copytree(ROOT / room, project / room)  # with its bytecode, which is as old as its source there, too
    shutil.copyfile(ROOT / "pyproject.toml", project / "pyproject.toml")
    return project, base / "artifacts"


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, str]]:
    """The copied project and the store after all pages, and what the commands of each page printed."""
    project, artifacts = copied(tmp_path_factory.mktemp("how-to"))
    printed = {page: "".join(follow(block, project, artifacts) for block in blocks(page)) for page in PAGES}
    return project, artifacts, printed


def test_every_page_has_something_to_follow() -> None:
    """A page without a file, a change or a command would pass whatever it says."""
    assert all(blocks(page) for page in (*PAGES, MODEL))
    on_disk = {path.stem for path in FOLDER.glob("add-*.md")}
    assert on_disk == {*PAGES, MODEL}


@pytest.mark.campaign
def test_the_pages_end_in_a_run_that_is_sound(followed: tuple[Path, Path, dict[str, str]]) -> None:
    """Old tasks are reused, new ones run, all are verified, and the data set that is not there is said to be missing."""
    _, _, printed = followed
    assert "3 ok (0 reused)" in printed["add-a-study"]
    assert "6 ok (3 reused)" in printed["add-an-experiment"]
    assert "sound" in printed["add-an-experiment"]
    assert "put grid/points.csv into the folder" in printed["add-a-data-set"]


@pytest.mark.campaign
def test_what_was_added_stands_in_the_report(followed: tuple[Path, Path, dict[str, str]]) -> None:
    """The table, the figure and the claim of the pages are in the page that a reader opens."""
    project, artifacts, printed = followed
    assert "table-2.difference" in printed["add-a-claim"]
    command("python -m report build --study demo --formats html", project, artifacts)
    (page,) = (artifacts / "report" / "demo").glob("report.html")
    text = " ".join(page.read_text(encoding="utf-8").split())
    for words in (
        "How far apart two estimates",
        "A second estimate less the first, a dot a seed.",
        "Two estimates differ by 0.01",
    ):
        assert words in text


@pytest.mark.campaign
def test_a_model_joins_the_first_study_by_its_page(tmp_path: Path) -> None:
    """A sparse autoencoder: trained, rechecked, judged in a family of its own, and shown beside the others with dashes."""
    project, artifacts = copied(tmp_path)
    printed = "".join(follow(block, project, artifacts) for block in blocks(MODEL))
    assert (artifacts / "records" / "autoencoder" / "sparse" / "seed-0").is_dir()
    assert "sound" in printed
    assert "own.sparse.latent" in printed
    page = (artifacts / "report" / "report.html").read_text(encoding="utf-8")
    assert "Sparse AE" in page
