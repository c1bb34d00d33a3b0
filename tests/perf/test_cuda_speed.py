"""Recorded steps on a GPU against called ones and the plain notebook loop, all on the same card in the same run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cuda import speed
from tests.cuda.subjects import FULL

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture


@pytest.mark.cuda
def test_an_autoencoder_epoch_on_a_gpu(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """The AE on 48,000 images at batch size 32, training and validation: seconds here and times longer there."""
    found = benchmark.pedantic(speed.epochs, args=("cuda", FULL, tmp_path), rounds=1)
    notebook, called, here = (found[name]["epoch_s"] for name in ("notebook", "ae_called", "ae_recorded"))
    benchmark.extra_info |= {
        "epoch_s": here,
        "called_epoch_s": called,
        "notebook_epoch_s": notebook,
        "called_over_recorded": called / here,
        "other_over_here": notebook / here,
    }
