"""The study that ``bench new`` writes, put into a project folder of its own, and a run of it without computing one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import report.studies
from report.evidence import studies
from store.formats import table_bytes
from store.records import Draft, commit
from store.runs import write_run
from store.schema import Ingredients, Result, RunEntry, TaskKey
from tests.report.study import DIGEST, execution

if TYPE_CHECKING:
    from collections.abc import Iterator

    from store.schema import Run

SKELETON = Path(__file__).parents[2] / "templates" / "new_study"
NAME = "tiny"
ROOMS = {"report": "report/studies", "templates": "templates/studies", "data": "data/studies"}


def write_project(root: Path, name: str = NAME) -> Path:
    """The report's side of the skeleton under ``root``, as ``bench new NAME`` lays it out; returns ``root``."""
    for room, place in ROOMS.items():
        for path in (SKELETON / room).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                copy = root / place / name / path.relative_to(SKELETON / room)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(path.read_text(encoding="utf-8").replace("STUDY_NAME", name), encoding="utf-8")
    return root


def known(root: Path, name: str = NAME) -> Iterator[None]:
    """Let the report find the study of ``root`` while the generator is open; for a fixture."""
    report.studies.__path__.append(str(root / ROOMS["report"]))
    try:
        yield
    finally:
        report.studies.__path__.remove(str(root / ROOMS["report"]))
        for module in [module for module in sys.modules if module.startswith(f"report.studies.{name}")]:
            del sys.modules[module]
        studies._declared.cache_clear()  # another test may write another study of this name


def run_known(root: Path) -> Iterator[Path]:
    """Artifacts under ``root`` with a run of the study that the report can find while the generator is open; for a fixture."""
    for _ in known(write_project(root)):
        write_run_of(root / "artifacts")
        yield root / "artifacts"


def write_run_of(artifacts: Path, *, broken: str = "", created_at: str = "2026-02-02", run_id: str = f"{NAME}-run") -> Run:
    """Commit a record for each of three seeds, skipped for the reason ``broken`` where it has one, and the run's manifest."""
    seeds = (0, 1, 2)
    stored = []
    for seed in seeds:
        history = {"epoch": [1, 2], "points": [5000, 10000], "estimate": [3.2, 3.14 + 0.001 * seed]}
        result = Result(status="ok", metrics={"estimate": 3.14 + 0.001 * seed, "points": 10000, "points_inside": 7850 + seed})
        if broken:
            result = Result(status="skipped", reason=broken)
        ingredients = Ingredients(
            config={"simulation": {"points": 10000}}, code={"m": DIGEST}, inputs={}, upstream={}, environment={"device": "cpu"}
        )
        task = TaskKey(experiment="estimate", variant="square", seed=seed)
        files = {} if broken else {"history.parquet": table_bytes({key: np.array(values) for key, values in history.items()})}
        stored.append(commit(artifacts, Draft(task, ingredients, result, files, execution(), frozenset())))
    entries = [
        RunEntry(task=s.record.task, fingerprint=s.record.fingerprint, status=s.record.status, record_digest=s.record.digest)
        for s in stored
    ]
    return write_run(
        artifacts,
        {
            "run_id": run_id,
            "profile": "paper",
            "study": NAME,
            "config": {"seeds": list(seeds), "parts": ["simulation"], "simulation": {"points": 10000}},
            "entries": [entry.model_dump(mode="json") for entry in entries],
            "command": ["python", "-m", "bench", "run", "--study", NAME],
            "created_at": created_at,
        },
    )
