"""What device and which versions the figures are of."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import torch

from bench.harness.environment import machine_facts
from bench.training.determinism import configure

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue

    from tests.cuda.subjects import Scale

_PACKAGES = (
    "torch",
    "torchvision",
    "ultralytics",
    "numpy",
    "scikit-learn",
    "pydantic",
    "opencv-python",
    "opencv-python-headless",
)


def facts(device: str, scale: Scale, folder: Path) -> dict[str, JsonValue]:
    """The machine, the device, and the flags under which the study computes there."""
    del scale, folder
    chosen = configure(device, threads=1)
    found = machine_facts(device) | {"packages": {name: _version(name) for name in _PACKAGES}}
    found["flags"] = {
        "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
        "cudnn_benchmark": torch.backends.cudnn.benchmark,
        "cudnn_allow_tf32": torch.backends.cudnn.allow_tf32,
        "matmul_allow_tf32": torch.backends.cuda.matmul.allow_tf32,
    }
    if chosen.type == "cuda":
        properties = torch.cuda.get_device_properties(chosen)
        found |= {
            "name": properties.name,
            "capability": f"{properties.major}.{properties.minor}",
            "memory_bytes_device": properties.total_memory,
            "multiprocessors": properties.multi_processor_count,
            "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),
        }
    return found


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
