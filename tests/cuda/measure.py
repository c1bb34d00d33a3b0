"""Tries a device and prints one JSON of figures: ``python -m tests.cuda.measure [--device cuda] [--output FILE]``.

Each section runs in a process of its own with a time limit: one that fails or hangs says so in the JSON, and the others go
on. Speed is measured first and alone, all else at once. The file is written anew after each section.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import JsonValue

    from tests.cuda.subjects import Scale

    Section = Callable[[str, Scale, Path], dict[str, JsonValue]]

ROOT = Path(__file__).parents[2]
ALONE = {"machine": 40, "epochs": 110, "launches": 60}  # seconds that each may take
TOGETHER = {
    "repeated": 120,
    "branched": 120,
    "unwaiting": 120,
    "resumed": 120,
    "losses": 120,
    "evaluations": 120,
    "part_one": 150,
    "detector": 150,
}


def section(name: str) -> Section:
    """The function that measures it; imported when it is asked for, as each imports torch."""
    from tests.cuda import evaluations, machine, speed, study, trainings

    known: dict[str, Section] = {
        "machine": machine.facts,
        "epochs": speed.epochs,
        "launches": speed.launches,
        "repeated": trainings.repeated,
        "branched": trainings.branched,
        "unwaiting": trainings.unwaiting,
        "resumed": trainings.resumed,
        "losses": trainings.beside_the_cpu,
        "evaluations": evaluations.beside_the_cpu,
        "part_one": study.part_one,
        "detector": study.detector,
    }
    return known[name]


def main(arguments: list[str] | None = None) -> int:
    """Measure all sections, or those named; 0 where each of them ended."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--output", type=Path, default=Path("cuda.json"), help="where the figures go (default: cuda.json)")
    parser.add_argument("--only", help="sections, with commas (default: all)")
    parser.add_argument("--tiny", action="store_true", help="the smallest amounts, to try the program itself")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        return _measure_here(options)
    report = _Report(options)
    wanted = options.only.split(",") if options.only else [*ALONE, *TOGETHER]
    for name, limit_s in ALONE.items():
        if name in wanted:
            report.add(name, limit_s)
    together = [name for name in TOGETHER if name in wanted]
    with ThreadPoolExecutor(len(TOGETHER)) as threads:
        list(threads.map(report.add, together, [TOGETHER[name] for name in together]))
    sys.stdout.write(report.text() + "\n")
    return 0 if all(found["status"] == "ok" for found in report.sections.values()) else 1


class _Report:
    """What was found so far, and the file that says so."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.begin = options, time.perf_counter()
        self.sections: dict[str, dict[str, JsonValue]] = {}
        self._lock = threading.Lock()

    def add(self, name: str, limit_s: float) -> None:
        """Measure a section in a process of its own, and write the file anew."""
        begin = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            found = _ended(self.options, name, Path(folder), limit_s)
        found["seconds"] = round(time.perf_counter() - begin, 2)
        with self._lock:
            self.sections[name] = found
            self.options.output.write_text(self.text(), encoding="utf-8")

    def text(self) -> str:
        """The JSON."""
        order = [name for name in (*ALONE, *TOGETHER) if name in self.sections]
        content = {
            "device": self.options.device,
            "scale": "tiny" if self.options.tiny else "full",
            "seconds": round(time.perf_counter() - self.begin, 2),
            "sections": {name: self.sections[name] for name in order},
        }
        return json.dumps(content, indent=1)


def _ended(options: argparse.Namespace, name: str, folder: Path, limit_s: float) -> dict[str, JsonValue]:
    """What the section's process left, or how it ended."""
    answer, log = folder / "answer.json", folder / "log.txt"
    command = [sys.executable, "-m", "tests.cuda.measure", "--one", name, "--device", options.device, "--output", str(answer)]
    with log.open("w") as stream:
        child = subprocess.Popen(
            [*command, *(["--tiny"] if options.tiny else [])],
            cwd=ROOT,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            child.wait(limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            return {"status": "timeout", "limit_s": limit_s, "log": _end_of(log)}
    if answer.is_file():
        found: dict[str, JsonValue] = json.loads(answer.read_text(encoding="utf-8"))
        return found if found["status"] == "ok" else {**found, "log": _end_of(log)}
    return {"status": "failed", "error": f"the process ended with {child.returncode}", "log": _end_of(log)}


def _measure_here(options: argparse.Namespace) -> int:
    """One section, in this process; whatever goes wrong is part of the answer."""
    from tests.cuda.subjects import FULL, TINY

    try:
        figures = section(options.one)(options.device, TINY if options.tiny else FULL, options.output.parent)
        found: dict[str, JsonValue] = {"status": "ok", "figures": figures}
    except Exception as error:  # noqa: BLE001 - a failure is a finding: the JSON carries it
        found = {
            "status": "failed",
            "error": f"{type(error).__name__}: {error}"[:2000],
            "traceback": traceback.format_exc()[-4000:],
        }
    options.output.write_text(json.dumps(found), encoding="utf-8")
    return 0 if found["status"] == "ok" else 1


def _end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-3000:]


if __name__ == "__main__":
    assert platform.system() != "Windows", "sections are ended with their process groups"
    sys.exit(main())
