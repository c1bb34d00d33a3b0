"""Runs the training in a process of its own, so that the package's settings, flags and output reach nothing else.

The child finds a home folder, a settings folder and caches inside the task's scratch folder, no way to the network and
a log file in place of a terminal. It ends when its parent ends, however that dies.
"""

from __future__ import annotations

import io
import multiprocessing
import multiprocessing.connection
import os
import resource
import signal
import sys
import threading
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING

from store.errors import StudyError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.connection import Connection
    from pathlib import Path

    from bench.harness.task import Progress
    from bench.models.detection.training import Diverged, Request, Trained

LOG = "trainer.log"
HOME = "home"
# Where the package, torch and matplotlib keep settings and caches, and Python temporary files.
_FOLDERS = (
    "HOME",
    "USERPROFILE",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "TMPDIR",
    "TEMP",
    "TMP",
    "YOLO_CONFIG_DIR",
    "MPLCONFIGDIR",
    "TORCH_HOME",
    "TORCHINDUCTOR_CACHE_DIR",
)
# What launchers of distributed trainings (torchrun, MPI, Slurm, Accelerate, DeepSpeed, Ray) and experiment trackers leave in
# the environment: the package would wait for processes that nobody has started, or send its results somewhere.
_FOREIGN_NAMES = frozenset({"WORLD_SIZE", "RANK", "NODE_RANK", "NPROC_PER_NODE", "NNODES", "JOB_COMPLETION_INDEX"})
_FOREIGN_PREFIXES = (
    *("LOCAL_", "GROUP_", "ROLE_", "CROSS_", "MASTER_", "TORCHELASTIC_", "TORCHRUN_", "NCCL_", "GLOO_", "DIST_", "DDP_"),
    *("OMPI_", "PMI_", "PMIX_", "MPI_", "MV2_", "I_MPI_", "HYDRA_", "HOROVOD_", "SLURM_", "PBS_", "LSB_", "JSM_", "FLUX_"),
    *("ACCELERATE_", "DEEPSPEED_", "RAY_", "PL_", "XRT_", "TPU_", "KUBEFLOW_", "COLAB_", "KAGGLE_", "RUNPOD_"),
    *("YOLO_", "ULTRALYTICS_", "WANDB_", "MLFLOW_", "COMET_", "CLEARML_", "TRAINS_", "NEPTUNE_", "DVC_", "TENSORBOARD"),
)
_OUT_OF_MEMORY = "the system ends processes that use too much memory: use a smaller detection.batch_size or fewer --jobs"


class TrainerError(RuntimeError):
    """The training process failed for a reason that is no user's error; its traceback is a note of this exception."""


def train(request: Request, progress: Progress) -> Trained | Diverged:
    """Run ``engine.train(request)`` in a prepared process; its log is ``trainer.log`` in the request's folder.

    Raises what a user can cure as the StudyError that the child raised, TrainerError otherwise.
    """
    request.folder.mkdir(parents=True, exist_ok=True)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_main, args=(theirs, request), name="trainer")
    child.start()
    theirs.close()
    try:
        return _listen(ours, progress)
    except (EOFError, OSError):  # killed, perhaps in the midst of a message
        child.join()
        message = f"the training process ended with status {child.exitcode} and no result"
        raise StudyError(message, where=str(request.folder / LOG), cure=_OUT_OF_MEMORY) from None
    finally:
        child.terminate()
        child.join()


def environment_of(folder: Path) -> dict[str, str]:
    """The variables that keep the package and its libraries inside ``folder`` and off the network."""
    return dict.fromkeys(_FOLDERS, str(folder / HOME)) | {
        "YOLO_OFFLINE": "true",
        "YOLO_AUTOINSTALL": "false",
        "MPLBACKEND": "agg",
    }


def is_foreign(name: str) -> bool:
    """Whether the variable speaks to a distributed training or to an experiment tracker, which this training is none of."""
    return name in _FOREIGN_NAMES or name.startswith(_FOREIGN_PREFIXES)


def _listen(connection: Connection, progress: Progress) -> Trained | Diverged:
    while True:
        kind, *content = connection.recv()
        if kind == "progress":
            step, total, values = content
            progress(step, total, **values)
        elif kind == "result":
            result: Trained | Diverged = content[0]
            return result
        elif kind == "cure":
            raise content[0]
        else:
            error = TrainerError(content[0])
            error.add_note(content[1])
            raise error


def _main(connection: Connection, request: Request) -> None:
    """What the child does: prepare itself, train, send everything back."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the parent's to handle
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _prepare(request.folder, environment_of(request.folder))

    def progress(step: int, total: int, **values: float) -> None:
        connection.send(("progress", step, total, values))

    try:
        from bench.models import vision_compat  # noqa: PLC0415 - the environment must stand first

        vision_compat.enable()
        from bench.models.detection import engine  # noqa: PLC0415 - the package reads the environment when it is imported

        result = engine.train(request, progress)
    except StudyError as error:
        connection.send(("cure", error))
    except Exception as error:  # noqa: BLE001 - sent to the parent, which raises it with this traceback
        connection.send(("error", f"{type(error).__name__}: {error}", traceback.format_exc()))
    else:
        connection.send(("result", _with_memory(result)))
    connection.close()


def _prepare(folder: Path, environment: Mapping[str, str]) -> None:
    for name in [name for name in os.environ if is_foreign(name)]:
        del os.environ[name]
    os.environ.update(environment)
    (folder / HOME).mkdir(exist_ok=True)
    os.chdir(folder)
    log = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    sys.stdout.flush()
    for stream in (1, 2):
        os.dup2(log, stream)
    for text in (sys.stdout, sys.stderr):
        if isinstance(text, io.TextIOWrapper):  # the package draws bars and emoji, whatever letters the terminal had
            text.reconfigure(encoding="utf-8", errors="backslashreplace")


def _with_memory(result: Trained | Diverged) -> Trained | Diverged:
    from bench.models.detection.training import Trained  # noqa: PLC0415 - beside the engine, when it is there

    if not isinstance(result, Trained):
        return result
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux KiB
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return replace(result, timing={**result.timing, "trainer_peak_memory_bytes": peak})


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
