"""Which GPUs there are and which of them a run uses: asked of the driver, never of torch, which a parent must not start.

GPUs are told apart by their UUIDs: the driver counts them by bus, CUDA by speed unless it is told otherwise.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

VISIBLE = "CUDA_VISIBLE_DEVICES"
_QUERY = ("nvidia-smi", "--query-gpu=uuid,name,driver_version,memory.total", "--format=csv,noheader,nounits")
_WHERE = "--device"


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU as the driver names it."""

    uuid: str
    name: str
    driver: str
    memory_mb: int


_stand_ins: list[Gpu] = []


def stand_in(found: Iterable[Gpu]) -> None:
    """From now on these are the GPUs that there are: those of a cluster, for a plan that is made elsewhere."""
    _stand_ins[:] = found


def visible_gpus() -> tuple[Gpu, ...]:
    """The GPUs that a program started here may use: all that the driver lists, or those of CUDA_VISIBLE_DEVICES."""
    if _stand_ins:
        return tuple(_stand_ins)
    listed = _listed()
    wanted = os.environ.get(VISIBLE)
    if wanted is None:
        return listed
    found: list[Gpu] = []
    for word in filter(None, (part.strip() for part in wanted.split(","))):
        matching = [gpu for index, gpu in enumerate(listed) if word == str(index) or gpu.uuid.startswith(word)]
        if not matching:
            break  # CUDA too ignores all that follows one that it does not know, such as -1
        found.append(matching[0])
    return tuple(found)


def chosen_gpus(device: str) -> tuple[Gpu, ...]:
    """The GPUs of ``cpu`` (none), ``cuda`` (all visible ones) or ``cuda:0,cuda:2``.

    Raises UsageError where one is not there, or where their kinds differ: results of one run would then depend on chance.
    """
    if device == "cpu":
        return ()
    gpus = visible_gpus()
    indices = range(max(1, len(gpus))) if device == "cuda" else [int(word.partition(":")[2] or 0) for word in device.split(",")]
    if max(indices) >= len(gpus):
        message = f"device {device} was asked for, but the NVIDIA driver lists {len(gpus)} GPU(s)"
        cure = "run with --device cpu, or install the driver (nvidia-smi must list the GPU)"
        raise UsageError(message, where=_WHERE, cure=cure)
    chosen = tuple(gpus[index] for index in dict.fromkeys(indices))
    kinds = list(dict.fromkeys(gpu.name for gpu in chosen))
    if len(kinds) > 1:
        message = f"the GPUs are of {len(kinds)} kinds ({', '.join(kinds)}), which round differently"
        raise UsageError(message, where=_WHERE, cure="name GPUs of one kind, such as --device cuda:0,cuda:2")
    return chosen


@cache
def _listed() -> tuple[Gpu, ...]:
    if shutil.which(_QUERY[0]) is None:
        return ()
    done = subprocess.run(_QUERY, capture_output=True, text=True, check=False, timeout=30)
    if done.returncode != 0:
        return ()
    rows = [[cell.strip() for cell in line.split(",")] for line in done.stdout.splitlines() if line.strip()]
    return tuple(Gpu(uuid, name, driver, int(memory) if memory.isdigit() else 0) for uuid, name, driver, memory in rows)
