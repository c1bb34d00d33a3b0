"""A cluster on one's own machine: a scheduler and its workers on the loopback device, which no other machine can reach."""

from __future__ import annotations

import importlib.util
import threading
from typing import TYPE_CHECKING

from bench.harness.environment import memory_bytes
from store.errors import StudyError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

_LOOPBACK = "127.0.0.1"


def serve_locally(options: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Start it, say its address and how to use it, and keep it until the process is interrupted.

    Raises UsageError where the package is missing, StudyError where the port is taken.
    """
    if importlib.util.find_spec("distributed") is None:
        raise UsageError("the package distributed is not installed", cure="run through nox, which installs it: nox -s cluster")
    import dask  # noqa: PLC0415 - installed only where it is wanted
    from distributed import LocalCluster  # noqa: PLC0415

    dask.config.set({"distributed.worker.daemon": False})  # a detector trains in a process of its own
    try:
        cluster = LocalCluster(
            host=_LOOPBACK,
            scheduler_port=options.port,
            n_workers=options.workers,
            threads_per_worker=1,
            memory_limit=(memory_bytes() or 0) // options.workers or None,
            dashboard_address=f"{_LOOPBACK}:0",
            silence_logs=50,
        )
    except (OSError, RuntimeError) as error:
        cure = "end what uses the port, or name another one with --port"
        raise StudyError(f"the cluster does not start: {error}", where=f"{_LOOPBACK}:{options.port}", cure=cure) from error
    with cluster:
        say(f"{options.workers} workers at {cluster.scheduler_address}; in another terminal:")
        say(f"python -m nox -s bench -- --executor dask --scheduler {cluster.scheduler_address}")
        threading.Event().wait()
    return 0
