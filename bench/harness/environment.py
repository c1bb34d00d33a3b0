"""The environment class of a task (what can change its numbers) and the facts of a machine (where it happened)."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path
from typing import TYPE_CHECKING

from bench.harness.gpus import chosen_gpus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import JsonValue

DISTRIBUTION = {
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "cv2": "opencv-python",
    "PIL": "pillow",
    "yaml": "pyyaml",
}
# One module, several builds of it: with the sessions of noxfile.py the second is a name that stands for the first.
BUILDS = {"opencv-python": ("opencv-python-headless", "opencv-python")}
_CARRIED = {"ultralytics": "opencv-python"}  # reads and resizes the images, so its version counts too
_PROJECT = Path(__file__).parents[2]


def environment_class(device: str, threads: int, libraries: Iterable[str]) -> dict[str, str]:
    """Device kind, thread count, Python and the versions of the imported libraries; raises UsageError without CUDA."""
    python = ".".join(platform.python_version_tuple()[:2])
    found = {"device": device_kind(device), "threads": str(threads), "python": python, "machine": platform.machine()}
    found["system"] = platform.system()
    for name in sorted({*libraries, *(_CARRIED[name] for name in libraries if name in _CARRIED)}):
        package = DISTRIBUTION.get(name, name)
        number = next(filter(None, map(_version_of, BUILDS.get(package, (package,)))), None)
        if number:  # the standard library has none
            found[name] = number
    return found


def device_kind(device: str) -> str:
    """``cpu``, or ``cuda:<name of the GPU>``; raises UsageError where an asked-for GPU is not there."""
    return "cpu" if device == "cpu" else f"cuda:{chosen_gpus(device)[0].name}"


def machine_facts(device: str) -> dict[str, JsonValue]:
    """Processor, cores, memory, GPU and driver, system: provenance that does not enter a fingerprint."""
    facts: dict[str, JsonValue] = {
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "memory_bytes": memory_bytes(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "device": device,
    }
    if device != "cpu":
        gpu = chosen_gpus(device)[0]
        facts |= {"gpu": gpu.name, "driver": gpu.driver}
    return facts


def installed_packages() -> dict[str, str]:
    """Name to version of every installed distribution, sorted."""
    found = {(item.metadata["Name"] or "").lower(): item.version for item in distributions()}
    return {name: found[name] for name in sorted(found) if name}


def git_state(project: Path = _PROJECT) -> tuple[str | None, bool | None]:
    """Commit of this source tree and whether tracked or new source differs from it; ``(None, None)`` where it has none.

    A copy of the tree inside another repository has no commit, and variables such as GIT_DIR point nowhere here.
    """
    git = ("git", "-C", str(project))
    top = _output(*git, "rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() != project.resolve():
        return None, None
    commit = _output(*git, "rev-parse", "HEAD")
    if commit is None:
        return None, None
    changes = _output(*git, "status", "--porcelain", "--", "bench", "store", "data")
    return commit, None if changes is None else bool(changes)


def memory_bytes() -> int | None:
    """The machine's memory; None where the system does not tell."""
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return None
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@cache
def _version_of(distribution: str) -> str | None:
    try:
        return version(distribution).partition("+")[0]  # the CPU build calls itself 2.13.0+cpu: the device says that already
    except PackageNotFoundError:
        return None


def _output(*command: str) -> str | None:
    if shutil.which(command[0]) is None:
        return None
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}  # a hook's, not ours
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, timeout=30, env=own)
    return done.stdout.strip() if done.returncode == 0 else None


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
