"""One real study for all tests of ``bench verify``, and a copy of it to damage."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.bench.rechecking.verification.remembered import Remembering
from tests.bench.rechecking.verification.tiny_study import run_study
from tests.sharing import made_once

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass
class Store:
    """A copy of the study's artifacts that puts back what a test damaged."""

    root: Path
    original: Path
    untouched: dict[Path, tuple[int, int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Copy records and runs, and remember how they look."""
        for name in ("records", "runs"):
            shutil.copytree(self.original / name, self.root / name)
        self.untouched = _looks(self.root)

    def folder(self, task_id: str) -> Path:
        """The folder of the task's only record."""
        (found,) = (self.root / "records" / task_id).iterdir()
        return found

    def files(self) -> list[Path]:
        """Every file of the whole store that verify answers for: all but the log of events, of which no digest is kept."""
        return sorted(path for path in self.untouched if path.name != "events.jsonl")

    def restore(self) -> None:
        """Undo everything that was done to a file since; a folder that was added goes, if it is empty."""
        looks = _looks(self.root)
        for path in looks.keys() - self.untouched.keys():
            path.unlink()
        for path in [path for path, look in self.untouched.items() if looks.get(path) != look]:
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self.original / path.relative_to(self.root), path)
            self.untouched[path] = _look(path)
        for path in self.root.glob("records/*/*/*/*/*"):
            if path.is_dir():
                path.rmdir()


def _looks(root: Path) -> dict[Path, tuple[int, int, int]]:
    """Identity, size and time of change of every file of records and runs: equal, unless somebody touched it."""
    found = [*(root / "records").rglob("*"), *(root / "runs").rglob("*")]
    return {path: _look(path) for path in found if path.is_file()}


def _look(path: Path) -> tuple[int, int, int]:
    state = path.stat()
    return state.st_ino, state.st_size, state.st_mtime_ns


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The artifacts of the tiny study, which all processes of these tests share: the first one runs it, nobody writes there."""

    def make(folder: Path) -> None:
        (folder / "images").mkdir()
        run_study(folder / "store", folder / "images")

    store = made_once(tmp_path_factory, "tiny_study", make) / "store"
    before = _looks(store)
    yield store
    assert _looks(store) == before, "a test wrote to the store that all share, perhaps through a link"


@pytest.fixture(scope="session")
def copied(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The copy that all tests share."""
    return Store(tmp_path_factory.mktemp("store"), study)


@pytest.fixture
def store(copied: Store) -> Iterator[Store]:
    """A whole store, whole again after the test."""
    yield copied
    copied.restore()


@pytest.fixture(scope="module")
def memory() -> Remembering:
    """What a module's tests have verified."""
    return Remembering()


@pytest.fixture
def verifier(memory: Remembering, monkeypatch: pytest.MonkeyPatch) -> Remembering:
    """Verification that reads and recomputes what is equal once for all tests of the module that ask for it."""
    return memory.within(monkeypatch)
