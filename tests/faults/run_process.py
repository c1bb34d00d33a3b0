"""A small run as a process: start it, see how far it is, find its workers, and judge the store that it leaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from bench.rechecking.reproduction.comparison import compare
from store.audit import audit_record, audit_run, record_folders, run_ids
from store.records import load
from tests.bench.rechecking.verification.tiny_study import write_images

_PROJECT = Path(__file__).parents[2]
_POLL_S = 0.02  # how often a process is asked whether it has ended and how far it is: finer than any write of a record


def prepare(base: Path) -> None:
    """Write the images that all runs under ``base`` read."""
    (base / "images").mkdir(parents=True)
    write_images(base / "images")


def start(
    base: Path, root: Path, jobs: int = 2, options: tuple[str, ...] = (), program: tuple[str, ...] = ("small_run",)
) -> subprocess.Popen[bytes]:
    """Run the study into ``root``; what it says is appended to ``ROOT.log``. ``program`` is a module here and its arguments."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BENCH_")}
    environment["BENCH_CACHE_DIR"] = str(base / "cache")
    command = [sys.executable, "-m", f"tests.faults.{program[0]}", *program[1:], str(base / "images"), str(root), str(jobs)]
    with log_of(root).open("ab") as log:
        return subprocess.Popen([*command, *options], cwd=_PROJECT, stdout=log, stderr=log, env=environment)


def log_of(root: Path) -> Path:
    """What the runs of a store said."""
    return root.with_name(f"{root.name}.log")


def reaches(process: subprocess.Popen[bytes], root: Path, events: int) -> bool:
    """Wait until the run has told of so many events; False where it ended before."""
    while len(event_kinds(root)) < events:
        try:
            process.wait(_POLL_S)
        except subprocess.TimeoutExpired:
            continue
        return False
    return True


def event_kinds(root: Path) -> list[str]:
    """What the events files of the store's runs tell, line by line; of a torn line, that it is torn."""
    text = "".join(path.read_text(errors="replace") for path in root.glob("runs/*/events.jsonl"))
    found = []
    for line in text.splitlines():
        try:
            found.append(str(json.loads(line)["kind"]))
        except ValueError:
            found.append("torn")
    return found


def workers_of(parent: int) -> list[tuple[int, str]]:
    """The run's worker processes, and the trainers that these have started, each with its kind."""
    text = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [(int(pid), int(above), args) for pid, above, *args in (line.split(maxsplit=2) for line in text.splitlines())]
    spawned = [(pid, above) for pid, above, args in rows if "spawn_main" in "".join(args)]
    workers = [pid for pid, above in spawned if above == parent]
    return [*((pid, "worker") for pid in workers), *((pid, "trainer") for pid, above in spawned if above in workers)]


def complete(root: Path) -> tuple[dict[Path, str], list[str]]:
    """The digest of every record that presents itself as finished, by folder, and what speaks against any record or run."""
    found: dict[Path, str] = {}
    problems: list[str] = []
    for folder in record_folders(root):
        audited = audit_record(root, folder)
        problems += [f"{root.name}: {problem.what}" for problem in audited.problems]
        if audited.stored is not None and audited.stored.record.status == "ok":
            found[folder] = audited.stored.record.digest
    for name in run_ids(root):
        problems += [f"{root.name}: {problem.what}" for problem in audit_run(root, name)[1]]
    return found, problems


def differences(whole: Path, root: Path) -> list[str]:
    """Every record of ``whole`` that ``root`` lacks or has with another result, down to the last bit, and what is new.

    In which epochs a detector was resumed may differ, and with it the digests of its own and the next result.
    """
    expected, found = ({folder.relative_to(base): load(folder) for folder in record_folders(base)} for base in (whole, root))
    lines = [f"{root.name}: {name} is only in one of both" for name in sorted(expected.keys() ^ found.keys())]
    for name in sorted(expected.keys() & found.keys()):
        finding = compare(expected[name], found[name], elsewhere=False, spread={})
        if finding.verdict != "bit_identical":
            lines.append(f"{root.name}: {name}: {finding.verdict} in {finding.what or finding.parts}")
    return lines


def equal_digests(whole: Path, root: Path) -> int:
    """How many records have the very digest of result that they have in ``whole``."""
    expected, found = (
        {folder.relative_to(base): load(folder).record.result_digest for folder in record_folders(base)}
        for base in (whole, root)
    )
    return sum(found.get(name) == digest for name, digest in expected.items())
