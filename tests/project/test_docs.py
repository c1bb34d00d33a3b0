"""What the pages promise is there: links, sessions, options, reasons for dependencies, and an example that runs."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from PIL import Image

from tests.project.pictures import IMAGES, RUN, SHOWN, run_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), ROOT / "artifacts" / "README.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SHELL_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE_COMMAND = re.compile(r"`((?:nox|python3? -m (?:nox|bench|report)) [^`]+)`")
DEFAULT_COMMAND = {"bench": "run", "report": "build"}


def sessions() -> dict[str, str]:
    """Session name to docstring, read from noxfile.py without importing nox."""
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.decorator_list]
    return {node.name: ast.get_docstring(node) or "" for node in functions}


def commands() -> Iterator[tuple[str, list[str]]]:
    """Page and words of each nox, bench or report command that a page shows."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        shown = [line for block in SHELL_BLOCK.findall(text) for line in block.splitlines()]
        parts = [part for line in [*shown, *INLINE_COMMAND.findall(text)] for part in line.split("&&")]
        for part in parts:
            words = shlex.split(part, comments=True)
            words = words[2:] if words[:2] in (["python3", "-m"], ["python", "-m"]) else words
            if words and words[0] in {"nox", "bench", "report"}:
                yield page.name, words


def named_sessions(words: list[str]) -> list[str]:
    """The sessions that a nox command names; none for a bench or report command."""
    own = words[: words.index("--")] if "--" in words else words
    return own[own.index("-s") + 1 :] if "-s" in own else []


def forwarded(words: list[str]) -> list[str]:
    """``[program, command, options ...]`` of a command that reaches bench or report with arguments, else nothing."""
    if words[0] in DEFAULT_COMMAND:
        return words
    if "--" not in words:
        return []
    (program,) = named_sessions(words)
    rest = words[words.index("--") + 1 :]
    if program not in DEFAULT_COMMAND:
        return []
    return [program, *rest] if not rest[0].startswith("-") else [program, DEFAULT_COMMAND[program], *rest]


@cache
def help_of(*command: str) -> str:
    """What ``python -m COMMAND --help`` prints; fails where there is no such command."""
    answer = subprocess.run([sys.executable, "-m", *command, "--help"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, f"{' '.join(command)}: {answer.stderr}"
    return answer.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page: Path) -> None:
    """Each relative link and picture of the page exists."""
    targets = [target.partition("#")[0] for target in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target]
    assert [target for target in targets if target and not (page.parent / target).exists()] == []


def test_commands_name_sessions_that_exist() -> None:
    """Every session that a page tells the reader to run is in noxfile.py, with a docstring for ``nox --list``."""
    named = {name for _, words in commands() for name in named_sessions(words)}
    assert {"bench", "report", "tests"} <= named
    assert named <= sessions().keys()
    assert all(sessions().values())


def test_commands_use_options_that_exist() -> None:
    """Every option that a page passes on to bench or report is one that the command knows."""
    unknown = []
    for page, words in commands():
        if arguments := forwarded(words):
            command = tuple(word for word in arguments[:3] if re.fullmatch("[a-z]+", word))
            command = command if command[:2] == ("bench", "data") else command[:2]
            options = [word for word in arguments if word.startswith("--")]
            unknown += [f"{page}: {' '.join(words)}: {one}" for one in options if one not in help_of(*command)]
    assert unknown == []


def test_each_dependency_has_one_reason() -> None:
    """docs/dependencies.md lists the packages of pyproject.toml, each in its group, no more and no less."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    named = {(Requirement(line).name, group) for group, lines in groups.items() for line in lines if isinstance(line, str)}
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z0-9-]+) \| ([a-z]+) \| (.+) \|$", page, re.MULTILINE)
    reasons = [(package, group) for package, group, reason in rows if reason != "reason"]
    assert len(reasons) == len(set(reasons))
    assert set(reasons) == named


def test_index_lists_every_decision() -> None:
    """docs/decisions/README.md leads to each page beside it."""
    folder = ROOT / "docs" / "decisions"
    pages = {page.name for page in folder.glob("[0-9]*.md")}
    assert pages
    assert set(LINK.findall((folder / "README.md").read_text(encoding="utf-8"))) == pages


@pytest.mark.parametrize("name", SHOWN)
def test_a_picture_shows_the_run_that_is_kept(name: str) -> None:
    """Made anew with `python -m tests.project.pictures` where a report is of another run."""
    with Image.open(IMAGES / name) as picture:
        assert picture.info[RUN] == run_of(SHOWN[name])
    assert f"](docs/images/{name})" in (ROOT / "README.md").read_text(encoding="utf-8")
