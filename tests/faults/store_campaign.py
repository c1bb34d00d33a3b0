"""Kills the writing of a small store at each change of the disk, and resumes: ``python -m tests.faults.store_campaign DIR``."""

from __future__ import annotations

import json
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from store.errors import IntegrityError
from store.lock import sole_writer
from store.records import MANIFEST, Draft, check_files, commit, discard_partials, load, sweep, write_atomic
from store.runs import load_entry, load_run, write_run
from store.schema import Execution, Ingredients, Result, RunEntry, TaskKey
from tests.faults.kill_points import killed_at, snapshot, undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable

    from store.schema import Status

_EXECUTION = Execution(
    started_at="2026-01-01T00:00:00+00:00",
    duration_s=1.0,
    peak_memory_bytes=1,
    machine={},
    packages={},
    git_commit=None,
    git_dirty=None,
)
_VARIANTS = ("ae", "vae", "dae")
_REPORT = b"<!doctype html>" + bytes(range(256)) * 64


def study(root: Path) -> None:
    """What a run does to the store: sweep, commit each record, write the manifest, publish two files of the report.

    One record is new, one takes the place of a failed one, one that of a damaged one.
    """
    with sole_writer(root, print):
        sweep(root)
        stored = [commit(root, draft(variant)) for variant in _VARIANTS]
        entries = [
            RunEntry(
                task=one.record.task,
                fingerprint=one.record.fingerprint,
                status=one.record.status,
                record_digest=one.record.digest,
            ).model_dump(mode="json")
            for one in stored
        ]
        fields = {"run_id": "quick-12345678", "profile": "quick", "config": {}, "command": ["bench"], "entries": entries}
        write_run(root, {**fields, "created_at": "2026-01-01T00:00:00+00:00"})
    for name in ("report.html", "report.pdf"):
        discard_partials(root / "report" / name)
        write_atomic(root / "report" / name, _REPORT + name.encode())


def draft(variant: str, status: Status = "ok") -> Draft:
    """A record with three files."""
    ingredients = Ingredients(config={"epochs": 3}, code={}, inputs={}, upstream={}, environment={})
    files = {"weights.safetensors": variant.encode() * 4000, "history.parquet": b"rows" * 100, "timing.json": b"{}"}
    result = Result(status=status, reason="" if status == "ok" else "boom", metrics={"mse_per_pixel": 0.1 + 0.2})
    task = TaskKey(experiment="autoencoder", variant=variant, seed=0)
    return Draft(
        task, ingredients, result, files if status == "ok" else {}, _EXECUTION, frozenset({"timing.json"} & files.keys())
    )


def prepare(root: Path) -> None:
    """The store before the run: a failed record of the VAE, and a record of the DAE with a flipped byte."""
    commit(root, draft("vae", "failed"))
    damaged = commit(root, draft("dae")).folder / "weights.safetensors"
    damaged.write_bytes(b"\0" + damaged.read_bytes()[1:])


def unsound(root: Path) -> list[str]:
    """Records that present themselves as complete and are not, but for the one that was damaged before; broken runs."""
    found = []
    for path in sorted(root.glob(f"records/*/*/*/[0-9a-f]*/{MANIFEST}")):
        try:
            check_files(load(path.parent))
        except IntegrityError as error:
            if "/dae/" not in str(path):
                found.append(str(error))
    if (root / "runs" / "latest").is_file():
        try:
            run = load_run(root)
            for entry in run.entries:
                load_entry(root, entry)
        except IntegrityError as error:
            found.append(str(error))
    return found


def campaign(base: Path, action: Callable[[Path], None], before: Callable[[Path], None]) -> dict[str, object]:
    """Kill ``action`` at every change, once plainly and once with a torn file; then look, run it again and compare."""
    whole = base / "whole"
    before(whole)
    undisturbed(partial(action, whole))
    expected = snapshot(whole)
    points = 0
    corrupt: list[str] = []
    differing: list[str] = []
    for torn in (False, True):
        moment = 1
        while True:
            root = base / f"killed-{moment}-{torn}"
            before(root)
            if not killed_at(moment, partial(action, root), torn=torn):
                break
            points += 1
            corrupt += [f"moment {moment}, torn {torn}: {line}" for line in unsound(root)]
            undisturbed(partial(action, root))
            if snapshot(root) != expected:
                differing.append(f"moment {moment}, torn {torn}: {sorted(snapshot(root).items() ^ expected.items())[:4]}")
            shutil.rmtree(root)
            moment += 1
    return {"points": points, "corrupt": corrupt, "differing": differing, "files": len(expected)}


if __name__ == "__main__":
    print(json.dumps(campaign(Path(sys.argv[1]), study, prepare)))  # noqa: T201 - the campaign's answer to the test
