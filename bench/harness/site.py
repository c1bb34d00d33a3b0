"""Where an invocation's tasks run: on this machine's cores and GPUs, or on the workers of a cluster, as the options say."""

from __future__ import annotations

import importlib.util
import re
from argparse import ArgumentTypeError
from contextlib import closing
from typing import TYPE_CHECKING

from store.errors import UsageError
from store.surroundings import file

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from pathlib import Path

    from bench.datasets.catalogue import Dataset
    from bench.harness.cluster.executor import DaskExecutor
    from bench.harness.executor import Site
    from bench.harness.settings import StudySettings

_DIGITS = re.compile(r"[0-9]{1,7}")
_MOST = 1_000_000
_SHOWN = 20  # characters of what is none
_LAST_PORT = 65_535
_WAIT_S = 60.0
_SILENCE_S = 60.0


def add_job_options(parser: argparse.ArgumentParser) -> None:
    """How many tasks run at a time."""
    text = (
        "tasks at a time (default: one per processor core, and with --device cuda one per GPU besides; on a cluster all slots)"
    )
    parser.add_argument("--jobs", type=positive, metavar="N", help=text)
    text = "tasks at a time on one GPU, each a process of its own (default: 1)"
    parser.add_argument("--jobs-per-gpu", type=positive, default=1, metavar="N", help=text)


def add_cluster_options(parser: argparse.ArgumentParser) -> None:
    """Which cluster runs them, and what it may be sent."""
    text = "where tasks run: local (default), or dask: the workers of a cluster (docs/how-to/run-on-a-cluster.md)"
    parser.add_argument("--executor", choices=("local", "dask"), default="local", help=text)
    parser.add_argument("--scheduler", metavar="ADDRESS", help="the cluster's scheduler, such as tls://host:8786")
    for name, what in (("ca", "certificate of the authority"), ("cert", "own certificate"), ("key", "own key")):
        parser.add_argument(f"--tls-{name}", type=file, metavar="FILE", help=f"{what}, for a tls:// scheduler")
    text = "copy to the workers also data sets whose licence leaves that to you, such as KITTI"
    parser.add_argument("--send-data", action="store_true", help=text)
    text = f"how long to wait for a worker that suits a task, or for a lost scheduler (default: {_WAIT_S:.0f})"
    parser.add_argument("--wait", type=positive, default=_WAIT_S, metavar="SECONDS", help=text)
    text = f"how long a worker may be silent before its task is tried elsewhere (default: {_SILENCE_S:.0f})"
    parser.add_argument("--silence", type=positive, default=_SILENCE_S, metavar="SECONDS", help=text)


def add_cluster_command(parser: argparse.ArgumentParser) -> None:
    """What ``bench cluster`` takes."""
    parser.add_argument("--workers", type=positive, default=2, metavar="N", help="how many, with one task each (default: 2)")
    text = "the scheduler's port on the loopback device, which no other machine reaches (default: 8786)"
    parser.add_argument("--port", type=port, default=8786, metavar="N", help=text)


def positive(text: str) -> int:
    """A whole number from 1 to a million, as an option takes it: more is a slip, and would count names or seconds for ever."""
    if not _DIGITS.fullmatch(text) or not 1 <= int(text) <= _MOST:
        raise ArgumentTypeError(f"{text[:_SHOWN]!r} is not a positive whole number of at most {_MOST}")
    return int(text)


def port(text: str) -> int:
    """A port of this machine, as an option takes it."""
    number = positive(text)
    if number > _LAST_PORT:
        raise ArgumentTypeError(f"{text!r} is no port: they go from 1 to {_LAST_PORT}")
    return number


def site_of(config: StudySettings, found: Mapping[str, Dataset], root: Path, options: argparse.Namespace) -> Site:
    """Where the tasks run: as configuration and options say, with records for the store at ``root``.

    Raises UsageError where torch cannot use the device, or where the cluster's address is not safe to use, StudyError where
    its scheduler does not answer.
    """
    from bench.harness.executor import Site  # noqa: PLC0415 - planning needs neither
    from bench.harness.local import local_executor  # noqa: PLC0415

    execution = config.execution
    if _on_cluster(options):
        return Site(root, execution.threads, found, lambda: _cluster(config, options), options.jobs, execution.capture)
    _check_device(execution.device)
    executor = local_executor(execution.device, execution.threads, options.jobs, options.jobs_per_gpu)
    jobs = options.jobs or len(executor.slots())
    return Site(root, execution.threads, found, lambda: executor, jobs, execution.capture)


def look_at_gpus(config: StudySettings, options: argparse.Namespace) -> None:
    """Before a plan: where tasks go to a cluster, its GPUs are what ``--device cuda`` means, and not this machine's.

    Raises UsageError where its workers offer none, or several kinds.
    """
    if not _on_cluster(options) or config.execution.device == "cpu":
        return
    from bench.harness.gpus import stand_in  # noqa: PLC0415 - most runs need it here never

    with closing(_cluster(config, options)) as cluster:
        found = cluster.gpus()
    if not found:
        message = f"device {config.execution.device} was asked for, but no worker of the cluster offers a GPU"
        cure = "start workers with --resources GPU=1, or run with --device cpu"
        raise UsageError(message, where=options.scheduler, cure=cure)
    stand_in(found)


def _on_cluster(options: argparse.Namespace) -> bool:
    chosen = getattr(options, "executor", "local") == "dask"
    if chosen and options.scheduler is None:
        cure = "name the scheduler's address, such as --scheduler tcp://127.0.0.1:8786 after nox -s cluster"
        raise UsageError("--executor dask needs a scheduler", where="--scheduler", cure=cure)
    if not chosen and getattr(options, "scheduler", None) is not None:
        raise UsageError("--scheduler was given, but not --executor dask", where="--scheduler", cure="add --executor dask")
    return chosen


def _cluster(config: StudySettings, options: argparse.Namespace) -> DaskExecutor:
    if importlib.util.find_spec("distributed") is None:
        raise UsageError(
            "the package distributed is not installed", where="--executor", cure="install it: nox -s cluster -- --help"
        )
    from bench.harness.cluster.executor import DaskExecutor  # noqa: PLC0415 - only installed where it is wanted
    from bench.harness.cluster.link import Access  # noqa: PLC0415
    from bench.harness.cluster.parcel import Study  # noqa: PLC0415
    from bench.harness.cluster.trips import Patience  # noqa: PLC0415

    access = Access(options.scheduler, options.tls_ca, options.tls_cert, options.tls_key)
    access.check()
    study = Study(name=config.study, config=config.model_dump(mode="json"))
    executor = DaskExecutor(
        access, study, Patience(slot=float(options.wait), silence=float(options.silence)), send_data=options.send_data
    )
    executor.connect()
    return executor


def _check_device(device: str) -> None:
    """The driver lists the GPU already (the plan asked it): here torch must be able to use it."""
    if importlib.util.find_spec("torch") is None:
        raise UsageError("torch is not installed", cure="run through nox, which installs it: nox -s bench")
    if device != "cpu":
        import torch  # noqa: PLC0415 - two seconds that only a CUDA run pays here

        if not torch.cuda.is_available():
            message = f"device {device} was asked for, but this build of torch ({torch.__version__}) cannot use CUDA"
            raise UsageError(message, where="--device", cure="install the CUDA build of torch, or run with --device cpu")
