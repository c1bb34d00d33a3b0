"""The commit that a record names is that of this source tree, or none."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from bench.harness.environment import git_state

if TYPE_CHECKING:
    from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    """Run git in the folder, as somebody and whatever the caller's own variables say, and return what it says."""
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(
        ["git", "-C", str(folder), *who, *arguments], capture_output=True, text=True, check=True, env=own
    ).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit and a source file."""
    if shutil.which("git") is None:
        pytest.skip("needs git")
    folder = tmp_path / "repository"
    (folder / "bench").mkdir(parents=True)
    (folder / "bench/one.py").write_text("x = 1\n")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "one")
    return folder


def test_the_commit_of_the_tree_and_its_changes(repository: Path) -> None:
    """Clean, and with a change of the source."""
    head = git(repository, "rev-parse", "HEAD")
    assert git_state(repository) == (head, False)
    (repository / "bench/one.py").write_text("x = 2\n")
    assert git_state(repository) == (head, True)


def test_an_enclosing_repository_has_no_say(repository: Path) -> None:
    """A copy of the tree inside somebody's own repository is not at that repository's commit."""
    copy = repository / "copies/this"
    shutil.copytree(repository / "bench", copy / "bench")
    assert git_state(copy) == (None, None)


def test_a_tree_without_a_repository_has_no_commit(tmp_path: Path) -> None:
    """An unpacked archive."""
    assert git_state(tmp_path) == (None, None)


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"])
def test_variables_of_git_point_nowhere(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A hook of another repository sets them for all that it starts."""
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    monkeypatch.setenv(name, str(other / ".git" if name == "GIT_DIR" else other))
    inside, outside = git_state(repository), git_state(tmp_path)
    monkeypatch.delenv(name)
    assert inside == (git(repository, "rev-parse", "HEAD"), False)
    assert outside == (None, None)
