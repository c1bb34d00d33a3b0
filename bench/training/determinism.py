"""The one place that sets global seeds, flags and threads, and that derives named random streams from a seed."""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
import torch.utils.deterministic

if TYPE_CHECKING:
    from collections.abc import Iterator


def configure(device: str, threads: int) -> torch.device:
    """Make this process repeatable on ``device`` with ``threads`` CPU threads; call it before CUDA starts.

    Raises RuntimeError where ``device`` is a CUDA device and CUDA had started without the workspace setting.
    """
    chosen = torch.device(device)
    if chosen.type == "cuda":
        _fix_cublas_workspace()
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(mode=True)
    # Deterministic mode also fills every fresh tensor with NaN, about 100 fills a step. No operation used here
    # reads memory that it has not written, so the fill costs time and changes nothing.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False  # timing races would choose the algorithm
    torch.backends.cudnn.allow_tf32 = False  # TF32 keeps 10 mantissa bits; the study's arithmetic is float32
    torch.backends.cuda.matmul.allow_tf32 = False
    return chosen


def stream(seed: int, name: str, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator of its own for each (seed, name): drawing from one stream never moves another."""
    return restart(torch.Generator(device=device), seed, name)


def restart(generator: torch.Generator, seed: int, name: str) -> torch.Generator:
    """Put ``generator`` at the start of the stream of (seed, name), and return it."""
    return generator.manual_seed(_stream_seed(seed, name))


@contextmanager
def seeded_initialisation(seed: int, name: str) -> Iterator[None]:
    """Inside the block, torch's default CPU generator is at the stream's start; afterwards it is as it was before."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(_stream_seed(seed, name))
        yield


def _stream_seed(seed: int, name: str) -> int:
    """63 bits of SHA-256: nearby seeds and names give unrelated streams."""
    key = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return int.from_bytes(key[:8], "big") >> 1


def _fix_cublas_workspace() -> None:
    """CuBLAS is repeatable only with a fixed workspace, and reads the setting once, when CUDA starts."""
    started: bool = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    if started and "CUBLAS_WORKSPACE_CONFIG" not in os.environ:
        raise RuntimeError("CUDA started before determinism.configure: CUBLAS_WORKSPACE_CONFIG can no longer be set")
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
