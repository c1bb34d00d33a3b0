"""A ``bench run`` of seconds, as a process to kill: ``python -m tests.faults.small_run IMAGES ROOT JOBS [OPTION ...]``."""

from __future__ import annotations

import signal
import sys
from functools import partial
from pathlib import Path

from bench.cli import main
from bench.datasets.catalogue import Dataset
from bench.studies.assignment_2.datasets import DATASETS
from store.canonical import digest_bytes
from tests.bench.rechecking.verification.tiny_study import SETTINGS

# Three epochs, so that a kill finds trainings in each state; one arm, because the trainer takes most of the time.
_OWN = ("autoencoder.epochs=3", "classifier.epochs=3", "detection.epochs=2", 'detection.arms=["scratch-car"]')


def small_run(images: Path, root: Path, jobs: str, options: list[str]) -> int:
    """Every experiment of both parts on the images in ``images``, which ``tiny_study.write_images`` wrote, into ``root``."""
    content = digest_bytes(b"".join(path.read_bytes() for path in sorted(images.iterdir())))
    tiny = Dataset("fashion-mnist", images, content, partial(str, content))
    DATASETS[tiny.name] = lambda _config, _sources: tiny
    settings = [word for setting in (*SETTINGS, *_OWN) for word in ("--set", setting)]
    return main(["run", "--offline", "--seeds", "0", "--jobs", jobs, "--artifacts", str(root), *settings, *options])


if __name__ == "__mp_main__":  # a worker of this run: its epochs are shorter than any wait between checkpoints
    from bench.training import loop

    loop.SAVE_EVERY_S = 0.0

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what it puts into the background deaf to it
    sys.exit(small_run(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4:]))
