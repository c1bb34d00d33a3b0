"""``bench new`` writes a study that runs as it is, and touches nothing that is there."""

from __future__ import annotations

import argparse
import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.harness.new_study import new_facts
from store.errors import StoreError, UsageError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project's own files, into which a study can be written."""
    copy = tmp_path / "project"
    for room in ("bench", "store", "report", "templates", "data"):
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "pyproject.toml", copy / "pyproject.toml")
    return copy


def command(project: Path, *words: str) -> str:
    """What ``python -m WORDS`` prints in the copied project; it has to end well."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("BENCH_", "PYTHONPATH"))}
    line = [sys.executable, "-m", *words]
    done = subprocess.run(line, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_new_study_runs_is_verified_and_has_a_report(project: Path, tmp_path: Path) -> None:
    """Written, run, verified, judged and reported, as it stands; the second run finds nothing to do."""
    store = ["--artifacts", str(tmp_path / "artifacts")]
    assert "bench/studies/demo/study.py" in command(project, "bench", "new", "demo")
    assert "3 ok (0 reused)" in command(project, "bench", "run", "--study", "demo", *store)
    assert "3 ok (3 reused)" in command(project, "bench", "run", "--study", "demo", *store)
    assert "sound" in command(project, "bench", "verify", *store)
    assert "1 claims" in command(project, "report", "audit", "--no-fail", *store)
    command(project, "report", "build", "--formats", "html", *store)
    pages = sorted((tmp_path / "artifacts" / "report").rglob("report.html"))
    assert pages
    assert "demo" in pages[0].read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["Demo", "1demo", "de-mo", "class", "", "../demo", "a" * 41])
def test_a_name_that_cannot_be_a_package_is_refused(name: str, tmp_path: Path) -> None:
    """Nothing is written, and the message says how names look."""
    with pytest.raises(UsageError, match="cannot name a study"):
        new_facts(argparse.Namespace(name=name), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_study_that_is_there_is_left_alone(tmp_path: Path) -> None:
    """A second study of one name would overwrite the first: it is refused, whichever of its folders is there."""
    folder = tmp_path / "data" / "studies" / "demo"
    folder.mkdir(parents=True)
    with pytest.raises(UsageError, match="is there already") as caught:
        new_facts(argparse.Namespace(name="demo"), tmp_path)
    assert str(folder) in caught.value.where


def test_a_study_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what, where and what to do about it; what was written before is gone."""

    def full(path: Path, *_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    shutil.copytree(ROOT / "templates" / "new_study", tmp_path / "templates" / "new_study")
    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(StoreError, match="cannot write the study") as caught:
        new_facts(argparse.Namespace(name="demo"), tmp_path)
    assert (caught.value.where.startswith(str(tmp_path)), "free some space" in caught.value.cure) == (True, True)
    assert not list(tmp_path.glob("*/studies/demo"))
