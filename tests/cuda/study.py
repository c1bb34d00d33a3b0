"""The study itself on a device, through its command line: each part twice, record by record."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import TYPE_CHECKING

from store.chain import CHAIN, PARTS
from store.formats import read_table
from tests.cuda.subjects import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import JsonValue

    from tests.cuda.subjects import Scale

_DETECTOR = ("detection.images=16", "detection.epochs=2", 'detection.arms=["scratch-car"]')


def part_one(device: str, scale: Scale, folder: Path) -> dict[str, JsonValue]:
    """Part I of the quick profile with one seed, with recorded steps and without: do all results have the same digest?"""
    few = () if scale.copies > 1 else ("autoencoder.epochs=1", "classifier.epochs=1")
    return _twice(
        folder,
        (_command("autoencoders", device, few), _command("autoencoders", device, (*few, "execution.capture=false"))),
    )


def detector(device: str, scale: Scale, folder: Path) -> dict[str, JsonValue]:
    """One arm on drawn street scenes, twice: do records and chains agree?"""
    del scale
    if find_spec("ultralytics") is None:
        return {"skipped": "ultralytics is not installed"}
    command = _command("detection", device, _DETECTOR)
    return _twice(folder, (command, command))


def _command(part: str, device: str, settings: tuple[str, ...]) -> list[str]:
    chosen = [flag for setting in settings for flag in ("--set", setting)]
    return [sys.executable, "-m", "bench", "run", "--parts", part, "--seeds", "0", "--device", device, "--offline", *chosen]


def _twice(folder: Path, commands: tuple[list[str], list[str]]) -> dict[str, JsonValue]:
    """Both at once: each into a store of its own."""
    with ThreadPoolExecutor(2) as threads:
        outputs = list(threads.map(_run, commands, (folder / "one", folder / "other")))
    one, other = _records(folder / "one"), _records(folder / "other")
    differing = sorted(name for name in one.keys() | other.keys() if one.get(name, "") != other.get(name, " "))
    status: dict[str, JsonValue] = {}
    for name, (state, _) in sorted(one.items()):
        status[state] = [*_names(status.get(state)), name]
    return {
        "records": len(one),
        "equal": len(one) - len(differing),
        "differing": list(differing),
        "chains_part": _chains(folder / "one", folder / "other"),
        "status": status,
        "seconds": _seconds(folder / "one"),
        "exit": [code for code, _ in outputs],
        "output": [text[-1500:] for code, text in outputs if code],
    }


def _names(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _run(command: list[str], artifacts: Path) -> tuple[int, str]:
    environment = {**os.environ, "BENCH_ARTIFACTS_DIR": str(artifacts)}
    environment.pop("BENCH_DATA_DIR", None)
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def _records(root: Path) -> Mapping[str, tuple[str, str]]:
    """Status and result digest of each record by its task's id."""
    found = {}
    for path in root.glob("records/*/*/*/*/record.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        name = "/".join(path.parts[-5:-2])
        reason = record["result"]["reason"].partition("\n")[0][:200]
        found[name] = (record["result"]["status"] + (f": {reason}" if reason else ""), record["result_digest"])
    return found


def _chains(one: Path, other: Path) -> dict[str, JsonValue]:
    """The first epoch in which the chains of two trainings differ, and in what."""
    found: dict[str, JsonValue] = {}
    for path in sorted(one.glob(f"records/*/*/*/*/{CHAIN}")):
        task = "/".join(path.parts[-5:-2])
        for twin in other.glob(f"records/{task}/*/{CHAIN}"):
            rows, twins = read_table(path).to_pylist(), read_table(twin).to_pylist()
            parts = [[name for name in PARTS if row[name] != there[name]] for row, there in zip(rows, twins, strict=False)]
            first = next((epoch for epoch, names in enumerate(parts) if names), None)
            found[task] = None if first is None else {"epoch": first, "in": list(parts[first])}
    return found


def _seconds(root: Path) -> dict[str, JsonValue]:
    """What each task took, its imports included."""
    records = (json.loads(path.read_text(encoding="utf-8")) for path in root.glob("records/*/*/*/*/record.json"))
    found = {f"{r['task']['experiment']}/{r['task']['variant']}": r["execution"]["duration_s"] for r in records}
    return dict(sorted(found.items()))
