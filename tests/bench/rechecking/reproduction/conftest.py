"""A stored run of stand-in tasks, the command on it, and a way to alter a stored record without leaving a trace."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from bench.cli import main
from bench.harness import local, planner
from bench.harness.slots import Slot
from bench.harness.task import Task
from store.certificates import Certificate, load_certificate
from store.records import Draft, commit
from store.runs import load_entry, load_run, write_run
from store.schema import TaskKey
from tests.bench.harness.scripted import ScriptedExecutor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

MODULE = "tests.bench.rechecking.reproduction.stand_in"


def task(variant: str, seed: int = 0, *, upstream: Sequence[str] = (), **config: str) -> Task:
    """A stand-in task; its config says how it behaves."""
    return Task(TaskKey(experiment="stand-in", variant=variant, seed=seed), MODULE, config, (), tuple(upstream))


@dataclass(frozen=True)
class Store:
    """An artifacts folder with one run in it."""

    root: Path

    def reproduce(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """Run the command, check its exit code, and give the verdicts by task."""
        assert main(["reproduce", *arguments, "--jobs", "1", "--artifacts", str(self.root)]) == code
        return {item.task.id: item for item in self.certificate().tasks}

    def certificate(self) -> Certificate:
        """The one that the run has."""
        found = load_certificate(self.root, load_run(self.root))
        assert found is not None
        return found

    def alter(self, task_id: str, files: dict[str, bytes]) -> None:
        """Replace files of a stored record and seal record and run again, as a careful forger would."""
        run = load_run(self.root)
        entries = []
        for entry in run.entries:
            if entry.task.id == task_id:
                stored = load_entry(self.root, entry)
                record = stored.record
                kept = {one.name: (stored.folder / one.name).read_bytes() for one in record.files} | files
                volatile = frozenset(one.name for one in record.files if one.volatile)
                draft = Draft(record.task, record.ingredients, record.result, kept, record.execution, volatile)
                shutil.rmtree(stored.folder)
                forged = commit(self.root, draft).record.digest
                entries.append(entry.model_copy(update={"record_digest": forged}))
            else:
                entries.append(entry)
        fields = run.model_dump(mode="json", exclude={"digest", "schema_version"})
        write_run(self.root, fields | {"entries": [entry.model_dump(mode="json") for entry in entries]})


@pytest.fixture
def worker_processes() -> None:
    """Asked for by tests whose tasks are to run in processes of their own, each of which takes seconds to start."""


@pytest.fixture
def stored_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> Callable[..., Store]:
    """Run these tasks as ``bench run`` does, in place of the real experiments."""
    if "worker_processes" not in request.fixturenames:
        slot = Slot("here/cpu-0", "here", gpu=False, memory_bytes=2**32, elastic=True)
        monkeypatch.setattr(local, "local_executor", lambda *_: ScriptedExecutor([slot], lambda _name, _start: None))
    for name in ("BENCH_DATA_DIR", "BENCH_ARTIFACTS_DIR", "BENCH_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)

    def make(*tasks: Task) -> Store:
        monkeypatch.setattr(planner, "tasks_of", lambda _config: tasks)
        main(["run", "--jobs", "1", "--artifacts", str(tmp_path / "artifacts")])
        capsys.readouterr()
        return Store(tmp_path / "artifacts")

    return make
